import { describe, expect, it } from 'vitest';
import type { EntryQuery } from '../../src/store/list-query.ts';
import { Store } from '../../src/store/store.ts';
import { applied, BY, makeList, openTestLists, put, sound } from '../lists/memory-lists.ts';

const START = Date.UTC(2030, 0, 1);

async function sample() {
  let now = START;
  const opened = await openTestLists({ now: () => now });
  const { lists } = opened;
  await applied(lists, makeList('a'), makeList('b'));
  for (let at = 0; at < 25; at++) {
    now += 1000;
    const expires = at % 5 === 0 ? now + 60_000 * (30 - at) : null;
    const edit = put(
      'a',
      `host${String(at).padStart(2, '0')}.example`,
      at % 2 === 0 ? 'REJECT' : '550 Go away',
      {
        comment: at === 7 ? 'The Spam Run' : '',
        expires,
      },
    );
    await lists.apply([edit], { actor: at < 3 ? 'early' : 'tester' });
  }
  await applied(
    lists,
    put('b', '100%.example_'.replace('%', 'x').replace('_', '')),
    put('b', 'other.example', 'OK'),
  );
  const keys = async (query: EntryQuery) => {
    const page = sound(await lists.search(query));
    if (!('entries' in page)) throw new Error('bad cursor');
    return page.entries.map((entry) => entry.key.replace('.example', ''));
  };
  return { ...opened, keys, setNow: (ms: number) => (now = ms) };
}

describe('a search', () => {
  it('filters by prefix, text, verb, author and expiry', async () => {
    const { keys, setNow } = await sample();
    expect(await keys({ prefix: 'HOST1' })).toHaveLength(10);
    expect(await keys({ text: 'spam run' })).toEqual(['host07']);
    expect(await keys({ text: 'ST07' })).toEqual(['host07']);
    expect(await keys({ list: 'a', text: '%' })).toEqual([]);
    expect(await keys({ verb: '550', prefix: 'host0' })).toEqual([
      'host01',
      'host03',
      'host05',
      'host07',
      'host09',
    ]);
    expect(await keys({ changedBy: 'early' })).toEqual(['host00', 'host01', 'host02']);
    expect(await keys({ list: 'b' })).toEqual(['100x', 'other']);
    setNow(START + 60_000 * 16);
    expect(await keys({ isExpired: true })).toEqual(['host15', 'host20']);
    expect(await keys({ isExpired: false, list: 'a' })).toHaveLength(23);
  });

  it.each<EntryQuery>([
    { list: 'a' },
    { list: 'a', isDescending: true },
    { order: 'changed' },
    { order: 'changed', isDescending: true },
    { order: 'expires' },
    { order: 'expires', isDescending: true, list: 'a' },
    { verb: 'REJECT', order: 'key' },
  ])('gives each entry once, page by page: %j', async (query) => {
    const { lists, keys } = await sample();
    const whole = await keys({ ...query, limit: 1000 });
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const page = sound(await lists.search({ ...query, limit: 4, cursor }));
      if (!('entries' in page)) throw new Error('bad cursor');
      pages.push(...page.entries.map((entry) => entry.key.replace('.example', '')));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(pages).toEqual(whole);
    expect(whole.length).toBeGreaterThan(10);
    expect(new Set(whole).size).toBe(whole.length);
  });

  it('sorts by the last change and by expiry', async () => {
    const { keys } = await sample();
    expect((await keys({ list: 'a', order: 'changed', isDescending: true })).slice(0, 2)).toEqual([
      'host24',
      'host23',
    ]);
    expect((await keys({ list: 'a', order: 'expires' })).slice(0, 3)).toEqual(['host20', 'host15', 'host10']);
  });

  it.each(['', 'nonsense', 'W10', Buffer.from('["key","ASC",1,2,3]').toString('base64url')])(
    'refuses the cursor %j',
    async (cursor) => {
      const { lists } = await openTestLists();
      expect(await lists.search({ cursor })).toMatchObject({ kind: 'bad-cursor' });
    },
  );
});

describe('the audit', () => {
  it('has every edit with before and after, the newest first, page by page', async () => {
    const { lists, store } = await openTestLists();
    await applied(lists, makeList('a', 'client'), put('a', 'x.example', 'REJECT', { comment: 'c' }));
    await applied(lists, put('a', 'x.example', 'OK'), { operation: 'remove', list: 'a', key: 'x.example' });
    await lists.apply([put('a', 'bad key')], BY);
    const page = sound(await store.audit.query({}));
    if (!('records' in page)) throw new Error('bad cursor');
    expect(page.records.map(({ operation, before, after }) => [operation, before, after])).toEqual([
      ['entry.remove', '{"action":"OK","comment":"","expires":null}', null],
      [
        'entry.put',
        '{"action":"REJECT","comment":"c","expires":null}',
        '{"action":"OK","comment":"","expires":null}',
      ],
      ['entry.put', null, '{"action":"REJECT","comment":"c","expires":null}'],
      ['list.describe', null, '{"kind":"client","description":""}'],
    ]);
    expect(page.records.every(({ actor, list }) => actor === 'tester' && list === 'a')).toBe(true);
    const first = sound(await store.audit.query({ limit: 3 }));
    if (!('records' in first)) throw new Error('bad cursor');
    const second = sound(await store.audit.query({ limit: 3, cursor: first.cursor }));
    expect(second).toMatchObject({ records: [{ operation: 'list.describe' }], cursor: undefined });
    expect(sound(await store.audit.query({ subject: 'x.example', operation: 'entry.remove' }))).toMatchObject(
      {
        records: { length: 1 },
      },
    );
    expect(sound(await store.audit.query({ since: Date.now() + 60_000 }))).toMatchObject({ records: [] });
    expect(await store.audit.query({ cursor: 'nonsense' })).toMatchObject({ kind: 'bad-cursor' });
  });
});

describe('tokens', () => {
  const token = {
    ...{ id: 'id1', name: 'deploy', hash: 'ab'.repeat(32), scopes: ['lists'], lists: ['a'] },
    ...{ actions: ['REJECT', '5NN'], created: START, expires: null, lastUsed: null },
  };
  const audit = (operation: string) => ({
    ...{ at: START, actor: 'tester', operation, list: '', subject: 'id1' },
    ...{ before: null, after: null, origin: '' },
  });

  it('are kept, found and removed', async () => {
    const store = await Store.open({ directory: undefined });
    expect(await store.tokens.add(token, audit('token.create'))).toBe(true);
    expect(
      await store.tokens.add({ ...token, id: 'id2', hash: 'cd'.repeat(32) }, audit('token.create')),
    ).toBe(false);
    expect(await store.tokens.touch('id1', START + 5)).toBe(true);
    expect(await store.tokens.all()).toEqual([{ ...token, lastUsed: START + 5 }]);
    expect(await store.tokens.remove('id1', audit('token.revoke'))).toBe(true);
    expect(await store.tokens.remove('id1', audit('token.revoke'))).toBe(false);
    expect(await store.tokens.all()).toEqual([]);
    // What was not done is not in the audit.
    const page = sound(await store.audit.query({}));
    if (!('records' in page)) throw new Error('bad cursor');
    expect(page.records.map(({ operation }) => operation)).toEqual(['token.revoke', 'token.create']);
    await store.close();
  });

  it('do not change when the audit cannot be told', async () => {
    const store = await Store.open({ directory: undefined });
    const unwritable = { ...audit('token.create'), at: null as never };
    await expect(store.tokens.add(token, unwritable)).rejects.toThrow('NOT NULL');
    expect(await store.tokens.all()).toEqual([]);
    await store.tokens.add(token, audit('token.create'));
    await expect(store.tokens.remove('id1', unwritable)).rejects.toThrow('NOT NULL');
    expect(await store.tokens.all()).toEqual([token]);
    await store.close();
  });
});
