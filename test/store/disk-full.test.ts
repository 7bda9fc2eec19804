/**
 * The disk is full: a real one, a tmpfs of one megabyte. An edit fails as a whole and is told
 * so; decisions go on; with room again, edits do too.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Change } from '../../src/store/list-records.ts';
import { StoreFailure } from '../../src/store/store-failure.ts';
import { ApiDaemon } from '../admin/api-daemon.ts';
import {
  applied,
  BY,
  close,
  dataDirectory,
  makeList,
  openTestLists,
  put,
  sound,
} from '../lists/memory-lists.ts';
import { until } from '../support/redis.ts';

function mountSmallDisk(): string | undefined {
  const directory = dataDirectory();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', directory]);
  if (mounted.status !== 0) return undefined;
  onTestFinished(() => {
    spawnSync('umount', ['-l', directory]);
  });
  return directory;
}

/** @returns how to make room again */
function fillDisk(directory: string): () => void {
  const file = join(directory, 'full');
  spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4096']);
  return () => rmSync(file);
}

const HOUR_MS = 3_600_000;
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

/** A list `a` of another server whose clock is ahead by so much, with a hundred entries. */
async function changesFrom(aheadMs: number): Promise<Change[]> {
  const { lists } = await openTestLists({ isSharing: true, now: () => Date.now() + aheadMs });
  const changes: Change[] = [];
  lists.onChange((news) => changes.push(...news));
  const keys = Array.from({ length: 100 }, (_, at) => `host${at}.example`);
  const comment = 'x'.repeat(900);
  await applied(lists, makeList('a'), ...keys.map((key) => put('a', key, 'REJECT', { comment })));
  return changes;
}

it.skipIf(!canMount)(
  'an edit is newer than what it edits, though that was once too much for the disk',
  async () => {
    const directory = mountSmallDisk();
    if (directory === undefined) throw new Error('no disk could be mounted');
    const changes = await changesFrom(HOUR_MS);
    const opened = await openTestLists({ directory, isSharing: true });
    const hasRoom = fillDisk(directory);
    expect(await opened.lists.merge(changes, 'elsewhere')).toMatchObject({ code: 'full' });
    hasRoom();
    expect(await opened.lists.merge(changes, 'elsewhere')).toMatchObject({ applied: changes.length });
    await close(opened);

    const { lists } = await openTestLists({ directory, isSharing: true });
    await applied(lists, { operation: 'remove', list: 'a', key: 'host7.example' });
    const [removed] = sound(await lists.registersOf('a', ['host7.example']));
    expect(removed?.isDeleted).toBe(true);
    expect(String(removed?.stamp) > String(changes.at(-1)?.stamp)).toBe(true);
  },
);

it.skipIf(!canMount)('a clock is not set back where what it stamped could not be stamped anew', async () => {
  const directory = mountSmallDisk();
  if (directory === undefined) throw new Error('no disk could be mounted');
  let aheadMs = 72 * HOUR_MS;
  const { lists } = await openTestLists({ directory, isSharing: true, now: () => Date.now() + aheadMs });
  const keys = Array.from({ length: 300 }, (_, at) => `host${at}.example`);
  await applied(lists, makeList('a'), ...keys.map((key) => put('a', key)));
  const ahead = sound(await lists.newestStamp());
  aheadMs = 0;
  const hasRoom = fillDisk(directory);
  expect(await lists.restamp()).toMatchObject({ code: 'full' });
  hasRoom();
  await applied(lists, put('a', 'host7.example', 'OK'));
  expect(sound(await lists.newestStamp()) > ahead).toBe(true);
  expect(await lists.restamp()).toBe(keys.length + 1);
});

it.skipIf(!canMount)(
  'health tells of a full disk, and that there is room again, also if nobody edits',
  async () => {
    const directory = mountSmallDisk();
    if (directory === undefined) throw new Error('no disk could be mounted');
    const daemon = await ApiDaemon.start({ data: directory });
    onTestFinished(() => daemon.stop());
    const ready = async () => {
      const { status, json } = await daemon.ask('GET', '/readyz', { token: null });
      const { name, ...check } = json.checks.find((each: { name: string }) => each.name === 'store');
      return { code: status, status: json.status, store: check };
    };
    const up = async () => /^postward_store_up (.)$/m.exec((await daemon.ask('GET', '/metrics')).text)?.[1];
    expect(await ready()).toMatchObject({ store: { status: 'pass', reason: 'edits are kept' } });
    const put = (at: number) => {
      const edits = Array.from({ length: 50 }, (_, key) => {
        return { operation: 'put', key: `host${at}-${key}.example`, action: 'OK', comment: 'x'.repeat(900) };
      });
      return daemon.ask('POST', '/v1/lists/reject_client/bulk', { body: { edits } });
    };
    let status = 200;
    for (let at = 0; at < 200 && status === 200; at++) ({ status } = await put(at));
    expect(status).toBe(507);
    expect(await ready()).toMatchObject({
      code: 200,
      store: {
        status: 'warn',
        reason: `edits cannot be kept: no space left for \`${join(directory, 'postward.db')}\`; make room on its file system`,
      },
    });
    expect(await up()).toBe('0');
    expect(await daemon.decide()).toBe('DUNNO');
    spawnSync('mount', ['-o', 'remount,size=8m', directory]);
    await until('found to have room', async () => (await ready()).store.status === 'pass');
    expect(await up()).toBe('1');
    expect((await put(1000)).status).toBe(200);
  },
);
