/** Searching the entries of managed lists, page by page. */
import type { ListEntry } from './list-records.ts';

export const ENTRY_ORDERS = ['key', 'changed', 'expires'] as const;
export type EntryOrder = (typeof ENTRY_ORDERS)[number];

export interface EntryQuery {
  /** Of one list; undefined: of all. */
  readonly list?: string | undefined;
  /** The key begins so, letters of either case alike. */
  readonly prefix?: string | undefined;
  /** Key, action or comment has this in it, ASCII letters of either case alike. */
  readonly text?: string | undefined;
  /** Only those that have expired, or only those that have not. */
  readonly isExpired?: boolean | undefined;
  /** The first word of the action in upper case: `REJECT`, `550`. */
  readonly verb?: string | undefined;
  readonly changedBy?: string | undefined;
  /** Without an expiry comes last. Default: key. */
  readonly order?: EntryOrder | undefined;
  readonly isDescending?: boolean | undefined;
  /** 1 to 1000. Default 100. */
  readonly limit?: number | undefined;
  /** Where the page before this one ended; belongs to the same query. */
  readonly cursor?: string | undefined;
}

export interface EntryPage {
  readonly entries: readonly ListEntry[];
  /** Of the next page; undefined: this is the last. */
  readonly cursor: string | undefined;
}

/** A cursor that no query of this kind has given. */
export class BadCursor {
  readonly kind = 'bad-cursor';
}
