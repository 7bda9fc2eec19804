/**
 * Edits of managed lists: what is asked for, and what becomes of it. Any number
 * of them are one transaction: all are done or none.
 */
import type { ListEntry, ListKind } from '../store/list-records.ts';
import type { Stamp } from '../store/stamp.ts';
import type { StoreFailure } from '../store/store-failure.ts';

/** What must be so at the time of the edit, else the whole transaction is refused. */
export type EditCondition =
  /** The entry or list is there, with this version. */
  | { readonly is: 'version'; readonly version: Stamp }
  | { readonly is: 'present' }
  | { readonly is: 'absent' };

interface EntryEdit {
  readonly list: string;
  /** As it was typed; canonical in the result. */
  readonly key: string;
  readonly condition?: EditCondition | undefined;
}

/** Milliseconds since 1970 are rounded up to a whole second; null: never expires. */
export interface EntryFields {
  readonly action: string;
  readonly comment: string;
  readonly expires: number | null;
}

export type Edit =
  /** The whole entry: what is not given is empty. */
  | (EntryEdit & { readonly operation: 'put'; readonly fields: Partial<EntryFields> & { action: string } })
  /** The given fields of an entry that is there. */
  | (EntryEdit & { readonly operation: 'patch'; readonly fields: Partial<EntryFields> })
  /** No error when it is not there, unless a condition says so. */
  | (EntryEdit & { readonly operation: 'remove' })
  /** Makes the list, or changes the given fields. */
  | {
      readonly operation: 'describe';
      readonly list: string;
      readonly fields: { readonly kind?: ListKind | undefined; readonly description?: string | undefined };
      readonly condition?: EditCondition | undefined;
    }
  /** The list with all entries. */
  | {
      readonly operation: 'drop';
      readonly list: string;
      readonly condition?: EditCondition | undefined;
    };

export interface EditOptions {
  /** Who: a token's name, `cli`. At most 200 characters. */
  readonly actor: string;
  /** Everything is checked, nothing is done. */
  readonly isDryRun?: boolean;
}

/**
 * `unchanged`: it was so already. It keeps its version, except where lists are
 * shared: there it was said again, later than whatever another server says
 * meanwhile. `absent`: there was nothing to remove.
 */
export type EditOutcome = 'created' | 'changed' | 'unchanged' | 'removed' | 'absent';

export interface EditResult {
  readonly outcome: EditOutcome;
  /** The entry; for edits of lists both are undefined. */
  readonly before: ListEntry | undefined;
  readonly after: ListEntry | undefined;
  /** What was made of the key or the expiry, for people: `stored as …`. */
  readonly notes: readonly string[];
}

/** Why an edit is refused. */
export interface EditProblem {
  /** Which of the edits, from 0. */
  readonly index: number;
  /**
   * `invalid`: the field makes no sense. `unknown-list`, `unknown-entry`: not
   * there. `condition`: not as it was expected to be. `in-use`: a policy names
   * the list. `limit`: there is no room for more.
   */
  readonly code: 'invalid' | 'unknown-list' | 'unknown-entry' | 'condition' | 'in-use' | 'limit';
  readonly field: 'list' | 'key' | 'action' | 'comment' | 'expires' | 'kind' | 'description' | 'version';
  readonly message: string;
  readonly help: string;
}

export type ApplyResult =
  | {
      readonly kind: 'applied';
      /** One for each edit, in their order. */
      readonly results: readonly EditResult[];
      readonly isDryRun: boolean;
    }
  | { readonly kind: 'refused'; readonly problems: readonly EditProblem[] }
  | StoreFailure;
