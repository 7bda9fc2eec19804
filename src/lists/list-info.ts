/** What there is to know of a list without its entries. */
import type { Authorship, ListKind } from '../store/list-records.ts';
import type { Stamp } from '../store/stamp.ts';

export interface ListInfo extends Authorship {
  readonly name: string;
  readonly kind: ListKind;
  readonly description: string;
  /** Changes with every edit of the list or of an entry. */
  readonly version: Stamp;
  /** In memory: those in force, and at most a minute's expired ones. */
  readonly entries: number;
  /** Lookups that found something, since start. */
  readonly hits: number;
  /** True when a policy in force names it. */
  readonly isInPolicy: boolean;
}

/** An entry that decides about an address, a domain or a mail address. */
export interface ListMatch {
  readonly list: string;
  /** The search string that found it, as Postfix would have tried it. */
  readonly searched: string;
  /** The key of the entry: for an address possibly a network around it. */
  readonly key: string;
  readonly action: string;
}
