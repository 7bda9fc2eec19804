/** Dropping a list: one register, however long the list is; its rows go behind it. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { MAX_EDITS } from '../../src/lists/list-changes.ts';
import type { ListService } from '../../src/lists/list-service.ts';
import { type Change, DROP_KEY, registerKey } from '../../src/store/list-records.ts';
import { applied, BY, close, dataDirectory, makeList, openTestLists, put, sound } from './memory-lists.ts';

const DROP = { operation: 'drop', list: 'a' } as const;

async function fill(lists: ListService, count: number): Promise<void> {
  const edits = Array.from({ length: count }, (_, at) => put('a', `h${at}.example`, `REJECT ${at}`));
  for (let at = 0; at < count; at += MAX_EDITS) await applied(lists, ...edits.slice(at, at + MAX_EDITS));
}

/** Rows of entries, and the lists behind whose drops there are some. */
function rows(directory: string): { entries: number; buried: number } {
  const database = new DatabaseSync(join(directory, 'postward.db'), { readOnly: true });
  const count = (sql: string) => Number(database.prepare(sql).get()?.['count']);
  const entries = count('SELECT count(*) AS count FROM entry');
  const buried = count('SELECT count(*) AS count FROM list WHERE buried = 1');
  database.close();
  return { entries, buried };
}

async function registers(lists: ListService): Promise<string[]> {
  return sound(await lists.registers('a', undefined, 100)).map(registerKey);
}

describe('a list that is dropped', () => {
  it('leaves one register and one audit record, and its rows go one slice after the other', async () => {
    const directory = dataDirectory();
    const opened = await openTestLists({ directory, isSharing: true });
    const { lists, store } = opened;
    await applied(lists, makeList('a'));
    await fill(lists, 5000);
    await applied(lists, DROP);
    expect(lists.list('a')).toBeUndefined();
    expect(await registers(lists)).toEqual([DROP_KEY]);
    expect(sound(await lists.digests()).get('a')?.registers).toBe(1);
    expect(sound(await lists.unshared(100)).map(registerKey)).toEqual([DROP_KEY]);
    expect(sound(await store.audit.query({ list: 'a', operation: 'list.drop' }))).toMatchObject({
      records: [{ before: JSON.stringify({ kind: 'any', description: '', entries: 5000 }) }],
    });
    expect(sound(await store.audit.query({ list: 'a', operation: 'entry.remove' }))).toMatchObject({
      records: [],
    });
    await lists.buried();
    expect(rows(directory)).toEqual({ entries: 0, buried: 0 });
    await close(opened);
  });

  it('is gone for good when the process ends before its rows are deleted', async () => {
    const directory = dataDirectory();
    const first = await openTestLists({ directory });
    await applied(first.lists, makeList('a'), makeList('b'), put('b', 'stays.example'));
    await fill(first.lists, 8000);
    await applied(first.lists, DROP);
    await close(first);
    const left = rows(directory);
    expect(left.entries).toBeGreaterThan(4000);
    expect(left.buried).toBe(1);

    const second = await openTestLists({ directory });
    expect(second.lists.list('a')).toBeUndefined();
    expect(second.lists.stats.entries).toBe(1);
    expect(sound(await second.lists.search({ limit: 10 }))).toMatchObject({
      entries: [{ key: 'stays.example' }],
    });
    await applied(second.lists, makeList('a'), put('a', 'h7.example', 'OK'));
    await second.lists.buried();
    expect(rows(directory)).toEqual({ entries: 2, buried: 0 });
    expect(await second.lists.entry('a', 'h7.example')).toMatchObject({ action: 'OK' });
    await close(second);
  });

  it('takes along what was put in before, and nothing that is put in later, in one transaction too', async () => {
    const { lists } = await openTestLists();
    await applied(
      lists,
      makeList('a'),
      put('a', 'one.example'),
      DROP,
      makeList('a'),
      put('a', 'two.example'),
    );
    expect(lists.list('a')).toMatchObject({ entries: 1 });
    expect(lists.match('one.example')).toEqual([]);
    expect(lists.match('two.example')).toHaveLength(1);
    await applied(lists, put('a', 'one.example', 'OK'));
    await lists.buried();
    expect(lists.match('one.example')).toMatchObject([{ action: 'OK' }]);
    expect(sound(await lists.search({ list: 'a' }))).toMatchObject({ entries: { length: 2 } });
  });

  it('comes from another server with entries that outlive it, few or many', async () => {
    for (const count of [10, 6000]) {
      const { lists: one } = await openTestLists();
      const { lists: two } = await openTestLists();
      const changes: Change[] = [];
      one.onChange((news) => changes.push(...news));
      await applied(one, makeList('a', 'client'), put('a', 'old.example'));
      await two.merge(changes, 'elsewhere');
      await applied(one, DROP);
      await new Promise((resolve) => setTimeout(resolve, 2));
      // The other has not heard of it.
      await fill(two, count);
      await two.merge(changes, 'elsewhere');
      expect(two.match('h7.example')).toMatchObject([{ action: 'REJECT 7' }]);
      await two.buried();
      expect(two.match('old.example')).toEqual([]);
      expect(two.list('a')).toMatchObject({ kind: 'client', entries: count });
      expect(sound(await two.digests()).get('a')?.registers).toBe(count + 1);
      const last = await two.apply([{ operation: 'remove', list: 'a', key: 'h7.example' }, DROP], BY);
      expect(last).toMatchObject({ results: [{ outcome: 'removed' }, { outcome: 'removed' }] });
      expect(two.list('a')).toBeUndefined();
    }
  });

  it('and that a policy here names is there again, empty, when another server has dropped it', async () => {
    const { lists: one } = await openTestLists();
    const { lists: two } = await openTestLists();
    const changes: Change[] = [];
    one.onChange((news) => changes.push(...news));
    const table = two.tables.open('a');
    if ('error' in table) throw new Error(table.error);
    await applied(one, makeList('a', 'client'), put('a', 'old.example'));
    await two.merge(changes, 'elsewhere');
    expect(table.lookup('old.example')).toBe('REJECT');
    await applied(one, DROP);
    await two.merge(changes, 'elsewhere');
    expect(table.lookup('old.example')).toBeUndefined();
    await applied(two, put('a', 'new.example'));
    expect(table.lookup('new.example')).toBe('REJECT');
    expect(two.list('a')).toMatchObject({ kind: 'any', createdBy: 'policy', entries: 1 });
  });

  it('is forgotten after 30 days, and does not come back', async () => {
    let now = Date.UTC(2030, 0, 1);
    const { lists } = await openTestLists({ now: () => now });
    const changes: Change[] = [];
    lists.onChange((news) => changes.push(...news));
    await applied(lists, makeList('a'), put('a', 'one.example'), DROP);
    await lists.buried();
    now += 31 * 86_400_000;
    await lists.purge();
    expect([...sound(await lists.digests())]).toEqual([]);
    expect(await lists.merge(changes, 'elsewhere')).toMatchObject({ applied: 0, ignored: 1, invalid: [] });
    expect([...sound(await lists.digests())]).toEqual([]);
    await applied(lists, makeList('a'), put('a', 'two.example'));
    expect(lists.list('a')).toMatchObject({ entries: 1 });
  });
});

describe("a list's version", () => {
  it('stays what it is when tombstones have had their time, and changes with an edit after that', async () => {
    let now = Date.UTC(2030, 0, 1);
    const { lists } = await openTestLists({ now: () => now });
    await applied(lists, makeList('a'), put('a', 'one.example'), put('a', 'two.example'));
    await applied(lists, { operation: 'remove', list: 'a', key: 'one.example' });
    const version = lists.list('a')?.version;
    now += 31 * 86_400_000;
    await lists.purge();
    expect(sound(await lists.digests()).get('a')?.registers).toBe(2);
    expect(lists.list('a')?.version).toBe(version);
    await applied(lists, put('a', 'one.example'));
    await applied(lists, { operation: 'remove', list: 'a', key: 'one.example' });
    expect(lists.list('a')?.version).not.toBe(version);
  });

  it('is that of the last edit, also when a purge was under way', async () => {
    let now = Date.UTC(2030, 0, 1);
    const directory = dataDirectory();
    const opened = await openTestLists({ now: () => now, directory });
    const { lists } = opened;
    await applied(lists, makeList('a'), put('a', 'one.example'));
    await applied(lists, { operation: 'remove', list: 'a', key: 'one.example' });
    now += 31 * 86_400_000;
    for (let round = 0; round < 30; round++) {
      const edits = Array.from({ length: 5 }, (_, at) =>
        applied(lists, put('a', `h${at}.example`, `REJECT ${round}`)),
      );
      await Promise.all([lists.purge(), ...edits, lists.purge(), applied(lists, makeList(`b${round}`))]);
      expect(lists.list(`b${round}`)).toBeDefined();
      const [drop] = await Promise.all([
        lists.apply([{ operation: 'drop', list: `b${round}` }], BY),
        lists.purge(),
      ]);
      expect(drop.kind).toBe('applied');
      expect(lists.list(`b${round}`)).toBeUndefined();
    }
    const version = lists.list('a')?.version;
    await close(opened);
    const again = await openTestLists({ now: () => now, directory });
    expect(again.lists.list('a')?.version).toBe(version);
    await close(again);
  });
});
