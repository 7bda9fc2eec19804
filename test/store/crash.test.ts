/** A thread of the store ends by a fault of ours. Mail is decided all the same; what only reads is made again. */
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
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

/** The thread that is asked when this is done; there it meets a message that makes no sense. */
async function crashThreadOf(ask: () => Promise<unknown>): Promise<void> {
  const spy = vi.spyOn(Worker.prototype, 'postMessage');
  await ask();
  const worker = spy.mock.contexts.at(-1) as Worker;
  spy.mockRestore();
  worker.postMessage(null);
  await new Promise((resolve) => worker.once('exit', resolve));
}

test('one that reads is told of, and made again', async () => {
  const crashes: StoreFailure[] = [];
  const onCrash = (failure: StoreFailure) => crashes.push(failure);
  const { lists, store } = await openTestLists({ directory: dataDirectory(), onCrash });
  await applied(lists, makeList('a'), put('a', 'x.example'));
  await crashThreadOf(() => lists.entry('a', 'x.example'));
  expect(sound(await lists.entry('a', 'x.example'))).toMatchObject({ action: 'REJECT' });
  await crashThreadOf(async () => lists.search({ text: 'x' }));
  expect(sound(await lists.search({ text: 'x' }))).toMatchObject({ entries: [{ key: 'x.example' }] });
  expect(crashes.map(({ code }) => code)).toEqual(['closed', 'closed']);
  expect(crashes[0]?.message).toMatch(/^a thread of the store has ended: .*null/);
  expect(store.stats.lastFailure).toBeUndefined();
});

test('the one that writes: edits are refused, lookups and reads go on, the next start has all that was answered', async () => {
  const directory = dataDirectory();
  const opened = await openTestLists({ directory });
  const { lists, store } = opened;
  await applied(lists, makeList('a'), put('a', 'x.example'));
  const table = lists.tables.open('a');
  if ('error' in table) throw new Error(table.error);
  await crashThreadOf(() => applied(lists, put('a', 'y.example')));
  const refused = await lists.apply([put('a', 'z.example')], BY);
  expect(refused).toBeInstanceOf(StoreFailure);
  expect(refused).toMatchObject({ code: 'closed', help: 'start Postward again' });
  expect(store.stats.lastFailure).toBe(refused);
  expect([table.lookup('y.example'), table.lookup('z.example')]).toEqual(['REJECT', undefined]);
  expect(sound(await lists.entry('a', 'y.example'))).toMatchObject({ action: 'REJECT' });
  await close(opened);
  const again = await openTestLists({ directory });
  expect(again.lists.list('a')?.entries).toBe(2);
});

test('in a daemon: the log and health tell it with the cure', async () => {
  const daemon = await ApiDaemon.start({ data: dataDirectory() });
  onTestFinished(() => daemon.stop());
  const edit = () =>
    daemon.ask('PUT', '/v1/lists/reject_client/entries/192.0.2.10', { body: { action: 'REJECT so' } });
  await crashThreadOf(async () => expect((await edit()).status).toBe(201));
  await until('told', () => daemon.log.some(({ event }) => event === 'store_failed'));
  const { status, json } = await daemon.ask('GET', '/readyz', { token: null });
  expect([status, json.status]).toEqual([200, 'warn']);
  expect(json.checks.find(({ name }: { name: string }) => name === 'store')).toMatchObject({
    status: 'warn',
    reason: expect.stringMatching(
      /^edits cannot be kept: a thread of the store has ended: .*; start Postward again$/,
    ),
  });
  expect((await edit()).status).toBe(503);
  expect(await daemon.decide()).toBe('554 5.7.1 so');
});
