/**
 * The durable store of one daemon: managed lists, audit, tokens, in one SQLite
 * file of the data directory, or in memory.
 *
 * Promises: what has been answered is on the disk; what failed has changed
 * nothing; nothing here holds up the event loop. Every method resolves to its
 * value or a StoreFailure; a rejection is a bug.
 */

import { OperatorError } from '../util/operator-error.ts';
import type { AuditPage, AuditQuery, NewAuditRecord } from './audit-records.ts';
import type { BadCursor } from './list-query.ts';
import { isWrite, type OperationName, type RequestOf, type ResultOf } from './operations.ts';
import { StoreFailure } from './store-failure.ts';
import { StoreThread } from './store-thread.ts';
import type { TokenRecord } from './token-records.ts';

export interface StoreOptions {
  /** Made when it is not there; undefined: all is kept in memory, and gone at the end. */
  readonly directory: string | undefined;
  /** True when lists are shared with other servers: edits wait to be marked as shared. */
  readonly isSharing?: boolean;
}

export interface StoreStats {
  /** Writes that have been answered. */
  readonly writes: number;
  /** Those that failed. */
  readonly failures: number;
  /** Requests that wait for an answer. */
  readonly waiting: number;
  /** How long the last write took until it was durable, in milliseconds. */
  readonly lastWriteMs: number;
  /** Why the last write failed; undefined when it did not. */
  readonly lastFailure: StoreFailure | undefined;
}

export class Store {
  /** Eight letters and digits: this server among those that share lists. */
  readonly node: string;
  readonly directory: string | undefined;
  readonly #writer: StoreThread;
  readonly #options: StoreOptions;
  #reader: Promise<StoreThread | StoreFailure> | undefined;
  #isClosing = false;
  #writes = 0;
  #failures = 0;
  #lastWriteMs = 0;
  #lastFailure: StoreFailure | undefined;

  private constructor(writer: StoreThread, options: StoreOptions) {
    this.#writer = writer;
    this.#options = options;
    this.node = writer.node;
    this.directory = options.directory;
  }

  /** @throws OperatorError when it cannot be opened, with the cure */
  static async open(options: StoreOptions): Promise<Store> {
    const { directory, isSharing = false } = options;
    return new Store(await StoreThread.open({ directory, isReadOnly: false, isSharing }), options);
  }

  get stats(): StoreStats {
    return {
      writes: this.#writes,
      failures: this.#failures,
      waiting: this.#writer.waiting,
      lastWriteMs: this.#lastWriteMs,
      lastFailure: this.#lastFailure,
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
    /** False when another token has that name. */
    add: (token: TokenRecord): Promise<boolean | StoreFailure> => this.ask('addToken', token),
    /** False when there is none of that id. */
    remove: (id: string): Promise<boolean | StoreFailure> => this.ask('removeToken', { id }),
    /** Notes the last use, in milliseconds since 1970. */
    touch: (id: string, at: number): Promise<boolean | StoreFailure> => this.ask('touchToken', { id, at }),
  };

  /** What lists/ asks. Writes take effect in the order they are asked for. */
  async ask<N extends OperationName>(name: N, request: RequestOf<N>): Promise<ResultOf<N> | StoreFailure> {
    if (!isWrite(name)) {
      const thread = await this.#readingThread();
      return thread instanceof StoreFailure ? thread : thread.ask(name, request);
    }
    const began = performance.now();
    const answer = await this.#writer.ask(name, request);
    this.#writes += 1;
    this.#lastWriteMs = performance.now() - began;
    this.#lastFailure = answer instanceof StoreFailure ? answer : undefined;
    if (answer instanceof StoreFailure) this.#failures += 1;
    return answer;
  }

  /** Ends when all that was asked has been answered. The writer goes last: it leaves one file behind. */
  async close(): Promise<void> {
    const reader = await this.#reader;
    this.#isClosing = true;
    if (reader instanceof StoreThread) await reader.close();
    await this.#writer.close();
  }

  /** A long search must not hold up an edit: it has a thread of its own, except in memory. */
  #readingThread(): Promise<StoreThread | StoreFailure> | StoreThread {
    const { directory } = this.#options;
    if (directory === undefined || this.#isClosing) return this.#writer;
    this.#reader ??= StoreThread.open({ directory, isReadOnly: true, isSharing: false }).catch((error) => {
      // The next search tries again.
      this.#reader = undefined;
      if (!(error instanceof OperatorError)) throw error;
      return new StoreFailure('unwritable', error.message, error.help);
    });
    return this.#reader;
  }
}
