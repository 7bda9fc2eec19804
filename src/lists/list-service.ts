/**
 * The managed lists of this server: looked up by policies, edited while mail
 * flows.
 *
 * Promises: an edit is answered when it is durable and in force; a transaction
 * is done as a whole or not at all; lookups are synchronous and never wait for
 * an edit, a disk or another server. Failures are values.
 */

import type { SearchRules } from '../access/lookup-order.ts';
import type { BadCursor, EntryPage, EntryQuery } from '../store/list-query.ts';
import type { ListDigest } from '../store/list-reads.ts';
import type { Change, ChangeId, ListEntry } from '../store/list-records.ts';
import type { FillRecord } from '../store/merge-fill.ts';
import type { Stamp } from '../store/stamp.ts';
import type { Store } from '../store/store.ts';
import { StoreFailure } from '../store/store-failure.ts';
import { foldCase } from '../tables/fold-case.ts';
import { isListName, LIST_NAME_HELP, type ListTables } from '../tables/list-tables.ts';
import type { ApplyResult, Edit, EditOptions } from './edit.ts';
import { Expiry, SWEEP_MS } from './expiry.ts';
import { isKeyMistake, type KeyMistake, parseKey } from './key.ts';
import { type ChangeListener, ListChanges, type MergeSummary } from './list-changes.ts';
import type { ListInfo, ListMatch } from './list-info.ts';
import { ListMemory } from './list-memory.ts';
import type { RoomOptions } from './list-room.ts';
import { matchLists } from './match-lists.ts';

export interface ListServiceOptions extends RoomOptions {
  readonly store: Store;
  /** The restriction classes of the policies in force, which actions may name. */
  readonly classNames?: () => Iterable<string>;
  /** By what rules the policies in force look into lists. */
  readonly searchRules?: () => readonly SearchRules[];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const LOAD_CHUNK = 20_000;
const EXPORT_CHUNK = 1000;
const PURGE_MS = 3_600_000;

export class ListService {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #memory: ListMemory;
  readonly #changes: ListChanges;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #expiry: Expiry;
  readonly #searchRules: () => readonly SearchRules[];

  private constructor(options: ListServiceOptions) {
    const { store, now = Date.now, classNames = () => [], searchRules = () => [], ...room } = options;
    this.#searchRules = searchRules;
    this.#store = store;
    this.#now = now;
    this.#memory = new ListMemory(now);
    this.#changes = new ListChanges({ store, memory: this.#memory, now, classNames, ...room });
    this.#expiry = new Expiry(store, this.#memory, now);
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
    service.#changes.start();
    return service;
  }

  /** What `list:NAME` in a policy opens. */
  readonly tables: ListTables = {
    open: (name) => {
      if (!isListName(name)) return { error: 'not the name of a list', help: LIST_NAME_HELP };
      const list = this.#memory.list(name);
      const content = list.table();
      if (list.state?.isDeleted !== false) void this.#changes.ensure(name);
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

  /** This server among those that share lists. */
  get node(): string {
    return this.#store.node;
  }

  /** By name. */
  lists(): readonly ListInfo[] {
    return this.#memory.all().map(({ info }) => info);
  }

  list(name: string): ListInfo | undefined {
    return this.#memory.find(name)?.info;
  }

  get stats(): { readonly entries: number; readonly edits: number; readonly merges: number } {
    return { entries: this.#memory.entries, ...this.#changes.counts };
  }

  /** What a key that somebody has written is in that list. */
  key(list: string, written: string): string | KeyMistake {
    const kind = this.#memory.find(list)?.kind ?? 'any';
    const key = parseKey(written, kind);
    return isKeyMistake(key) ? key : key.key;
  }

  /** One entry, also an expired one, by its canonical key. */
  entry(list: string, key: string): Promise<ListEntry | undefined | StoreFailure> {
    return this.#store.ask('findEntry', { list, key });
  }

  search(query: EntryQuery): Promise<EntryPage | BadCursor | StoreFailure> {
    const prefix = query.prefix === undefined ? undefined : foldCase(query.prefix);
    return this.#store.ask('searchEntries', { query: { ...query, prefix }, nowMs: this.#now() });
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
   * check_client_access, check_helo_access or check_recipient_access of a
   * policy in force would find it; or why none of them could.
   */
  match(subject: string): readonly ListMatch[] | KeyMistake {
    return matchLists(this.#memory.all(), subject, this.#searchRules());
  }

  /** All or none; durable and in force when it is answered. */
  apply(edits: readonly Edit[], options: EditOptions): Promise<ApplyResult> {
    return this.#changes.apply(edits, options);
  }

  /**
   * Changes from elsewhere: those that are newer than what is here take its place.
   *
   * @param fill that they are to fill a list which has nothing here: see StoreMerge
   */
  merge(changes: readonly Change[], origin: string, fill?: FillRecord): Promise<MergeSummary | StoreFailure> {
    return this.#changes.merge(changes, origin, fill);
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
    const answer = await this.#store.ask('restamp', { nowMs: this.#now() });
    if (answer instanceof StoreFailure) return answer;
    this.#memory.describe(answer.lists);
    return answer.registers;
  }

  /** @returns how to stop it */
  onChange(listener: ChangeListener): () => void {
    return this.#changes.onChange(listener);
  }

  /** Takes expired entries out of memory: lookups do not need it. */
  sweep(): Promise<void> {
    return this.#expiry.sweep();
  }

  /** What was removed or has expired long ago leaves the store. */
  purge(): Promise<void> {
    return this.#changes.purge();
  }

  /** Resolves when the store has nothing more of lists that were dropped. */
  buried(): Promise<void> {
    return this.#changes.buried();
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#changes.close();
  }

  async #load(): Promise<StoreFailure | undefined> {
    const lists = await this.#store.ask('lists', undefined);
    if (lists instanceof StoreFailure) return lists;
    this.#memory.describe(lists);
    const nowMs = this.#now();
    this.#memory.expiredUntil = nowMs;
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
}
