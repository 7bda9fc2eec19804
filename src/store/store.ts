/**
 * The durable store of one daemon: managed lists, audit, tokens, in one SQLite
 * file of the data directory, or in memory.
 *
 * Promises: what has been answered is on the disk; what failed has changed
 * nothing; nothing here holds up the event loop. Every method resolves to its
 * value or a StoreFailure; a rejection is a bug.
 */

import { OperatorError } from '../util/operator-error.ts';
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import type { AuditPage, AuditQuery, NewAuditRecord } from './audit-records.ts';
import type { BadCursor } from './list-query.ts';
import {
  isExport,
  isSearch,
  isWrite,
  type OperationName,
  type RequestOf,
  type ResultOf,
} from './operations.ts';
import { StoreFailure } from './store-failure.ts';
import { StoreThread } from './store-thread.ts';
import type { TokenRecord } from './token-records.ts';
import { Turns } from './turns.ts';

export interface StoreOptions {
  /** Made when it is not there; undefined: all is kept in memory, and gone at the end. */
  readonly directory: string | undefined;
  /** True when lists are shared with other servers: edits wait to be marked as shared. */
  readonly isSharing?: boolean;
  /** How long a search may take. Default 10 s. */
  readonly searchLimitMs?: number;
  /** A thread of the store has ended; one that only reads is made again when it is needed. */
  readonly onCrash?: (failure: StoreFailure) => void;
  /** After a write that failed, so often it is tried whether there is room again. Default 10 s. */
  readonly probeMs?: number;
}

const SEARCH_LIMIT_MS = 10_000;
const PROBE_MS = 10_000;
/** More at a time are refused: each may take seconds. */
const MAX_SEARCHES = 16;

export interface StoreStats {
  /** Writes that have been answered. */
  readonly writes: number;
  /** Those that failed. */
  readonly failures: number;
  /** Requests that wait for an answer. */
  readonly waiting: number;
  /** How long the last write took until it was durable, in milliseconds. */
  readonly lastWriteMs: number;
  /** Why the last write failed, or why none can be made any more; undefined when it did not. */
  readonly lastFailure: StoreFailure | undefined;
}

export class Store {
  /** Eight letters and digits: this server among those that share lists. */
  readonly node: string;
  readonly directory: string | undefined;
  readonly #writer: StoreThread;
  readonly #options: StoreOptions;
  /** What reads has two threads beside the writer's: searches hold up neither edits nor short reads. */
  readonly #readers = new Map<ReadingThread, PromiseOrValue<StoreThread | StoreFailure>>();
  readonly #searches = new Turns(MAX_SEARCHES);
  readonly #exports = new Turns(Number.POSITIVE_INFINITY);
  #isClosing = false;
  #probing: NodeJS.Timeout | undefined;
  #writes = 0;
  #failures = 0;
  #lastWriteMs = 0;
  #lastFailure: StoreFailure | undefined;

  private constructor(writer: StoreThread, options: StoreOptions) {
    this.#writer = writer;
    this.#options = options;
    this.node = writer.node;
    this.directory = options.directory;
    this.#watch(writer);
  }

  /** @throws OperatorError when it cannot be opened, with the cure */
  static async open(options: StoreOptions): Promise<Store> {
    return new Store(await openThread(options, false), options);
  }

  get stats(): StoreStats {
    return {
      writes: this.#writes,
      failures: this.#failures,
      waiting: this.#writer.waiting,
      lastWriteMs: this.#lastWriteMs,
      lastFailure: this.#writer.crash ?? this.#lastFailure,
    };
  }

  readonly audit = {
    add: (record: NewAuditRecord): Promise<undefined | StoreFailure> =>
      this.ask('addAudit', record).then((answer) => (answer instanceof StoreFailure ? answer : undefined)),
    /** The newest first. */
    query: (query: AuditQuery): Promise<AuditPage | BadCursor | StoreFailure> =>
      this.ask('queryAudit', query),
  };

  readonly tokens = {
    all: (): Promise<readonly TokenRecord[] | StoreFailure> => this.ask('readTokens', undefined),
    /** With its record in the audit, both or neither. False when another token has that name. */
    add: (token: TokenRecord, audit: NewAuditRecord): Promise<boolean | StoreFailure> =>
      this.ask('addToken', { token, audit }),
    /** With its record in the audit, both or neither. False when there is none of that id. */
    remove: (id: string, audit: NewAuditRecord): Promise<boolean | StoreFailure> =>
      this.ask('removeToken', { id, audit }),
    /** Notes the last use, in milliseconds since 1970. */
    touch: (id: string, at: number): Promise<boolean | StoreFailure> => this.ask('touchToken', { id, at }),
  };

  /** What lists/ asks. Writes take effect in the order they are asked for. */
  async ask<N extends OperationName>(name: N, request: RequestOf<N>): Promise<ResultOf<N> | StoreFailure> {
    if (isSearch(name)) return this.#searches.take(() => this.#read('searches', name, request));
    if (isExport(name)) return this.#exports.take(() => this.#read('reads', name, request));
    if (!isWrite(name)) return this.#read('reads', name, request);
    const began = performance.now();
    const answer = await this.#writer.ask(name, request);
    this.#writes += 1;
    this.#lastWriteMs = performance.now() - began;
    this.#lastFailure = answer instanceof StoreFailure ? answer : undefined;
    if (answer instanceof StoreFailure) {
      this.#failures += 1;
      this.#probeLater();
    }
    return answer;
  }

  /** Ends when all that was asked, except searches, has been answered. The writer goes last: it leaves one file behind. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#probing);
    const [reader, searcher] = await Promise.all([this.#readers.get('reads'), this.#readers.get('searches')]);
    if (searcher instanceof StoreThread) await searcher.abandon();
    if (reader instanceof StoreThread) await reader.close();
    await this.#writer.close();
  }

  async #read<N extends OperationName>(
    kind: ReadingThread,
    name: N,
    request: RequestOf<N>,
  ): Promise<ResultOf<N> | StoreFailure> {
    const reader = this.#readingThread(kind);
    // Asked before this returns, once the thread is there: it works while its last answer is being read.
    const thread = isPromise(reader) ? await reader : reader;
    return thread instanceof StoreFailure ? thread : thread.ask(name, request);
  }

  /** What is in memory only the writer has. */
  #readingThread(kind: ReadingThread): PromiseOrValue<StoreThread | StoreFailure> {
    if (this.#isClosing) return StoreFailure.closed();
    if (this.directory === undefined) return this.#writer;
    const known = this.#readers.get(kind);
    if (known !== undefined) return known;
    // The next to ask tries again.
    const forget = () => this.#readers.delete(kind);
    const opening = openThread(this.#options, true).then(
      (thread) => {
        this.#watch(thread);
        this.#readers.set(kind, thread);
        void thread.ended.then(forget);
        return thread;
      },
      (error) => {
        forget();
        if (!(error instanceof OperatorError)) throw error;
        return new StoreFailure('unwritable', error.message, error.help);
      },
    );
    this.#readers.set(kind, opening);
    return opening;
  }

  /** Nobody may want to edit for hours: whether it could be kept is to be known all the same. */
  #probeLater(): void {
    if (this.#isClosing || this.#writer.crash !== undefined) return;
    clearTimeout(this.#probing);
    const probe = () => void this.ask('probe', undefined);
    this.#probing = setTimeout(probe, this.#options.probeMs ?? PROBE_MS).unref();
  }

  #watch(thread: StoreThread): void {
    void thread.ended.then(() => {
      if (thread.crash !== undefined) this.#options.onCrash?.(thread.crash);
    });
  }
}

type ReadingThread = 'reads' | 'searches';

/** @throws OperatorError (rejects) when the store cannot be opened */
function openThread(options: StoreOptions, isReadOnly: boolean): Promise<StoreThread> {
  const { directory, isSharing = false, searchLimitMs = SEARCH_LIMIT_MS } = options;
  return StoreThread.open({ directory, isReadOnly, isSharing: isSharing && !isReadOnly, searchLimitMs });
}
