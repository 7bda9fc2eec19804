/**
 * Edits of lists inside a transaction: conditions, stamps, rows, audit. What an
 * edit's texts must be is checked before (lists/edit-check.ts).
 */
import { addAudit } from './audit-rows.ts';
import { type Change, type KeyClass, type ListEntry, type ListKind, registerKey } from './list-records.ts';
import {
  type EntryState,
  isThere,
  type ListState,
  NOT_BURIED,
  readEntry,
  readList,
  toChange,
  toEntry,
  unmadeList,
} from './list-rows.ts';
import { type DroppedList, RegisterWriter } from './register-writer.ts';
import { type Stamp, stampTime } from './stamp.ts';
import { type StoreCondition, unmetCondition } from './store-condition.ts';
import { type StoreDatabase, text, Undone } from './store-database.ts';
import { told, toldList } from './told.ts';

interface StoredFields {
  readonly action?: { readonly text: string; readonly verb: string } | undefined;
  readonly comment?: string | undefined;
  readonly expires?: number | null | undefined;
}

interface OfEntry {
  readonly list: string;
  /** Canonical. */
  readonly key: string;
  readonly class: KeyClass;
  readonly condition?: StoreCondition | undefined;
}

interface OfList {
  readonly list: string;
  readonly condition?: StoreCondition | undefined;
}

export type StoreEdit =
  | (OfEntry & { readonly operation: 'put' | 'patch'; readonly fields: StoredFields })
  | (OfEntry & { readonly operation: 'remove' })
  | (OfList & {
      readonly operation: 'describe';
      readonly kind?: ListKind | undefined;
      readonly description?: string | undefined;
    })
  | (OfList & { readonly operation: 'drop' });

export interface StoreEdits {
  readonly edits: readonly StoreEdit[];
  readonly actor: string;
  readonly nowMs: number;
  readonly isDryRun: boolean;
  /** Which keys a list of a kind takes; kinds that take all have no row. */
  readonly classesOf: Readonly<Partial<Record<ListKind, readonly KeyClass[]>>>;
}

export interface StoreEditResult {
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'removed' | 'absent';
  readonly before: ListEntry | undefined;
  readonly after: ListEntry | undefined;
}

/** An edit that cannot be; `actual` is what is there instead, for the message. */
export interface StoreRefusal {
  readonly index: number;
  readonly reason: 'unknown-list' | 'unknown-entry' | 'condition' | 'kind';
  readonly actual: string;
}

export type StoreEditsResult =
  | {
      readonly kind: 'applied';
      readonly results: readonly StoreEditResult[];
      /** The registers as they are now, except those that a drop has taken along. */
      readonly changes: readonly Change[];
      readonly lists: readonly ListState[];
      /** What comes before the changes. */
      readonly dropped: readonly DroppedList[];
    }
  | { readonly kind: 'refused'; readonly refusals: readonly StoreRefusal[] };

export function applyEdits(
  database: StoreDatabase,
  request: StoreEdits,
): StoreEditsResult | Undone<StoreEditsResult> {
  const run = new EditRun(database, request);
  for (const [index, edit] of request.edits.entries()) run.apply(edit, index);
  const result = run.finish();
  return request.isDryRun || result.kind === 'refused' ? new Undone(result) : result;
}

/** What is put again with the values that it has gets a new stamp, but not more often. */
const TOUCH_MS = 1000;

class EditRun {
  readonly #database: StoreDatabase;
  readonly #request: StoreEdits;
  readonly #writer: RegisterWriter;
  readonly #refusals: StoreRefusal[] = [];
  readonly #results: StoreEditResult[] = [];
  /** By register: the last state counts. */
  readonly #changes = new Map<string, Change>();
  readonly #dropped = new Map<string, DroppedList>();

  constructor(database: StoreDatabase, request: StoreEdits) {
    this.#database = database;
    this.#request = request;
    this.#writer = new RegisterWriter(database, database.isSharing);
  }

  apply(edit: StoreEdit, index: number): void {
    const result =
      edit.operation === 'describe'
        ? this.#describe(edit, index)
        : edit.operation === 'drop'
          ? this.#drop(edit, index)
          : this.#editEntry(edit, index);
    if (result !== undefined) this.#results.push(result);
  }

  finish(): StoreEditsResult {
    if (this.#refusals.length > 0) return { kind: 'refused', refusals: this.#refusals };
    return {
      kind: 'applied',
      results: this.#results,
      changes: [...this.#changes.values()],
      lists: this.#writer.finish(),
      dropped: [...this.#dropped.values()],
    };
  }

  #editEntry(
    edit: Extract<StoreEdit, { operation: 'put' | 'patch' | 'remove' }>,
    index: number,
  ): StoreEditResult | undefined {
    const list = readList(this.#database, edit.list);
    if (!isThere(list)) return this.#refuse(index, 'unknown-list', '');
    const state = readEntry(this.#database, edit.list, edit.key);
    const before = toEntry(state);
    // For whoever makes what is not there, an entry whose time is over is not there.
    const isFree = edit.condition?.is === 'absent' && isOver(before, this.#request.nowMs);
    const unmet = isFree ? undefined : unmetCondition(edit.condition, before?.version);
    if (unmet !== undefined) return this.#refuse(index, 'condition', unmet);
    if (edit.operation === 'remove') {
      if (state === undefined || before === undefined) return result('absent', before, undefined);
      const tombstone = { ...state, action: '', verb: '', comment: '', expires: null, isDeleted: true };
      this.#write(tombstone, state);
      this.#audit('entry.remove', edit.list, edit.key, before, undefined);
      return result('removed', before, undefined);
    }
    if (edit.operation === 'patch' && before === undefined) return this.#refuse(index, 'unknown-entry', '');
    const taken = this.#request.classesOf[list.listKind];
    if (taken?.includes(edit.class) === false) return this.#refuse(index, 'kind', list.listKind);
    const { fields } = edit;
    const kept = edit.operation === 'patch' ? state : undefined;
    const next: Omit<EntryState, 'stamp' | 'changed' | 'changedBy'> = {
      kind: 'entry',
      list: edit.list,
      key: edit.key,
      class: edit.class,
      action: fields.action?.text ?? kept?.action ?? '',
      verb: fields.action?.verb ?? kept?.verb ?? '',
      comment: fields.comment ?? kept?.comment ?? '',
      expires: fields.expires !== undefined ? fields.expires : (kept?.expires ?? null),
      created: before?.created ?? this.#request.nowMs,
      createdBy: before?.createdBy ?? this.#request.actor,
      isDeleted: false,
    };
    if (state !== undefined && before !== undefined && isSame(before, next)) {
      const isSaid = edit.operation === 'put' || Object.values(fields).some((field) => field !== undefined);
      return result('unchanged', before, isSaid ? toEntry(this.#touch(state)) : before);
    }
    const after = toEntry(this.#write(next, state));
    this.#audit('entry.put', edit.list, edit.key, before, after);
    return result(before === undefined ? 'created' : 'changed', before, after);
  }

  #describe(edit: Extract<StoreEdit, { operation: 'describe' }>, index: number): StoreEditResult | undefined {
    const state = readList(this.#database, edit.list);
    const before = isThere(state) ? state : undefined;
    const unmet = unmetCondition(edit.condition, before?.version);
    if (unmet !== undefined) return this.#refuse(index, 'condition', unmet);
    const listKind = edit.kind ?? before?.listKind ?? 'any';
    const description = edit.description ?? before?.description ?? '';
    const isSameList = before?.listKind === listKind && before.description === description;
    // What only a policy named becomes a list of somebody's by being described.
    if (isSameList && before.changed > 0) {
      this.#touchList(before);
      return result('unchanged', undefined, undefined);
    }
    const misfit = this.#misfit(edit.list, listKind);
    if (misfit !== undefined) return this.#refuse(index, 'kind', misfit);
    const { nowMs, actor } = this.#request;
    this.#writeList(
      {
        ...(before ?? unmadeList(edit.list)),
        listKind,
        description,
        created: before?.created || nowMs,
        createdBy: before?.createdBy || actor,
        isDeleted: false,
      },
      state,
    );
    const told = { kind: listKind, description };
    const was = before === undefined ? undefined : { kind: before.listKind, description: before.description };
    this.#audit('list.describe', edit.list, '', was, told);
    return result(before === undefined ? 'created' : 'changed', undefined, undefined);
  }

  /** A key of the list that lists of that kind do not take. */
  #misfit(list: string, kind: ListKind): string | undefined {
    const taken = this.#request.classesOf[kind];
    if (taken === undefined) return undefined;
    const marks = taken.map(() => '?').join(', ');
    const row = this.#database.once(
      `SELECT key FROM entry WHERE list = ? AND deleted = 0 AND class NOT IN (${marks}) AND ${NOT_BURIED} LIMIT 1`,
      list,
      ...taken,
    )[0];
    return row === undefined ? undefined : text(row, 'key');
  }

  /** One register, whatever the number of entries. */
  #drop(edit: Extract<StoreEdit, { operation: 'drop' }>, index: number): StoreEditResult | undefined {
    const { list, condition } = edit;
    const state = readList(this.#database, list);
    const before = isThere(state) ? state : undefined;
    const unmet = unmetCondition(condition, before?.version);
    if (unmet !== undefined) return this.#refuse(index, 'condition', unmet);
    if (before === undefined) return result('absent', undefined, undefined);
    const { nowMs, actor } = this.#request;
    const { listKind } = before;
    const authorship = { created: nowMs, createdBy: actor, changed: nowMs, changedBy: actor };
    const stamp = this.#database.clock.next(nowMs);
    const drop = { kind: 'drop' as const, list, listKind, ...authorship, stamp, isDeleted: true };
    const { before: was, ...dropped } = this.#writer.writeDrop(drop);
    this.#dropped.set(list, dropped);
    for (const [name, change] of this.#changes) {
      if (change.list === list) this.#changes.delete(name);
    }
    this.#note(drop);
    this.#audit('list.drop', list, '', was && toldList(was), undefined);
    return result('removed', undefined, undefined);
  }

  #write(
    next: Omit<EntryState, 'stamp' | 'changed' | 'changedBy'>,
    before: EntryState | undefined,
  ): EntryState {
    const { nowMs, actor } = this.#request;
    const state = {
      ...next,
      changed: nowMs,
      changedBy: actor,
      stamp: this.#database.clock.next(nowMs),
    };
    this.#writer.writeEntry(state, before);
    this.#note(toChange(state));
    return state;
  }

  /**
   * Another server may have edited an entry before, and cannot be asked: what is
   * said again is said later than that. Nothing has changed, for the audit.
   */
  #touch(state: EntryState): EntryState {
    if (!this.#isDue(state.stamp)) return state;
    const touched = { ...state, stamp: this.#database.clock.next(this.#request.nowMs) };
    this.#writer.writeEntry(touched, state);
    this.#note(toChange(touched));
    return touched;
  }

  #touchList(state: ListState): void {
    if (state.isDeleted || !this.#isDue(state.stamp)) return;
    const { kind, list, listKind, description, created, createdBy, changed, changedBy, isDeleted } = state;
    const authorship = { created, createdBy, changed, changedBy };
    const stamp = this.#database.clock.next(this.#request.nowMs);
    const touched = { kind, list, listKind, description, ...authorship, stamp, isDeleted };
    this.#writer.writeList(touched, state);
    this.#note(touched);
  }

  #isDue(stamp: Stamp): boolean {
    const ageMs = this.#request.nowMs - stampTime(stamp);
    return this.#database.isSharing && (ageMs < 0 || ageMs >= TOUCH_MS);
  }

  #note(change: Change): void {
    this.#changes.set(`${change.list}\0${registerKey(change)}`, change);
  }

  #writeList(next: Parameters<RegisterWriter['writeList']>[0], before: ListState | undefined): void {
    const { nowMs, actor } = this.#request;
    const stamp = this.#database.clock.next(nowMs);
    const { kind, list, listKind, description, created, createdBy, isDeleted } = next;
    const authorship = { created, createdBy, changed: nowMs, changedBy: actor };
    const change = { kind, list, listKind, description, ...authorship, stamp, isDeleted };
    this.#writer.writeList(change, before);
    this.#note(change);
  }

  #audit(operation: string, list: string, subject: string, before: unknown, after: unknown): void {
    addAudit(this.#database, {
      at: this.#request.nowMs,
      actor: this.#request.actor,
      operation,
      list,
      subject,
      before: before === undefined ? null : JSON.stringify(told(before)),
      after: after === undefined ? null : JSON.stringify(told(after)),
      origin: '',
    });
  }

  #refuse(index: number, reason: StoreRefusal['reason'], actual: string): undefined {
    this.#refusals.push({ index, reason, actual });
  }
}

function result(
  outcome: StoreEditResult['outcome'],
  before: ListEntry | undefined,
  after: ListEntry | undefined,
): StoreEditResult {
  return { outcome, before, after };
}

function isSame(before: ListEntry, next: Pick<EntryState, 'action' | 'comment' | 'expires'>): boolean {
  return before.action === next.action && before.comment === next.comment && before.expires === next.expires;
}

function isOver(entry: ListEntry | undefined, nowMs: number): boolean {
  return entry !== undefined && entry.expires !== null && entry.expires <= nowMs;
}
