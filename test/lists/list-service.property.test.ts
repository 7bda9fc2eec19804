/**
 * The service against a model that is too simple to be wrong, and merges in
 * any order on any number of servers: all end with the same.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Edit } from '../../src/lists/edit.ts';
import type { ListService } from '../../src/lists/list-service.ts';
import type { Change } from '../../src/store/list-records.ts';
import { BY, makeList, openTestLists, sound } from './memory-lists.ts';

const KEYS = ['a.example', 'b.example', '192.0.2.1', '192.0.2.0/24', 'user@a.example', '192'];
const START = Date.UTC(2030, 0, 1);

const key = fc.constantFrom(...KEYS);
const action = fc.constantFrom('REJECT', 'OK', 'DUNNO');

/** One step of a day at the lists. `after`: seconds until the expiry. */
type Step =
  | {
      do: 'put';
      key: string;
      action: string;
      after: number | undefined;
      only: 'absent' | 'present' | undefined;
    }
  | { do: 'patch'; key: string; action: string }
  | { do: 'remove'; key: string }
  | { do: 'stale'; key: string }
  | { do: 'wait'; seconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    key,
    action,
    after: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    only: fc.constantFrom(undefined, undefined, 'absent' as const, 'present' as const),
  }),
  fc.record({ do: fc.constant('patch' as const), key, action }),
  fc.record({ do: fc.constant('remove' as const), key }),
  fc.record({ do: fc.constant('stale' as const), key }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 10 }) }),
);

interface ModelEntry {
  action: string;
  expires: number | null;
}

function editOf(given: Exclude<Step, { do: 'wait' }>, now: number): Edit {
  const list = 'a';
  switch (given.do) {
    case 'put': {
      const expires = given.after === undefined ? null : now + given.after * 1000;
      const condition = given.only === undefined ? undefined : { is: given.only };
      return { operation: 'put', list, key: given.key, fields: { action: given.action, expires }, condition };
    }
    case 'patch':
      return { operation: 'patch', list, key: given.key, fields: { action: given.action } };
    case 'remove':
      return { operation: 'remove', list, key: given.key };
    case 'stale':
      return { operation: 'remove', list, key: given.key, condition: { is: 'version', version: STALE } };
  }
}

const STALE = '000000000001-0000-nobodyxx';

/** What the edit does to the model; false: it is refused. */
function modelApply(
  model: Map<string, ModelEntry>,
  given: Exclude<Step, { do: 'wait' }>,
  now: number,
): boolean {
  const before = model.get(given.key);
  switch (given.do) {
    case 'put': {
      // One whose time is over is not there, for whoever makes what is not there.
      if (
        given.only === 'absent' &&
        before !== undefined &&
        (before.expires ?? Number.POSITIVE_INFINITY) > now
      )
        return false;
      if (given.only === 'present' && before === undefined) return false;
      const expires = given.after === undefined ? null : now + given.after * 1000;
      model.set(given.key, { action: given.action, expires });
      return true;
    }
    case 'patch':
      if (before === undefined) return false;
      model.set(given.key, { ...before, action: given.action });
      return true;
    case 'remove':
      model.delete(given.key);
      return true;
    case 'stale':
      return false;
  }
}

/** What an address or a name finds in the model: keys from the most to the least special. */
function modelLookup(
  model: ReadonlyMap<string, ModelEntry>,
  search: string,
  now: number,
): string | undefined {
  const order = search === '192.0.2.1' ? ['192.0.2.1', '192.0.2.0/24', '192'] : [search];
  for (const candidate of order) {
    const entry = model.get(candidate);
    if (entry !== undefined && (entry.expires === null || entry.expires > now)) return entry.action;
  }
  return undefined;
}

async function stateOf(lists: ListService): Promise<unknown> {
  const registers = sound(await lists.registers('a', undefined, 1000));
  const digests = [...sound(await lists.digests())];
  const looked = lists.looks.open('a');
  if ('error' in looked) throw new Error(looked.error);
  return { registers, digests, found: KEYS.map((each) => looked.lookup(each)) };
}

describe('the service', () => {
  it('does what a simple model does, with conditions and expiries', async () => {
    let now = START;
    const { lists } = await openTestLists({ now: () => now });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        now += 1_000_000;
        await lists.apply([{ operation: 'drop', list: 'a' }, makeList('a')], BY);
        const model = new Map<string, ModelEntry>();
        const table = lists.looks.open('a');
        if ('error' in table) throw new Error(table.error);
        for (const given of steps) {
          if (given.do === 'wait') now += given.seconds * 1000;
          else {
            const isDone = modelApply(model, given, now);
            const result = await lists.apply([editOf(given, now)], BY);
            expect(result.kind).toBe(isDone ? 'applied' : 'refused');
          }
          for (const search of ['a.example', 'b.example', '192.0.2.1', 'user@a.example']) {
            expect(table.lookup(search)).toBe(modelLookup(model, search, now));
          }
        }
        const entries = sound(await lists.search({ list: 'a', limit: 1000 }));
        if (!('entries' in entries)) throw new Error('no page');
        const kept = entries.entries.map((entry) => [entry.key, entry.action, entry.expires]);
        const expected = [...model].map(([name, entry]) => [name, entry.action, entry.expires]);
        expect(kept).toEqual(expected.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
      }),
      { numRuns: 60 },
    );
  });

  it('comes to the same on all servers, in whatever order and however often changes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(2), step), { minLength: 1, maxLength: 25 }),
        fc.infiniteStream(fc.nat(1000)),
        async (steps, order) => {
          let now = START;
          const servers = [];
          for (let at = 0; at < 3; at++) servers.push((await openTestLists({ now: () => now })).lists);
          const changes: Change[] = [];
          for (const server of servers)
            server.onChange((news, origin) => origin === '' && changes.push(...news));
          for (const [at, given] of steps) {
            const server = servers[at];
            if (given.do === 'wait') now += given.seconds * 1000;
            else await server?.apply([makeList('a'), editOf(given, now)], BY);
          }
          for (const server of servers) {
            const shuffled = changes
              .map((change) => ({ change, rank: order.next().value ?? 0 }))
              .sort((a, b) => a.rank - b.rank)
              .map(({ change }) => change);
            for (const change of shuffled) await server.merge([change], 'elsewhere');
            const again = await server.merge(shuffled, 'elsewhere');
            expect(again).toMatchObject({ applied: 0, invalid: [] });
          }
          const states = await Promise.all(servers.map(stateOf));
          expect(states[1]).toEqual(states[0]);
          expect(states[2]).toEqual(states[0]);
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe('a merge', () => {
  it('leaves out what this program would not have made, and says what', async () => {
    const { lists } = await openTestLists({ now: () => START });
    const stamp = `${START.toString(16).padStart(12, '0')}-0000-someone1`;
    const author = { created: START, createdBy: 'x', changed: START, changedBy: 'x' };
    const sane: Change = {
      ...{ kind: 'entry', list: 'a', key: 'a.example', action: 'REJECT', comment: '', expires: null },
      ...author,
      stamp,
      isDeleted: false,
    } as Change;
    const broken = [
      { ...sane, list: '../a' },
      { ...sane, key: 'A.example' },
      { ...sane, key: '192.0.2.1/24' },
      { ...sane, action: '' },
      { ...sane, action: 'REJECT\nOK' },
      { ...sane, stamp: 'tomorrow' },
      { ...sane, stamp: 'ffffffffffff-0000-someone1' },
      { ...sane, expires: Number.NaN },
      { ...sane, changedBy: 7 },
      { ...sane, comment: 'x'.repeat(2000) },
    ] as Change[];
    const result = await lists.merge([...broken, sane], 'elsewhere');
    expect(result).toMatchObject({ applied: 1, ignored: 0, invalid: { length: broken.length } });
    expect(lists.list('a')?.entries).toBe(1);
  });

  /** `a.example` in the list `a`; and all that changes. */
  async function listsWithEntry(now: () => number) {
    const { lists } = await openTestLists({ now });
    const changes: Change[] = [];
    lists.onChange((news) => changes.push(...news));
    const entry: Edit = { operation: 'put', list: 'a', key: 'a.example', fields: { action: 'OK' } };
    await lists.apply([makeList('a'), entry], BY);
    return { lists, changes };
  }

  it('does not bring back what has been purged', async () => {
    let now = START;
    const { lists, changes } = await listsWithEntry(() => now);
    await lists.apply([{ operation: 'remove', list: 'a', key: 'a.example' }], BY);
    now += 31 * 86_400_000;
    await lists.purge();
    expect(sound(await lists.registers('a', undefined, 10))).toHaveLength(1);
    const tombstone = changes.filter((change) => change.isDeleted);
    expect(await lists.merge(tombstone, 'elsewhere')).toMatchObject({ applied: 0, ignored: 1 });
  });

  it('keeps for 30 days what was removed while the clock said 1970', async () => {
    let now = START;
    const { lists, changes } = await listsWithEntry(() => now);
    const older = changes.filter(({ kind }) => kind === 'entry');
    now = 0;
    await lists.apply([{ operation: 'remove', list: 'a', key: 'a.example' }], BY);
    now = START + 86_400_000;
    await lists.purge();
    expect(await lists.merge(older, 'elsewhere')).toMatchObject({ applied: 0, ignored: 1 });
    now = START + 31 * 86_400_000;
    await lists.purge();
    expect(sound(await lists.registers('a', undefined, 10))).toHaveLength(1);
  });
});

it('purges a register once, also a tombstone that came with an expiry', async () => {
  let now = START;
  const { lists } = await openTestLists({ now: () => now });
  const changes: Change[] = [];
  lists.onChange((news) => changes.push(...news));
  await lists.apply(
    [makeList('a'), { operation: 'put', list: 'a', key: 'a.example', fields: { action: 'OK' } }],
    BY,
  );
  await lists.apply([{ operation: 'remove', list: 'a', key: 'a.example' }], BY);
  const { lists: other } = await openTestLists({ now: () => now });
  const odd = changes.map((change) =>
    change.kind === 'entry' && change.isDeleted ? { ...change, expires: now } : change,
  );
  await other.merge(odd, 'elsewhere');
  now += 31 * 86_400_000;
  for (const each of [lists, other]) await each.purge();
  expect(sound(await lists.digests()).get('a')).toMatchObject({ registers: 1 });
  expect(sound(await other.digests())).toEqual(sound(await lists.digests()));
});

describe('edits that are to be shared', () => {
  it('wait until they are marked, each state for itself', async () => {
    const { lists } = await openTestLists({ isSharing: true });
    const put = (name: string): Edit => ({
      operation: 'put',
      list: 'a',
      key: name,
      fields: { action: 'OK' },
    });
    await lists.apply([makeList('a'), put('a.example')], BY);
    const first = sound(await lists.unshared(10));
    expect(first.map((change) => (change.kind === 'entry' ? change.key : ''))).toEqual(['', 'a.example']);
    await lists.apply([{ ...put('a.example'), operation: 'patch', fields: { comment: 'new' } } as Edit], BY);
    const ids = first.map((change) => ({
      list: change.list,
      key: change.kind === 'entry' ? change.key : '',
      stamp: change.stamp,
    }));
    await lists.markShared(ids);
    expect(sound(await lists.unshared(10))).toMatchObject([{ key: 'a.example', comment: 'new' }]);
  });
});
