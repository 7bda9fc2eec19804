/**
 * Managed lists as they are kept and exchanged between servers.
 *
 * An entry is a register: of two states of it the one with the newer stamp
 * counts. What is removed leaves its stamp behind, so that an older state does
 * not bring it back. A list's own data are such a register too, and so is its
 * last drop: it takes all of the list's registers along that are older.
 */
import type { Stamp } from './stamp.ts';

/** What a list's keys may be. */
export const LIST_KINDS = ['client', 'helo', 'sender', 'recipient', 'any'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

/** What a key is: see lists/key.ts. */
export type KeyClass =
  | 'address'
  | 'network'
  | 'octets'
  | 'name'
  | 'subdomains'
  | 'mail'
  | 'user'
  | 'null'
  | 'text';

/** Times are milliseconds since 1970. */
export interface Authorship {
  readonly created: number;
  readonly createdBy: string;
  readonly changed: number;
  readonly changedBy: string;
}

export interface ListEntry extends Authorship {
  readonly list: string;
  /** In canonical form. */
  readonly key: string;
  readonly action: string;
  /** '' for none. */
  readonly comment: string;
  /** From then on it is out of force, milliseconds since 1970 (whole seconds); null: never. */
  readonly expires: number | null;
  /** Its stamp: changes with every edit. */
  readonly version: Stamp;
}

interface Register extends Authorship {
  readonly list: string;
  readonly stamp: Stamp;
  readonly isDeleted: boolean;
}

/** The state of one entry; of a removed one `action` and `comment` are ''. */
export interface EntryChange extends Register {
  readonly kind: 'entry';
  readonly key: string;
  readonly action: string;
  readonly comment: string;
  readonly expires: number | null;
}

/** The state of a list itself. */
export interface ListChange extends Register {
  readonly kind: 'list';
  readonly listKind: ListKind;
  readonly description: string;
}

/**
 * The last time that a list was dropped, by whom and when: registers of the
 * list with older stamps, the list's own included, are as if they had never been.
 */
export interface DropChange extends Register {
  readonly kind: 'drop';
  /** What the list was: entries that are newer than the drop go on in such a list. */
  readonly listKind: ListKind;
}

export type Change = EntryChange | ListChange | DropChange;

/** The key of a list's own register. */
export const LIST_KEY = '';
/** The key of the register of its last drop: no entry has it, for the white space. */
export const DROP_KEY = 'list dropped';

/** The key by which a register is kept and exchanged. */
export function registerKey(change: Change): string {
  return change.kind === 'entry' ? change.key : change.kind === 'list' ? LIST_KEY : DROP_KEY;
}

/** Names one state of one register. */
export interface ChangeId {
  readonly list: string;
  /** As `registerKey` has it. */
  readonly key: string;
  readonly stamp: Stamp;
}
