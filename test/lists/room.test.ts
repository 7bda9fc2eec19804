/** How many entries and lists there may be, whoever makes them. */
import { describe, expect, it } from 'vitest';
import { ActionPool } from '../../src/lists/action-pool.ts';
import type { ApplyResult } from '../../src/lists/edit.ts';
import type { ListService } from '../../src/lists/list-service.ts';
import type { Change } from '../../src/store/list-records.ts';
import { applied, BY, dataDirectory, makeList, openTestLists, put, sound } from './memory-lists.ts';

function codes(result: ApplyResult): string {
  if (result.kind === 'refused')
    return result.problems.map(({ code, field, index }) => `${code} ${field} ${index}`).join(', ');
  return result.kind === 'applied' ? result.results.map(({ outcome }) => outcome).join(', ') : result.message;
}

/** All that a server has done, for others to merge. */
async function changesOf(edit: (lists: ListService) => Promise<unknown>): Promise<Change[]> {
  const { lists } = await openTestLists();
  const changes: Change[] = [];
  lists.onChange((news) => changes.push(...news));
  await edit(lists);
  return changes;
}

describe('where there is no room for more', () => {
  it('entries that are there can be edited, and the first that is too many is named', async () => {
    const { lists } = await openTestLists({ maxEntries: 2 });
    await applied(lists, makeList('a'), put('a', 'one.example'), put('a', 'two.example'));
    expect(codes(await lists.apply([put('a', 'two.example', 'OK')], BY))).toBe('changed');
    expect(codes(await lists.apply([put('a', 'one.example', 'OK'), put('a', 'x.example')], BY))).toBe(
      'limit key 1',
    );
    await applied(lists, { operation: 'remove', list: 'a', key: 'one.example' });
    expect(codes(await lists.apply([put('a', 'x.example'), put('a', 'X.example', 'OK')], BY))).toBe(
      'created, changed',
    );
  });

  it('an entry that has expired takes a place when it is renewed', async () => {
    let now = Date.UTC(2030, 0, 1);
    const { lists } = await openTestLists({ maxEntries: 1, now: () => now });
    await applied(lists, makeList('a'), put('a', 'one.example', 'OK', { expires: now + 1000 }));
    now += 2000;
    await lists.sweep();
    await applied(lists, put('a', 'two.example'));
    const renew = { operation: 'patch', list: 'a', key: 'one.example', fields: { expires: null } } as const;
    expect(codes(await lists.apply([renew], BY))).toBe('limit key 0');
  });

  it('two transactions at a time do not both take the last place', async () => {
    const { lists } = await openTestLists({ maxEntries: 1, maxLists: 2, directory: dataDirectory() });
    await applied(lists, makeList('a'));
    const entries = await Promise.all(
      ['one.example', 'two.example'].map((key) => lists.apply([put('a', key)], BY)),
    );
    expect(entries.map(codes)).toEqual(['created', 'limit key 0']);
    const made = await Promise.all(['b', 'c'].map((name) => lists.apply([makeList(name)], BY)));
    expect(made.map(codes)).toEqual(['created', 'limit list 0']);
    // What was refused has given its place back.
    await applied(lists, { operation: 'remove', list: 'a', key: 'one.example' }, put('a', 'one.example'));
  });

  it('entries of other servers are left out and told of, and come when there is room', async () => {
    const { lists } = await openTestLists({ maxEntries: 3 });
    await applied(lists, makeList('a'), put('a', 'here.example'));
    const changes = await changesOf((other) =>
      applied(
        other,
        makeList('a', 'client'),
        ...['one', 'two', 'three'].map((name) => put('a', `${name}.example`)),
        { operation: 'remove', list: 'a', key: 'three.example' },
        put('a', 'three.example', 'OK'),
      ),
    );
    const merged = await lists.merge(changes, 'elsewhere');
    expect(merged).toMatchObject({
      applied: 3,
      ignored: 0,
      invalid: [{ list: 'a', key: 'three.example', reason: 'there is no room for more than 3 entries' }],
    });
    expect(lists.stats.entries).toBe(3);
    // An edit of what is here needs no room, and a removal makes some.
    const later = await changesOf(async (other) => {
      await other.merge(changes, 'elsewhere');
      await applied(other, put('a', 'one.example', 'OK'), {
        operation: 'remove',
        list: 'a',
        key: 'two.example',
      });
    });
    expect(await lists.merge(later, 'elsewhere')).toMatchObject({ invalid: [{ key: 'three.example' }] });
    expect(lists.match('one.example')).toMatchObject([{ action: 'OK' }]);
    expect(await lists.merge(changes, 'elsewhere')).toMatchObject({ applied: 1, invalid: [] });
    expect(lists.match('three.example')).toHaveLength(1);
    expect(sound(await lists.search({ list: 'a' }))).toMatchObject({ entries: { length: 3 } });
  });

  it('lists of other servers are left out and told of', async () => {
    const { lists } = await openTestLists({ maxLists: 2 });
    await applied(lists, makeList('a'));
    const changes = await changesOf((other) =>
      applied(other, makeList('b'), put('b', 'one.example'), makeList('c'), makeList('a', 'client')),
    );
    expect(await lists.merge(changes, 'elsewhere')).toMatchObject({
      applied: 3,
      invalid: [{ list: 'c', key: '', reason: 'there is no room for more than 2 lists' }],
    });
    expect(lists.lists().map(({ name, kind }) => `${name} ${kind}`)).toEqual(['a client', 'b any']);
  });
});

describe('the pool of actions', () => {
  it('gives a place again when the entries of a dropped list have not left yet', () => {
    const most = 20_000;
    const pool = new ActionPool(most);
    const values = Array.from({ length: most }, (_, at) => pool.take(`REJECT ${at}`, null));
    expect(() => pool.take('one more', null)).toThrow();
    pool.releaseAll(values.values());
    // Only some have left so far.
    expect(pool.size).toBeGreaterThan(most / 2);
    for (let at = 0; at < most; at++) expect(pool.action(pool.take(`OK ${at}`, null))).toBe(`OK ${at}`);
    expect(pool.size).toBe(most);
  });
});
