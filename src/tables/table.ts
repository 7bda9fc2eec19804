import type { PromiseOrValue } from '../util/promise-or-value.ts';

/**
 * A lookup table could not answer: it does not exist, is broken, or its server
 * is down. A value, never an exception. Access checks answer it with
 * `451 4.3.5` or `451 4.3.0`, as Postfix does, so it never rejects for good.
 */
export class TableFailure {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Why a table could not answer, for a text that has named the table already. */
export function failureReason(table: string, { reason }: TableFailure): string {
  return reason.startsWith(`${table}: `) ? reason.slice(table.length + 2) : reason;
}

export type LookupResult = string | undefined | TableFailure;

/**
 * A Postfix lookup table (DATABASE_README): a search string in, a right-hand
 * side out. Which search strings are tried, and in what order, is not the
 * table's business (see access/lookup-order.ts); folding the key to lower case is.
 */
export interface Table {
  /** As the author wrote it: `hash:/etc/postfix/reject_client`. */
  readonly spec: string;

  /**
   * True for tables of patterns (regexp, pcre, cidr): they see whole search
   * strings only, never parent domains, partial networks or bare local parts.
   */
  readonly isPattern: boolean;

  /** `undefined` when nothing matches. Never throws, never rejects. */
  lookup(key: string): PromiseOrValue<LookupResult>;
}
