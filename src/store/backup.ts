/**
 * A copy of the store, taken while it is in use: one consistent state, in one
 * file that can be put in the place of the store.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../util/operator-error.ts';
import { systemErrorReason } from '../util/system-error.ts';
import { STORE_FILE } from './open-database.ts';
import { checkSchema, ForeignStore } from './schema.ts';
import { storeFailure } from './sqlite-failure.ts';

/** For a writer that holds a lock. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Writes beside the target first: what stands under its name is whole.
 *
 * @param directory the data directory, of a daemon that runs or does not
 * @throws OperatorError
 */
export function backupStore(directory: string, target: string): void {
  const source = join(directory, STORE_FILE);
  if (!existsSync(source)) {
    throw new OperatorError(
      'backup',
      `there is no store in \`${directory}\``,
      'name the data directory of the daemon with `--data`',
    );
  }
  if (existsSync(target)) {
    throw new OperatorError('backup', `\`${target}\` exists already`, 'name a new file');
  }
  const partial = `${target}.partial`;
  try {
    rmSync(partial, { force: true });
    // As the store itself: hashes of tokens are in it.
    closeSync(openSync(partial, 'wx', 0o600));
    copy(source, partial);
    sync(partial);
    renameSync(partial, target);
    sync(dirname(target));
  } catch (error) {
    rmSync(partial, { force: true });
    throw explain(source, target, error);
  }
}

function copy(source: string, target: string): void {
  const database = new DatabaseSync(source, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    checkSchema(database);
    database.prepare('VACUUM INTO ?').run(target);
  } finally {
    database.close();
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function explain(source: string, target: string, error: unknown): unknown {
  if (error instanceof ForeignStore) {
    return new OperatorError('backup', `cannot copy \`${source}\`: ${error.message}`, error.help);
  }
  const failure = storeFailure(source, error);
  if (failure?.code === 'corrupt') return new OperatorError('backup', failure.message, failure.help);
  if (failure !== undefined) {
    return new OperatorError(
      'backup',
      `cannot copy \`${source}\` to \`${target}\`: ${(error as { errstr?: string }).errstr ?? ''}`,
      'check that there is room for it, and that the directory can be written',
    );
  }
  if ((error as NodeJS.ErrnoException).code === undefined) return error;
  return new OperatorError(
    'backup',
    `cannot write \`${target}\`: ${systemErrorReason(error)}`,
    'name a file in a directory that can be written',
  );
}
