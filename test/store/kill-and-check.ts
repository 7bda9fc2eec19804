/**
 * Kills a stream of edits with SIGKILL at a random moment, and holds what the
 * store has afterwards against what had been acknowledged.
 */
import { join } from 'node:path';
import { ListService } from '../../src/lists/list-service.ts';
import { Store } from '../../src/store/store.ts';
import { StoreFailure } from '../../src/store/store-failure.ts';
import { outputUntilKilled } from './until-killed.ts';

const PROGRAM = join(import.meta.dirname, 'edit-stream.ts');

export interface KillReport {
  /** Edits that were acknowledged before the kill. */
  readonly acknowledged: number;
  /** Where the next stream may begin. */
  readonly next: number;
}

/** @throws Error when an acknowledged edit is lost, or the store cannot be opened */
export async function killOnce(directory: string, first: number): Promise<KillReport> {
  const output = await outputUntilKilled([PROGRAM, directory, String(first)]);
  // The last line may have been cut off: then nobody has read that it was acknowledged.
  const lines = output
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== 'ready');
  const state = new Map<number, 'put' | 'remove'>();
  for (const line of lines) {
    const [operation, number] = line.split(' ');
    state.set(Number(number), operation as 'put' | 'remove');
  }
  const store = await Store.open({ directory });
  try {
    const lists = await ListService.open({ store });
    if (lists instanceof StoreFailure) throw new Error(lists.message);
    const table = lists.tables.open('stream');
    if ('error' in table) throw new Error(table.error);
    for (const [number, operation] of state) {
      const found = table.lookup(`host${number}.example`);
      // One that is about to be removed may be gone already, without anybody having heard.
      const mayBeGone = operation === 'remove' || number % 3 === 0;
      if (found === `REJECT ${number}` && operation === 'put') continue;
      if (found === undefined && mayBeGone) continue;
      throw new Error(`after ${lines.length} edits, ${operation} ${number}: the store has ${String(found)}`);
    }
    await checkAudit(store, state);
    lists.close();
  } finally {
    await store.close();
  }
  const next = Math.max(first, ...state.keys()) + 100;
  return { acknowledged: lines.length, next };
}

/** Every acknowledged edit has its record: both are one transaction. */
async function checkAudit(store: Store, state: ReadonlyMap<number, string>): Promise<void> {
  for (const [number, operation] of [...state].slice(-20)) {
    const subject = `host${number}.example`;
    const page = await store.audit.query({ list: 'stream', subject, operation: `entry.${operation}` });
    if ('records' in page && page.records.length === 1) continue;
    throw new Error(`no audit record of ${operation} ${number}`);
  }
}
