/**
 * The thread of the store: all waiting for the disk happens here, none of it
 * holds up mail.
 *
 * Requests that have come while one transaction was written share the next
 * (group commit): each in a savepoint of its own, answered when all are durable.
 */
import { join } from 'node:path';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { CannotOpen, type OpenFailure, openForReading, openForWriting, STORE_FILE } from './open-database.ts';
import { isWrite, type OperationName, perform } from './operations.ts';
import { storeFailure } from './sqlite-failure.ts';
import { SearchTooLong, Undone } from './store-database.ts';
import { StoreFailure, type StoreFailureCode } from './store-failure.ts';

export interface WorkerOptions {
  /** undefined: in memory. */
  readonly directory: string | undefined;
  readonly isReadOnly: boolean;
  readonly isSharing: boolean;
  /** How long a search may take. */
  readonly searchLimitMs: number;
}

export interface WorkerRequest {
  readonly id: number;
  readonly name: OperationName;
  readonly request: unknown;
}

export type WorkerAnswer =
  | { readonly opened: true; readonly node: string }
  | { readonly cannotOpen: OpenFailure }
  | { readonly id: number; readonly value: unknown }
  | {
      readonly id: number;
      readonly failure: {
        readonly code: StoreFailureCode;
        readonly message: string;
        readonly help: string;
      };
    }
  /** A bug. */
  | { readonly id: number; readonly error: string };

/** More wait for the next transaction. */
const MAX_GROUP = 256;

const options = workerData as WorkerOptions;
const path = options.directory === undefined ? ':memory:' : join(options.directory, STORE_FILE);

function main(port: MessagePort): void {
  const opened = open(port);
  if (opened === undefined) return;
  const { raw, database } = opened;
  database.searchLimitMs = options.searchLimitMs;

  const failed = (id: number, error: unknown): WorkerAnswer => {
    const failure = error instanceof SearchTooLong ? tooLong() : storeFailure(path, error);
    if (failure !== undefined) {
      const { code, message, help } = failure;
      return { id, failure: { code, message, help } };
    }
    return { id, error: error instanceof Error ? String(error.stack) : String(error) };
  };

  /** In a savepoint; throws only when the transaction itself is gone. */
  const runWrite = ({ id, name, request }: WorkerRequest): WorkerAnswer => {
    raw.exec('SAVEPOINT operation');
    const { last } = database.clock;
    try {
      const value = perform(database, name, request);
      if (value instanceof Undone) {
        raw.exec('ROLLBACK TO operation');
        raw.exec('RELEASE operation');
        return { id, value: value.value };
      }
      raw.exec('RELEASE operation');
      return { id, value };
    } catch (error) {
      if (!raw.isTransaction) throw error;
      raw.exec('ROLLBACK TO operation');
      raw.exec('RELEASE operation');
      database.undone(last);
      return failed(id, error);
    }
  };

  const runGroup = (group: readonly WorkerRequest[]): WorkerAnswer[] => {
    const answers: WorkerAnswer[] = [];
    const { last } = database.clock;
    try {
      raw.exec('BEGIN IMMEDIATE');
      for (const each of group) answers.push(runWrite(each));
      database.saveClock();
      raw.exec('COMMIT');
      return answers;
    } catch (error) {
      if (raw.isTransaction) raw.exec('ROLLBACK');
      database.undone(last);
      return group.map(({ id }) => failed(id, error));
    }
  };

  const run = (requests: readonly WorkerRequest[]): void => {
    // In their order, neighbouring writes together.
    for (let at = 0; at < requests.length; ) {
      const first = requests[at] as WorkerRequest;
      if (!isWrite(first.name)) {
        port.postMessage(runRead(first));
        at += 1;
        continue;
      }
      const group: WorkerRequest[] = [];
      for (; at < requests.length; at++) {
        const next = requests[at] as WorkerRequest;
        if (!isWrite(next.name)) break;
        group.push(next);
      }
      for (const answer of runGroup(group)) port.postMessage(answer);
    }
  };

  const runRead = ({ id, name, request }: WorkerRequest): WorkerAnswer => {
    try {
      return { id, value: perform(database, name, request) };
    } catch (error) {
      return failed(id, error);
    }
  };

  port.on('message', (first: WorkerRequest | 'close') => {
    const requests: WorkerRequest[] = [];
    let isClosing = false;
    for (let next: WorkerRequest | 'close' | undefined = first; next !== undefined; ) {
      if (next === 'close') {
        isClosing = true;
        break;
      }
      requests.push(next);
      if (requests.length === MAX_GROUP) break;
      next = receiveMessageOnPort(port)?.message;
    }
    run(requests);
    if (!isClosing) return;
    opened.close();
    port.close();
  });
}

function tooLong(): StoreFailure {
  const seconds = options.searchLimitMs / 1000;
  return new StoreFailure(
    'slow',
    `a search took longer than ${seconds} s`,
    'narrow it: the beginning of a key, or one list',
  );
}

function open(port: MessagePort) {
  try {
    const opened =
      options.isReadOnly && options.directory !== undefined
        ? openForReading(options.directory)
        : openForWriting(options.directory, options.isSharing);
    port.postMessage({ opened: true, node: opened.database.clock.node } satisfies WorkerAnswer);
    return opened;
  } catch (error) {
    if (!(error instanceof CannotOpen)) throw error;
    port.postMessage({ cannotOpen: error.failure } satisfies WorkerAnswer);
    port.close();
    return undefined;
  }
}

if (parentPort !== null) main(parentPort);
