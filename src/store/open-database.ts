/**
 * Opening the file of the store: made and migrated when need be, locked
 * against a second daemon, durable (WAL, synchronous = FULL), for its owner only.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemErrorReason } from '../util/system-error.ts';
import { ForeignStore, migrate } from './schema.ts';
import { storeFailure } from './sqlite-failure.ts';
import { NO_STAMP, StampClock } from './stamp.ts';
import { StoreDatabase } from './store-database.ts';

export const STORE_FILE = 'postward.db';
const LOCK_FILE = 'lock';

/** Why it cannot be opened, for the operator. */
export interface OpenFailure {
  readonly code: string;
  readonly message: string;
  readonly help: string;
}

export class CannotOpen extends Error {
  readonly failure: OpenFailure;

  constructor(failure: OpenFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

export interface OpenedDatabase {
  readonly raw: DatabaseSync;
  readonly database: StoreDatabase;
  close(): void;
}

/** What one big transaction has made of the write-ahead log goes with the next checkpoint. */
const MAX_WAL_BYTES = 16 * 2 ** 20;
/** How long a backup or a reader may hold a lock that is needed. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * @param directory undefined: in memory
 * @throws CannotOpen
 */
export function openForWriting(directory: string | undefined, isSharing: boolean): OpenedDatabase {
  const lock = directory === undefined ? undefined : lockDirectory(directory);
  const path = directory === undefined ? ':memory:' : join(directory, STORE_FILE);
  let raw: DatabaseSync | undefined;
  try {
    if (directory !== undefined) keepFromOthers(path);
    raw = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    raw.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000');
    raw.exec(`PRAGMA journal_size_limit = ${MAX_WAL_BYTES}`);
    migrate(raw);
    const clock = new StampClock(nodeOf(raw), clockOf(raw));
    const opened = raw;
    return {
      raw,
      database: new StoreDatabase(raw, clock, isSharing),
      close: () => {
        opened.close();
        lock?.close();
      },
    };
  } catch (error) {
    raw?.close();
    lock?.close();
    throw cannotOpen(path, error);
  }
}

/** For searches beside the edits, and for commands beside the daemon. @throws CannotOpen */
export function openForReading(directory: string): OpenedDatabase {
  const path = join(directory, STORE_FILE);
  let raw: DatabaseSync | undefined;
  try {
    raw = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    const opened = raw;
    return {
      raw,
      database: new StoreDatabase(raw, new StampClock('00000000'), false),
      close: () => opened.close(),
    };
  } catch (error) {
    raw?.close();
    throw cannotOpen(path, error);
  }
}

/**
 * The lock is a transaction that stays open in a database of its own: it ends
 * with the process, however that ends, and commands can still read the store.
 */
function lockDirectory(directory: string): DatabaseSync {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CannotOpen({
      code: 'data-directory',
      message: `cannot make the data directory \`${directory}\`: ${systemErrorReason(error)}`,
      help: 'let the user that Postward runs as make it, or name another one in the setting `data`',
    });
  }
  const path = join(directory, LOCK_FILE);
  let lock: DatabaseSync | undefined;
  try {
    keepFromOthers(path);
    lock = new DatabaseSync(path, { timeout: 0 });
    lock.exec('BEGIN IMMEDIATE');
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new CannotOpen({
        code: 'data-directory',
        message: `another Postward is using the data directory \`${directory}\``,
        help: 'stop the other one, or name a directory of its own in the setting `data`',
      });
    }
    throw cannotOpen(path, error);
  }
}

const SQLITE_BUSY = 5;
const OWNER_ONLY = 0o600;

/**
 * A file that only its owner may read, whatever the directory: hashes of tokens
 * are in it. SQLite gives the files beside it the same mode, those that it makes.
 *
 * @throws CannotOpen
 */
function keepFromOthers(path: string): void {
  try {
    // Never opened when it is there: closing it would end all locks that this process has on it, fcntl(2).
    if (!existsSync(path)) closeSync(openSync(path, 'wx', OWNER_ONLY));
    for (const each of [path, `${path}-wal`, `${path}-shm`]) {
      if (existsSync(each) && (statSync(each).mode & 0o777) !== OWNER_ONLY) chmodSync(each, OWNER_ONLY);
    }
  } catch (error) {
    throw new CannotOpen({
      code: 'store',
      message: `cannot use \`${path}\`: ${systemErrorReason(error)}`,
      help: 'let the user that Postward runs as own and write it and its directory, and check the disk',
    });
  }
}

function cannotOpen(path: string, error: unknown): CannotOpen {
  if (error instanceof CannotOpen) return error;
  if (error instanceof ForeignStore) {
    return new CannotOpen({
      code: 'store',
      message: `cannot use \`${path}\`: ${error.message}`,
      help: error.help,
    });
  }
  const failure = storeFailure(path, error);
  if (failure === undefined) throw error;
  return new CannotOpen({ code: 'store', message: failure.message, help: failure.help });
}

function nodeOf(database: DatabaseSync): string {
  const row = database.prepare("SELECT value FROM meta WHERE name = 'node'").get();
  if (row !== undefined) return String(row['value']);
  const node = BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .padStart(8, '0')
    .slice(-8);
  database.prepare("INSERT INTO meta (name, value) VALUES ('node', ?)").run(node);
  return node;
}

/** Where the clock of stamps stood when the store was last written. */
function clockOf(database: DatabaseSync): string {
  const row = database.prepare("SELECT value FROM meta WHERE name = 'clock'").get();
  return row === undefined ? NO_STAMP : String(row['value']);
}
