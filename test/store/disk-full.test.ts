/**
 * The disk is full: a real one, a tmpfs of one megabyte. An edit fails as a whole and is told
 * so; decisions go on; with room again, edits do too.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { StoreFailure } from '../../src/store/store-failure.ts';
import { applied, BY, close, dataDirectory, makeList, openTestLists, put } from '../lists/memory-lists.ts';

function mountSmallDisk(): string | undefined {
  const directory = dataDirectory();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', directory]);
  if (mounted.status !== 0) return undefined;
  onTestFinished(() => {
    spawnSync('umount', ['-l', directory]);
  });
  return directory;
}

const canMount = process.getuid?.() === 0 && process.platform === 'linux';
if (!canMount) {
  if (process.env['CI'] === 'true')
    throw new Error('test/store/disk-full.test.ts needs root to mount a disk');
  console.warn('test/store/disk-full.test.ts is skipped: it needs root to mount a small disk');
}

it.skipIf(!canMount)('a full disk refuses edits whole, and nothing else', async () => {
  const directory = mountSmallDisk();
  if (directory === undefined) throw new Error('no disk could be mounted');
  const opened = await openTestLists({ directory });
  const { lists, store } = opened;
  await applied(lists, makeList('a'), put('a', 'first.example'));
  const table = lists.tables.open('a');
  if ('error' in table) throw new Error(table.error);
  const inForce = new Set(['first.example']);
  let failure: StoreFailure | undefined;
  for (let batch = 0; batch < 200 && failure === undefined; batch++) {
    const keys = Array.from({ length: 50 }, (_, at) => `host${batch}-${at}.example`);
    const result = await lists.apply(
      keys.map((key) => put('a', key, 'REJECT', { comment: 'x'.repeat(900) })),
      BY,
    );
    if (result instanceof StoreFailure) failure = result;
    else for (const key of keys) inForce.add(key);
  }
  expect(failure).toMatchObject({ code: 'full' });
  expect(failure?.message).toContain(join(directory, 'postward.db'));
  expect(store.stats.lastFailure).toBe(failure);

  // Decisions go on, with what was acknowledged and nothing of what was not.
  expect(lists.list('a')?.entries).toBe(inForce.size);
  for (const key of inForce) expect(table.lookup(key)).toBe('REJECT');
  expect(await lists.entry('a', 'first.example')).toMatchObject({ action: 'REJECT' });

  // Room again: edits are taken without a restart.
  spawnSync('mount', ['-o', 'remount,size=8m', directory]);
  await applied(lists, put('a', 'after.example', 'OK'));
  expect(table.lookup('after.example')).toBe('OK');
  await close(opened);

  const again = await openTestLists({ directory });
  expect(again.lists.list('a')?.entries).toBe(inForce.size + 1);
  await close(again);
});
