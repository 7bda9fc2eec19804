/**
 * How lists change: edits of this server, changes that others have made, and what
 * time does. The store writes it down; then it is in force.
 *
 * Promises: an edit is answered when it is durable and in force; a transaction
 * is done as a whole or not at all. Failures are values.
 */
import type { StoreMergeResult } from '../store/list-merge.ts';
import type { Change, ListKind } from '../store/list-records.ts';
import type { FillRecord } from '../store/merge-fill.ts';
import type { Store } from '../store/store.ts';
import { StoreFailure } from '../store/store-failure.ts';
import { Burial } from './burial.ts';
import type { ApplyResult, Edit, EditOptions, EditProblem } from './edit.ts';
import { checkEdit, expiryNotes, someGuesses } from './edit-check.ts';
import { CLASSES_OF } from './key.ts';
import type { ListMemory } from './list-memory.ts';
import { ListRoom, type RoomOptions } from './list-room.ts';
import { checkChange } from './merge-check.ts';
import { refusalProblem } from './refusal-problem.ts';

/** Told of every change that is in force, in order: a wake-up for whoever shares them. */
export type ChangeListener = (changes: readonly Change[], origin: string) => void;

export interface MergeSummary {
  readonly kind: 'merged';
  readonly applied: number;
  /** Older than what is here, or the same. */
  readonly ignored: number;
  /** Not what this program would have made: left out. */
  readonly invalid: readonly { readonly list: string; readonly key: string; readonly reason: string }[];
  /** For the next merge of the same filling. */
  readonly fill?: FillRecord;
}

/** The origin of changes that were made here. */
export const LOCAL = '';
export const MAX_EDITS = 10_000;
const MAX_ACTOR_LENGTH = 200;

export interface ChangeOptions extends RoomOptions {
  readonly store: Store;
  readonly memory: ListMemory;
  readonly classNames: () => Iterable<string>;
  readonly now: () => number;
}

export class ListChanges {
  readonly #store: Store;
  readonly #memory: ListMemory;
  readonly #options: ChangeOptions;
  readonly #room: ListRoom;
  readonly #burial: Burial;
  readonly #listeners = new Set<ChangeListener>();
  #edits = 0;
  #merges = 0;

  constructor(options: ChangeOptions) {
    this.#store = options.store;
    this.#memory = options.memory;
    this.#options = options;
    this.#room = new ListRoom(options.memory, options);
    this.#burial = new Burial(options.store, options.memory);
  }

  /** Since start. */
  get counts(): { readonly edits: number; readonly merges: number } {
    return { edits: this.#edits, merges: this.#merges };
  }

  /** When all lists are loaded: goes on with what was left to do. */
  start(): void {
    this.#burial.wake();
  }

  /** @returns how to stop it */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All or none; durable and in force when it is answered. */
  async apply(edits: readonly Edit[], options: EditOptions): Promise<ApplyResult> {
    if (edits.length > MAX_EDITS) return refused(TOO_MANY_EDITS);
    const hold = this.#room.takeLists(edits);
    if (typeof hold !== 'function') return refused(hold);
    try {
      return await this.#apply(edits, options);
    } finally {
      hold();
    }
  }

  async #apply(edits: readonly Edit[], { actor, isDryRun = false }: EditOptions): Promise<ApplyResult> {
    const nowMs = this.#options.now();
    const context = {
      nowMs,
      kindOf: (list: string) => this.#memory.find(list)?.kind,
      classNames: [...this.#options.classNames()],
      guess: someGuesses(),
    };
    /** Lists that this transaction makes, with their kinds. */
    const made = new Map<string, ListKind>();
    const checked = edits.map((edit, index) => {
      if (edit.operation === 'describe')
        made.set(edit.list, edit.fields.kind ?? context.kindOf(edit.list) ?? 'any');
      return checkEdit(edit, index, { ...context, kindOf: (list) => made.get(list) ?? context.kindOf(list) });
    });
    const problems = [
      ...checked.flatMap((each) => ('edit' in each ? [] : each)),
      ...edits.flatMap((edit, index) => this.#inUse(edit, index)),
    ];
    if (problems.length > 0) return refused(...problems);
    const ready = checked.flatMap((each) => ('edit' in each ? [each] : []));
    const hold = this.#room.takeEntries(ready.map(({ edit }) => edit));
    if (typeof hold !== 'function') return refused(hold);
    try {
      // What a policy names is there, also when the store could not write it down before.
      this.#ensureUsed(edits.map(({ list }) => list));
      const answer = await this.#store.ask('applyEdits', {
        edits: ready.map(({ edit }) => edit),
        actor: actor.slice(0, MAX_ACTOR_LENGTH),
        nowMs,
        isDryRun,
        classesOf: CLASSES_OF,
      });
      if (answer instanceof StoreFailure) return answer;
      if (answer.kind === 'refused') {
        return refused(...answer.refusals.map((each) => refusalProblem(each, edits[each.index])));
      }
      if (!isDryRun) {
        this.#take(answer);
        this.#edits += answer.changes.length;
        if (answer.changes.length > 0) this.#tell(answer.changes, LOCAL);
      }
      const results = answer.results.map((result, at) => ({
        ...result,
        notes: [...(ready[at]?.notes ?? []), ...expiryNotes(result.after, nowMs)],
      }));
      return { kind: 'applied', results, isDryRun };
    } finally {
      hold();
    }
  }

  /**
   * Changes from elsewhere: those that are newer than what is here take its place.
   *
   * @param fill that they are to fill a list which has nothing here: see StoreMerge
   */
  async merge(
    changes: readonly Change[],
    origin: string,
    fill?: FillRecord,
  ): Promise<MergeSummary | StoreFailure> {
    const nowMs = this.#options.now();
    const checked = changes.map((change) => checkChange(change, nowMs));
    const sound = checked.flatMap((each) => ('reason' in each ? [] : [each]));
    const invalid = checked.flatMap((each) => ('reason' in each ? [each] : []));
    const { left } = this.#room;
    const most = { entries: sound.length, lists: new Set(sound.map(({ list }) => list)).size };
    const room = { entries: Math.min(left.entries, most.entries), lists: Math.min(left.lists, most.lists) };
    const giveBack = this.#room.take(room);
    try {
      const answer = await this.#store.ask('mergeChanges', { changes: sound, origin, nowMs, room, fill });
      if (answer instanceof StoreFailure) return answer;
      this.#take(answer);
      const applied = answer.changes.length;
      this.#merges += applied;
      if (applied > 0) this.#tell(answer.changes, origin);
      // What a policy here names is made again where another server has dropped it.
      this.#ensureUsed(answer.dropped.map(({ list }) => list));
      const refusals = answer.refused.map(({ list, key, bound }) => {
        return { list, key, reason: this.#room.refusal(bound) };
      });
      const ignored = sound.length - applied - refusals.length;
      return {
        kind: 'merged',
        applied,
        ignored,
        invalid: [...invalid, ...refusals],
        ...(answer.fill && { fill: answer.fill }),
      };
    } finally {
      giveBack();
    }
  }

  /** A list that a policy names is there for edits, too. */
  async ensure(name: string): Promise<void> {
    const state = await this.#store.ask('ensureList', { list: name, nowMs: this.#options.now() });
    // Not written: it is tried again when the policy is loaded again, or when it is edited.
    if (state === undefined || state instanceof StoreFailure) return;
    const wasDropped = this.#memory.list(name).state?.isDeleted === true;
    this.#memory.describe([state]);
    // What was stamped for that waits to be shared.
    if (wasDropped) this.#tell([state], LOCAL);
  }

  /** What was removed or has expired long ago leaves the store. */
  async purge(): Promise<void> {
    for (;;) {
      const purged = await this.#store.ask('purge', { nowMs: this.#options.now() });
      if (purged instanceof StoreFailure) return;
      this.#memory.describe(purged.lists);
      this.#memory.forget(purged.gone);
      if (!purged.hasMore) return;
    }
  }

  /** Resolves when the store has nothing more of lists that were dropped. */
  buried(): Promise<void> {
    return this.#burial.done();
  }

  close(): void {
    this.#burial.close();
    this.#listeners.clear();
  }

  #ensureUsed(names: readonly string[]): void {
    for (const name of new Set(names)) {
      const list = this.#memory.find(name);
      if (list !== undefined && list.uses > 0 && list.state?.isDeleted !== false) void this.ensure(name);
    }
  }

  /** What the store has written is in force. */
  #take({ lists, dropped, changes }: Pick<StoreMergeResult, 'lists' | 'dropped' | 'changes'>): void {
    this.#memory.describe(lists);
    this.#memory.drop(dropped);
    this.#memory.apply(changes);
    if (dropped.length > 0) this.#burial.wake();
  }

  #inUse(edit: Edit, index: number): EditProblem[] {
    if (edit.operation !== 'drop') return [];
    const isUsed = (this.#memory.find(edit.list)?.uses ?? 0) > 0;
    if (!isUsed) return [];
    return [
      {
        index,
        code: 'in-use',
        field: 'list',
        message: `a policy in force names the list \`${edit.list}\``,
        help: 'take it out of the policy and reload, or remove its entries',
      },
    ];
  }

  #tell(changes: readonly Change[], origin: string): void {
    for (const listener of this.#listeners) listener(changes, origin);
  }
}

const TOO_MANY_EDITS: EditProblem = {
  index: 0,
  code: 'limit',
  field: 'key',
  message: `more than ${MAX_EDITS} edits at a time`,
  help: 'make several requests of them',
};

function refused(...problems: readonly EditProblem[]): ApplyResult {
  return { kind: 'refused', problems };
}
