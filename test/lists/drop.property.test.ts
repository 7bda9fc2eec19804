/**
 * Lists that are dropped at one server while others edit them: whatever order
 * the changes arrive in, all servers end with the same, nothing older than the
 * last drop is left, nothing newer is lost, and all that is there can be edited.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ListService } from '../../src/lists/list-service.ts';
import { type Change, type EntryChange, registerKey } from '../../src/store/list-records.ts';
import { BY, openTestLists, sound } from './memory-lists.ts';

const START = Date.UTC(2030, 0, 1);
const KEYS = ['a.example', 'b.example', '192.0.2.1'];

const step = fc.record({
  server: fc.nat(2),
  do: fc.constantFrom('put', 'put', 'put', 'remove', 'describe', 'drop', 'tell'),
  key: fc.constantFrom(...KEYS),
  afterMs: fc.nat(2000),
});

const rank = (stream: Iterator<number>, changes: readonly Change[]): readonly Change[] =>
  changes
    .map((change) => ({ change, at: stream.next().value ?? 0 }))
    .sort((one, other) => one.at - other.at)
    .map(({ change }) => change);

/** What counts of all that was said: by register the newest, and nothing that is older than the drop. */
function expected(changes: readonly Change[]): Map<string, Change> {
  const newest = new Map<string, Change>();
  for (const change of changes) {
    const before = newest.get(registerKey(change));
    if (before === undefined || before.stamp < change.stamp) newest.set(registerKey(change), change);
  }
  const drop = [...newest.values()].find(({ kind }) => kind === 'drop');
  for (const [key, change] of newest) {
    if (drop !== undefined && change !== drop && change.stamp < drop.stamp) newest.delete(key);
  }
  return newest;
}

async function stateOf(lists: ListService, list: string): Promise<unknown> {
  const looked = lists.looks.open(list);
  if ('error' in looked) throw new Error(looked.error);
  const {
    hits: _hits,
    isInPolicy: _isInPolicy,
    ...info
  } = lists.list(list) ?? { hits: 0, isInPolicy: false };
  return {
    info,
    registers: sound(await lists.registers(list, undefined, 1000)),
    digest: sound(await lists.digests()).get(list),
    found: KEYS.map((key) => looked.lookup(key)),
  };
}

it('comes to the same on all servers, with lists that are dropped meanwhile', async () => {
  let revived = 0;
  let runs = 0;
  let now = START;
  const servers: ListService[] = [];
  for (let at = 0; at < 3; at++) {
    servers.push((await openTestLists({ isSharing: true, maxLists: 100_000, now: () => now })).lists);
  }
  // It edits nothing, and hears of everything at once.
  const { lists: late } = await openTestLists({ isSharing: true, maxLists: 100_000, now: () => now });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.infiniteStream(fc.nat(1000)),
      async (steps, order) => {
        const list = `list${++runs}`;
        now += 60_000;
        const changes: Change[] = [];
        const ends = servers.map((server) =>
          server.onChange((news, origin) => origin === '' && changes.push(...news)),
        );
        for (const server of servers) {
          await server.apply([{ operation: 'describe', list, fields: { kind: 'client' } }], BY);
        }
        for (const given of steps) {
          const server = servers[given.server];
          if (server === undefined) throw new Error('no such server');
          now += given.afterMs;
          const { do: operation, key } = given;
          if (operation === 'tell') await server.merge(rank(order, changes), 'elsewhere');
          else if (operation === 'describe') {
            await server.apply([{ operation, list, fields: { kind: 'client' } }], BY);
          } else if (operation === 'drop') await server.apply([{ operation, list }], BY);
          else if (operation === 'remove') await server.apply([{ operation, list, key }], BY);
          else {
            const fields = { action: `REJECT ${given.server}` };
            await server.apply([{ operation, list, key, fields }], BY);
          }
        }
        for (const server of servers) {
          for (const change of rank(order, changes)) await server.merge([change], 'elsewhere');
          expect(await server.merge(rank(order, changes), 'elsewhere')).toMatchObject({
            applied: 0,
            invalid: [],
          });
        }
        await late.merge(rank(order, changes), 'elsewhere');
        const states = await Promise.all([...servers, late].map((server) => stateOf(server, list)));
        expect(states[1]).toEqual(states[0]);
        expect(states[2]).toEqual(states[0]);
        expect(states[3]).toEqual(states[0]);
        const registers = sound(await (servers[0] as ListService).registers(list, undefined, 1000));
        const all = expected(changes);
        expect(new Map(registers.map((change) => [registerKey(change), change.stamp]))).toEqual(
          new Map([...all].map(([key, change]) => [key, change.stamp])),
        );
        const live = [...all.values()].filter(
          (change): change is EntryChange => change.kind === 'entry' && !change.isDeleted,
        );
        for (const server of servers) {
          expect(server.list(list)?.entries ?? 0).toBe(live.length);
          expect(server.list(list) === undefined).toBe(live.length === 0 && !all.has(''));
        }
        if (live.length > 0 && !all.has('')) revived += 1;
        // Nothing is in force that nobody can take out.
        for (const { key } of live) {
          const removed = await servers[1]?.apply([{ operation: 'remove', list, key }], BY);
          expect(removed).toMatchObject({ results: [{ outcome: 'removed' }] });
        }
        for (const end of ends) end();
      },
    ),
    { numRuns: 60 },
  );
  for (const server of servers) await server.buried();
  expect(revived).toBeGreaterThan(0);
});
