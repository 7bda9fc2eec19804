/**
 * The managed lists of this server: looked up by policies, edited while mail
 * flows.
 *
 * Promises: an edit is answered when it is durable and in force; a transaction
 * is done as a whole or not at all; lookups are synchronous and never wait for
 * an edit, a disk or another server. Failures are values.
 */

import type { StoreRefusal } from '../store/list-edits.ts';
import type { BadCursor, EntryPage, EntryQuery } from '../store/list-query.ts';
import type { ListDigest } from '../store/list-reads.ts';
import type { Change, ChangeId, ListEntry, ListKind } from '../store/list-records.ts';
import type { Stamp } from '../store/stamp.ts';
import type { Store } from '../store/store.ts';
import { StoreFailure } from '../store/store-failure.ts';
import { foldCase } from '../tables/fold-case.ts';
import { isListName, LIST_NAME_HELP, type ListTables } from '../tables/list-tables.ts';
import { MAX_ACTIONS } from './action-pool.ts';
import type { ApplyResult, Edit, EditOptions, EditProblem } from './edit.ts';
import { checkEdit, expiryNotes } from './edit-check.ts';
import { CLASSES_OF, isKeyMistake, type KeyMistake, parseKey } from './key.ts';
import type { ListInfo, ListMatch } from './list-info.ts';
import { ListMemory } from './list-memory.ts';
import { matchLists } from './match-lists.ts';
import { checkChange } from './merge-check.ts';
import { refusalProblem } from './refusal-problem.ts';

export interface ListServiceOptions {
  readonly store: Store;
  /** Entries of all lists together. Default 2,000,000, which is also the most. */
  readonly maxEntries?: number;
  readonly maxLists?: number;
  /** The restriction classes of the policies in force, which actions may name. */
  readonly classNames?: () => Iterable<string>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Told of every change that is in force, in order: a wake-up for whoever shares them. */
export type ChangeListener = (changes: readonly Change[], origin: string) => void;

export interface MergeSummary {
  readonly kind: 'merged';
  readonly applied: number;
  /** Older than what is here, or the same. */
  readonly ignored: number;
  /** Not what this program would have made: left out. */
  readonly invalid: readonly { readonly list: string; readonly key: string; readonly reason: string }[];
}

/** The origin of changes that were made here. */
export const LOCAL = '';
export const MAX_EDITS = 10_000;
const MAX_ENTRIES = MAX_ACTIONS - 1;
const MAX_LISTS = 1000;
const LOAD_CHUNK = 20_000;
const EXPORT_CHUNK = 1000;
/** How often expired entries are taken out of memory; they are out of force at their second. */
const SWEEP_MS = 60_000;
const PURGE_MS = 3_600_000;

export class ListService {
  readonly #store: Store;
  readonly #options: Required<ListServiceOptions>;
  readonly #memory: ListMemory;
  readonly #listeners = new Set<ChangeListener>();
  readonly #timers: NodeJS.Timeout[] = [];
  #sweptUntil: number;
  #edits = 0;
  #merges = 0;

  private constructor(options: ListServiceOptions) {
    this.#store = options.store;
    this.#options = {
      maxEntries: MAX_ENTRIES,
      maxLists: MAX_LISTS,
      classNames: () => [],
      now: Date.now,
      ...options,
    };
    this.#memory = new ListMemory(this.#options.now);
    this.#sweptUntil = this.#options.now();
  }

  /** Loads all lists. A failure means that the store cannot be read. */
  static async open(options: ListServiceOptions): Promise<ListService | StoreFailure> {
    const service = new ListService(options);
    const failure = await service.#load();
    if (failure !== undefined) return failure;
    const every = (ms: number, work: () => Promise<unknown>) =>
      service.#timers.push(setInterval(() => void work(), ms).unref());
    every(SWEEP_MS, () => service.sweep());
    every(PURGE_MS, () => service.purge());
    return service;
  }

  /** What `list:NAME` in a policy opens. */
  readonly tables: ListTables = {
    open: (name) => {
      if (!isListName(name)) return { error: 'not the name of a list', help: LIST_NAME_HELP };
      const list = this.#memory.list(name);
      const content = list.table();
      if (list.state === undefined || list.state.isDeleted) void this.#ensure(name);
      return content;
    },
  };

  /** The same for whoever only looks, such as a candidate policy: no list is made, and no hit counted. */
  readonly looks: ListTables = {
    open: (name) =>
      isListName(name)
        ? { lookup: (search) => this.#memory.find(name)?.index.lookup(search) }
        : { error: 'not the name of a list', help: LIST_NAME_HELP },
  };

  /** By name. */
  lists(): readonly ListInfo[] {
    return this.#memory.all().map(({ info }) => info);
  }

  list(name: string): ListInfo | undefined {
    return this.#memory.find(name)?.info;
  }

  get stats(): { readonly entries: number; readonly edits: number; readonly merges: number } {
    return { entries: this.#memory.entries, edits: this.#edits, merges: this.#merges };
  }

  /** What a key that somebody has written is in that list. */
  key(list: string, written: string): string | KeyMistake {
    const kind = this.#kindOf(list) ?? 'any';
    const key = parseKey(written, kind);
    return isKeyMistake(key) ? key : key.key;
  }

  /** One entry, also an expired one, by its canonical key. */
  entry(list: string, key: string): Promise<ListEntry | undefined | StoreFailure> {
    return this.#store.ask('findEntry', { list, key });
  }

  search(query: EntryQuery): Promise<EntryPage | BadCursor | StoreFailure> {
    const prefix = query.prefix === undefined ? undefined : foldCase(query.prefix);
    return this.#store.ask('searchEntries', { query: { ...query, prefix }, nowMs: this.#options.now() });
  }

  /** All entries of a list in the order of their keys, in chunks. Ends with the failure if there is one. */
  async *entries(list: string): AsyncGenerator<readonly ListEntry[] | StoreFailure> {
    for (let after = ''; ; ) {
      const chunk = await this.#store.ask('listEntries', { list, after, limit: EXPORT_CHUNK });
      if (chunk instanceof StoreFailure || chunk.length > 0) yield chunk;
      if (chunk instanceof StoreFailure || chunk.length < EXPORT_CHUNK) return;
      after = chunk.at(-1)?.key ?? '';
    }
  }

  /**
   * Which lists say something of an address, a domain or a mail address, as
   * check_client_access, check_helo_access or check_recipient_access would find it.
   */
  match(subject: string): readonly ListMatch[] {
    return matchLists(this.#memory.all(), subject);
  }

  /** All or none; durable and in force when it is answered. */
  async apply(edits: readonly Edit[], { actor, isDryRun = false }: EditOptions): Promise<ApplyResult> {
    const nowMs = this.#options.now();
    const context = {
      nowMs,
      kindOf: (list: string) => this.#kindOf(list),
      classNames: [...this.#options.classNames()],
    };
    const limit = this.#exceeded(edits);
    if (limit !== undefined) return { kind: 'refused', problems: [limit] };
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
    if (problems.length > 0) return { kind: 'refused', problems };
    // What a policy names is there, also when the store could not write it down before.
    for (const name of new Set(edits.map(({ list }) => list))) {
      const list = this.#memory.find(name);
      if (list !== undefined && list.uses > 0 && list.state === undefined) void this.#ensure(name);
    }
    const ready = checked.flatMap((each) => ('edit' in each ? [each] : []));
    const answer = await this.#store.ask('applyEdits', {
      edits: ready.map(({ edit }) => edit),
      actor: actor.slice(0, MAX_ACTOR_LENGTH),
      nowMs,
      isDryRun,
      classesOf: CLASSES_OF,
    });
    if (answer instanceof StoreFailure) return answer;
    if (answer.kind === 'refused') {
      return { kind: 'refused', problems: answer.refusals.map((each) => this.#problem(each, edits)) };
    }
    if (!isDryRun) {
      this.#memory.describe(answer.lists);
      for (const list of answer.dropped) this.#memory.list(list).index.clear();
      this.#memory.apply(answer.changes);
      this.#edits += answer.changes.length;
      if (answer.changes.length > 0) this.#tell(answer.changes, LOCAL);
    }
    const results = answer.results.map((result, at) => ({
      ...result,
      notes: [...(ready[at]?.notes ?? []), ...expiryNotes(result.after, nowMs)],
    }));
    return { kind: 'applied', results, isDryRun };
  }

  /** Changes from elsewhere: those that are newer than what is here take its place. */
  async merge(changes: readonly Change[], origin: string): Promise<MergeSummary | StoreFailure> {
    const nowMs = this.#options.now();
    const checked = changes.map((change) => checkChange(change, nowMs));
    const sound = checked.flatMap((each) => ('reason' in each ? [] : [each]));
    const invalid = checked.flatMap((each) => ('reason' in each ? [each] : []));
    const answer = await this.#store.ask('mergeChanges', { changes: sound, origin, nowMs });
    if (answer instanceof StoreFailure) return answer;
    this.#memory.describe(answer.lists);
    this.#memory.apply(answer.changes);
    this.#merges += answer.changes.length;
    if (answer.changes.length > 0) this.#tell(answer.changes, origin);
    const applied = answer.changes.length;
    return { kind: 'merged', applied, ignored: sound.length - applied, invalid };
  }

  /** Edits made here that are not marked as shared, when the store was opened for sharing. */
  unshared(limit: number): Promise<readonly Change[] | StoreFailure> {
    return this.#store.ask('readUnshared', { limit });
  }

  async markShared(ids: readonly ChangeId[]): Promise<undefined | StoreFailure> {
    const answer = await this.#store.ask('markShared', { ids });
    return answer instanceof StoreFailure ? answer : undefined;
  }

  /**
   * All registers of a list, tombstones included, in the order of their keys.
   *
   * @param after the key that came last; undefined: from the start, with the list's own first
   */
  registers(
    list: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly Change[] | StoreFailure> {
    return this.#store.ask('readRegisters', { list, after, limit });
  }

  /** Registers by their keys; '' is the list's own. */
  registersOf(list: string, keys: readonly string[]): Promise<readonly Change[] | StoreFailure> {
    return this.#store.ask('readRegistersOf', { list, keys });
  }

  /** Of all lists, dropped ones included: see register-hash.ts. */
  digests(): Promise<ReadonlyMap<string, ListDigest> | StoreFailure> {
    return this.#store.ask('readDigests', undefined);
  }

  /** Of all that this server has stamped or seen. */
  newestStamp(): Promise<Stamp | StoreFailure> {
    return this.#store.ask('readClock', undefined);
  }

  /** Stamps anew what is stamped further ahead than anybody takes. @returns how many entries and lists */
  async restamp(): Promise<number | StoreFailure> {
    const answer = await this.#store.ask('restamp', { nowMs: this.#options.now() });
    if (answer instanceof StoreFailure) return answer;
    this.#memory.describe(answer.lists);
    return answer.registers;
  }

  /** @returns how to stop it */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes expired entries out of memory: housekeeping, lookups do not need it. */
  async sweep(): Promise<void> {
    for (;;) {
      const until = this.#options.now();
      const since = this.#sweptUntil;
      const found = await this.#store.ask('expiredEntries', { since, until, limit: LOAD_CHUNK });
      if (found instanceof StoreFailure) return;
      for (const { list, key } of found) this.#memory.list(list).index.deleteExpired(key, until);
      if (found.length < LOAD_CHUNK) {
        this.#sweptUntil = until;
        return;
      }
      // Those of the same second may have been cut in two.
      this.#sweptUntil = (found.at(-1)?.expires ?? until) - 1;
      if (this.#sweptUntil <= since) this.#sweptUntil = since + 1000;
    }
  }

  /** What was removed or has expired long ago leaves the store. */
  async purge(): Promise<void> {
    for (;;) {
      const hasMore = await this.#store.ask('purge', { nowMs: this.#options.now() });
      if (hasMore !== true) break;
    }
    const lists = await this.#store.ask('lists', undefined);
    if (!(lists instanceof StoreFailure)) this.#memory.describe(lists);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#listeners.clear();
  }

  async #load(): Promise<StoreFailure | undefined> {
    const lists = await this.#store.ask('lists', undefined);
    if (lists instanceof StoreFailure) return lists;
    this.#memory.describe(lists);
    const nowMs = this.#options.now();
    for (const { list } of lists) {
      const ask = (after: string) =>
        this.#store.ask('loadEntries', { list, after, nowMs, limit: LOAD_CHUNK });
      let coming: ReturnType<typeof ask> | undefined = ask('');
      while (coming !== undefined) {
        const chunk: Awaited<typeof coming> = await coming;
        if (chunk instanceof StoreFailure) return chunk;
        // The store reads on while this chunk is put in its place.
        coming = chunk.next === undefined ? undefined : ask(chunk.next);
        this.#memory.load(list, chunk);
      }
    }
    return undefined;
  }

  /** A list that a policy names is there for edits, too. */
  async #ensure(name: string): Promise<void> {
    const state = await this.#store.ask('ensureList', { list: name, nowMs: this.#options.now() });
    // Not written: it is tried again when the policy is loaded again, or when it is edited.
    if (state === undefined || state instanceof StoreFailure) return;
    this.#memory.describe([state]);
  }

  #kindOf(name: string): ListKind | undefined {
    const list = this.#memory.find(name);
    return list === undefined ? undefined : (list.state?.listKind ?? 'any');
  }

  #exceeded(edits: readonly Edit[]): EditProblem | undefined {
    const { maxEntries, maxLists } = this.#options;
    const problem = (message: string, help: string, field: EditProblem['field']): EditProblem => ({
      index: 0,
      code: 'limit',
      field,
      message,
      help,
    });
    if (edits.length > MAX_EDITS) {
      return problem(`more than ${MAX_EDITS} edits at a time`, 'make several requests of them', 'key');
    }
    const puts = edits.filter(({ operation }) => operation === 'put').length;
    if (puts > 0 && this.#memory.entries + puts > maxEntries) {
      return problem(`there is no room for more than ${maxEntries} entries`, 'remove some', 'key');
    }
    const made = new Set(edits.filter(({ operation }) => operation === 'describe').map(({ list }) => list));
    const added = [...made].filter((name) => this.#memory.find(name) === undefined).length;
    if (added > 0 && this.#memory.all().length + added > maxLists) {
      return problem(`there is no room for more than ${maxLists} lists`, 'delete some', 'list');
    }
    return undefined;
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

  #problem(refusal: StoreRefusal, edits: readonly Edit[]): EditProblem {
    return refusalProblem(refusal, edits[refusal.index]);
  }

  #tell(changes: readonly Change[], origin: string): void {
    for (const listener of this.#listeners) listener(changes, origin);
  }
}

const MAX_ACTOR_LENGTH = 200;
