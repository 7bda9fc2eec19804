/** The managed lists of a test: a real store, in memory or in a directory that is gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ApplyResult, Edit, EditResult } from '../../src/lists/edit.ts';
import { ListService, type ListServiceOptions } from '../../src/lists/list-service.ts';
import { Store } from '../../src/store/store.ts';
import { StoreFailure } from '../../src/store/store-failure.ts';

export interface TestLists {
  readonly store: Store;
  readonly lists: ListService;
}

export interface TestListOptions extends Omit<ListServiceOptions, 'store'> {
  /** Default: in memory. */
  readonly directory?: string;
  readonly isSharing?: boolean;
  readonly searchLimitMs?: number;
  readonly probeMs?: number;
  readonly onCrash?: (failure: StoreFailure) => void;
}

/** Closed when the test is over, if not before. */
export async function openTestLists(options: TestListOptions = {}): Promise<TestLists> {
  const { directory, isSharing = false, searchLimitMs = 60_000, probeMs, onCrash, ...rest } = options;
  const store = await Store.open({
    ...{ directory, isSharing, searchLimitMs },
    ...(probeMs !== undefined && { probeMs }),
    ...(onCrash !== undefined && { onCrash }),
  });
  const lists = await ListService.open({ store, ...rest });
  if (lists instanceof StoreFailure) throw new Error(lists.message);
  onTestFinished(() => close({ store, lists }));
  return { store, lists };
}

export async function close({ store, lists }: TestLists): Promise<void> {
  lists.close();
  await store.close();
}

/** A data directory of the test's own. */
export function dataDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'postward-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export const BY = { actor: 'tester' };

/** @throws Error when the edits are not applied */
export async function applied(lists: ListService, ...edits: Edit[]): Promise<readonly EditResult[]> {
  return resultsOf(await lists.apply(edits, BY));
}

export function resultsOf(result: ApplyResult): readonly EditResult[] {
  if (result.kind === 'applied') return result.results;
  throw new Error(JSON.stringify(result));
}

export function makeList(
  list: string,
  kind: 'client' | 'helo' | 'sender' | 'recipient' | 'any' = 'any',
): Edit {
  return { operation: 'describe', list, fields: { kind } };
}

export function put(list: string, key: string, action = 'REJECT', rest: object = {}): Edit {
  return { operation: 'put', list, key, fields: { action, ...rest } };
}

/** The value or an error: a failure is none that a test expects. */
export function sound<T>(value: T | StoreFailure): T {
  if (value instanceof StoreFailure) throw new Error(value.message);
  return value;
}
