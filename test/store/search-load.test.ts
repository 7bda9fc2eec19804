/** Searches that walk over hundreds of thousands of entries: nobody waits for them but who searches. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openForWriting } from '../../src/store/open-database.ts';
import { StoreFailure } from '../../src/store/store-failure.ts';
import { ApiDaemon } from '../admin/api-daemon.ts';
import { applied, dataDirectory, openTestLists, put, sound } from '../lists/memory-lists.ts';

const ENTRIES = 200_000;
const FRUITLESS = { text: 'nosuch' };

let large = '';

beforeAll(() => {
  large = mkdtempSync(join(tmpdir(), 'postward-searched-'));
  fill(large, ENTRIES);
});

afterAll(() => rmSync(large, { recursive: true }));

/** The list `big`, in which `host0.example` … are. */
function fill(directory: string, entries: number): void {
  const { raw, close } = openForWriting(directory, false);
  raw.exec('BEGIN');
  raw.exec(
    `INSERT INTO list
       (name, kind, description, created, created_by, changed, changed_by, stamp, deleted, unshared, digest, registers)
       VALUES ('big', 'any', '', 0, '', 1, '', '019aa1b2c3d4-0000-00000000', 0, 0, 0, 0)`,
  );
  const insert = raw.prepare(
    "INSERT INTO entry VALUES ('big', ?, 'text', 'REJECT', 'REJECT', ?, NULL, 0, '', 0, '', '019aa1b2c3d4-0000-00000000', 0, 0)",
  );
  for (let at = 0; at < entries; at++) insert.run(`host${at}.example`, `seen by the trap ${at % 100}`);
  raw.exec('COMMIT');
  close();
}

function small(): string {
  const directory = dataDirectory();
  fill(directory, 1000);
  return directory;
}

test('neither a short read nor an edit waits for the searches that were asked before it', async () => {
  const { lists, store } = await openTestLists({ directory: large });
  const order: string[] = [];
  const noted = async <T>(what: string, answer: Promise<T>): Promise<T> => {
    const value = await answer;
    order.push(what);
    return value;
  };
  const searches = Array.from({ length: 10 }, () => noted('search', lists.search(FRUITLESS)));
  const audit = noted('audit', store.audit.query({ actor: 'nobody' }));
  const reads = [
    noted('entry', lists.entry('big', 'host7.example')),
    noted('unshared', lists.unshared(10)),
    noted('digests', lists.digests()),
    noted('edit', applied(lists, put('big', 'new.example'))),
  ];
  expect(await reads[0]).toMatchObject({ action: 'REJECT' });
  await Promise.all(reads);
  expect(order.toSorted()).toEqual(['digests', 'edit', 'entry', 'unshared']);
  for (const page of await Promise.all(searches)) expect(sound(page)).toMatchObject({ entries: [] });
  expect(sound(await audit)).toMatchObject({ records: [] });
});

test('of many exports one chunk at a time is read: short reads come between', async () => {
  const { lists } = await openTestLists({ directory: large });
  let chunks = 0;
  const exports = Array.from({ length: 20 }, async () => {
    for await (const chunk of lists.entries('big')) {
      sound(chunk);
      chunks += 1;
      if (chunks >= 200) break;
    }
  });
  const between: number[] = [];
  while (chunks < 100) {
    const before = chunks;
    await lists.entry('big', 'host7.example');
    between.push(chunks - before);
  }
  await Promise.all(exports);
  // The chunk under way, and one more that was asked for while the answer came.
  expect(Math.max(...between)).toBeLessThanOrEqual(2);
});

test('so many searches wait, and no more', async () => {
  const { lists } = await openTestLists({ directory: small() });
  const answers = await Promise.all(Array.from({ length: 40 }, () => lists.search(FRUITLESS)));
  const refused = answers.filter((answer) => answer instanceof StoreFailure);
  expect(refused).toHaveLength(24);
  expect(refused[0]).toMatchObject({ code: 'busy' });
  expect(sound(await lists.search(FRUITLESS))).toMatchObject({ entries: [] });
});

test('a search has its time, and the store goes on', async () => {
  const { lists, store } = await openTestLists({ directory: small(), searchLimitMs: 0 });
  expect(await lists.search(FRUITLESS)).toMatchObject({
    code: 'slow',
    message: expect.stringContaining('0 s'),
  });
  expect(await store.audit.query({})).toMatchObject({ records: [] });
  expect(sound(await lists.entry('big', 'host7.example'))).toMatchObject({ action: 'REJECT' });
  await applied(lists, put('big', 'new.example'));
  expect(await store.audit.query({})).toMatchObject({ code: 'slow' });
  expect(store.stats.failures).toBe(0);
});

test('in memory, too', async () => {
  const { lists } = await openTestLists({ searchLimitMs: 0 });
  await applied(lists, { operation: 'describe', list: 'a', fields: {} }, put('a', 'new.example'));
  expect(await lists.search(FRUITLESS)).toMatchObject({ code: 'slow' });
  expect(sound(await lists.entry('a', 'new.example'))).toMatchObject({ action: 'REJECT' });
});

test('a store that is closed waits for no search', async () => {
  const { lists, store } = await openTestLists({ directory: large });
  const searches = Array.from({ length: 10 }, () => lists.search(FRUITLESS));
  await lists.entry('big', 'host7.example');
  await store.close();
  const answers = await Promise.all(searches);
  expect(answers.at(-1)).toMatchObject({ code: 'closed' });
});

test('over the API: one entry at once, searches in turn, too many with 503 and Retry-After', async () => {
  const daemon = await ApiDaemon.start({ data: large });
  onTestFinished(() => daemon.stop());
  let searched = 0;
  const searches = Array.from({ length: 30 }, async () => {
    const answer = await daemon.ask('GET', '/v1/lists/big/entries?text=nosuch');
    if (answer.status === 200) searched += 1;
    return answer;
  });
  expect((await daemon.ask('GET', '/v1/lists/big/entries/host7.example')).status).toBe(200);
  expect(searched).toBeLessThan(8);
  const answers = await Promise.all(searches);
  const busy = answers.filter(({ status }) => status === 503);
  expect(searched).toBeGreaterThanOrEqual(16);
  expect(busy.length).toBe(30 - searched);
  expect(busy.length).toBeGreaterThan(0);
  expect(busy[0]?.headers.get('content-type')).toContain('application/problem+json');
  expect(busy[0]?.headers.get('retry-after')).toBe('5');
  expect(busy[0]?.json).toMatchObject({ status: 503, detail: expect.stringContaining('searches') });
});
