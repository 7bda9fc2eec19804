/** A thread of the store as the rest of the process sees it: requests out, answers in, in the same order. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { OperatorError } from '../util/operator-error.ts';
import type { OperationName, RequestOf, ResultOf } from './operations.ts';
import { StoreFailure } from './store-failure.ts';
import type { WorkerAnswer, WorkerOptions, WorkerRequest } from './store-worker.ts';

/** Source and compiled form stand beside each other's kind. */
const PROGRAM = new URL(`./store-worker${extname(import.meta.url)}`, import.meta.url);

/** More requests than that wait for a disk that is gone: refused at once. */
const MAX_WAITING = 10_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class StoreThread {
  readonly node: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** Resolves when it is gone, for whatever reason. */
  readonly ended: Promise<void>;
  #nextId = 1;
  #isClosed = false;
  #crash: StoreFailure | undefined;

  private constructor(worker: Worker, node: string) {
    this.node = node;
    this.#worker = worker;
    worker.on('message', (answer: WorkerAnswer) => this.#deliver(answer));
    worker.on('error', (error) => this.#end(error instanceof Error ? error.message : String(error)));
    this.ended = new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.#end(`exit code ${code}`);
        resolve();
      });
    });
  }

  /** @throws OperatorError when the store cannot be opened */
  static open(options: WorkerOptions): Promise<StoreThread> {
    const worker = new Worker(PROGRAM, { workerData: options, execArgv: [], env: {} });
    return new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (answer: WorkerAnswer) => {
        worker.off('error', reject);
        if ('opened' in answer) resolve(new StoreThread(worker, answer.node));
        else if ('cannotOpen' in answer) {
          const { code, message, help } = answer.cannotOpen;
          reject(new OperatorError(code, message, help));
        }
      });
    });
  }

  /** How many requests wait for an answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Why the thread ended though nobody had closed it. */
  get crash(): StoreFailure | undefined {
    return this.#crash;
  }

  /** Rejects only for a bug. */
  ask<N extends OperationName>(name: N, request: RequestOf<N>): Promise<ResultOf<N> | StoreFailure> {
    if (this.#isClosed) return Promise.resolve(this.#failure());
    if (this.#waiting.size >= MAX_WAITING) {
      return Promise.resolve(
        new StoreFailure('unwritable', 'the store does not keep up', 'check the disk it is on'),
      );
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ id, name, request } satisfies WorkerRequest);
    });
  }

  /** After all that was asked before. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#worker.postMessage('close');
    }
    await this.ended;
  }

  /** At once, also in the midst of a search. Not for one that writes. */
  async abandon(): Promise<void> {
    this.#isClosed = true;
    await this.#worker.terminate();
    await this.ended;
  }

  #deliver(answer: WorkerAnswer): void {
    if (!('id' in answer)) return;
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('value' in answer) waiting?.resolve(answer.value);
    else if ('failure' in answer) {
      const { code, message, help } = answer.failure;
      waiting?.resolve(new StoreFailure(code, message, help));
    } else waiting?.reject(new Error(answer.error));
  }

  #end(reason: string): void {
    if (!this.#isClosed) {
      const message = `a thread of the store has ended: ${reason}`;
      this.#crash = new StoreFailure('closed', message, 'start Postward again');
    }
    this.#isClosed = true;
    for (const { resolve } of this.#waiting.values()) resolve(this.#failure());
    this.#waiting.clear();
  }

  #failure(): StoreFailure {
    return this.#crash ?? StoreFailure.closed();
  }
}
