/** Edits that go from server to server through one Redis in good health. */
import { beforeEach, describe, expect, test } from 'vitest';
import { RedisLists } from '../../../src/lists/sharing/redis-lists.ts';
import { RedisFailure } from '../../../src/redis/redis-failure.ts';
import { formatDigest } from '../../../src/store/register-hash.ts';
import type { PrivateServer } from '../../support/private-server.ts';
import { startRedis, until } from '../../support/redis.ts';
import { requirement } from '../../support/requirements.ts';
import { converged, SharingServer } from './sharing-server.ts';

describe.skipIf(!requirement('redis').isMet)('lists shared by a Redis', () => {
  let redis: PrivateServer;
  const start = (now?: () => number) =>
    SharingServer.start({
      redis: { url: `redis://127.0.0.1:${redis.port}`, timeout_ms: 1000 },
      ...(now && { now }),
    });

  beforeEach(async () => {
    redis = await startRedis();
    return () => redis.stop();
  });

  test('an edit at one server is in force at the others, and so is its end', async () => {
    const [one, two, three] = [await start(), await start(), await start()];
    for (const server of [one, two, three]) await server.isSame();
    await one.apply({ operation: 'describe', list: 'bad', fields: { kind: 'client', description: 'known' } });
    await one.put('bad', '192.0.2.0/24', 'REJECT spam run');
    await one.isShared();
    await until('in force', () => [two, three].every((server) => server.found('192.0.2.7') !== undefined));
    expect(two.found('192.0.2.7')).toBe('REJECT spam run');
    expect(two.lists.list('bad')).toMatchObject({ kind: 'client', description: 'known' });
    expect(await three.entry('bad', '192.0.2.0/24')).toEqual(await one.entry('bad', '192.0.2.0/24'));

    await two.remove('bad', '192.0.2.0/24');
    await until('out of force', () =>
      [one, three].every((server) => server.found('192.0.2.7') === undefined),
    );
    await converged(one, two, three);
    expect(one.sharing.stats).toMatchObject({ sent: 2, received: 1, repairs: 0, unusable: 0 });
    expect(two.told.filter(({ event }) => event !== 'redis_up')).toEqual([]);
  });

  test('the audit of every server has the edit, with who made it and where it came from', async () => {
    const [one, two] = [await start(), await start()];
    // From here on each follows the log; what came before it could come in another order.
    for (const server of [one, two]) await server.isSame();
    await one.make('bad');
    await one.put('bad', 'example.org', 'REJECT');
    await converged(one, two);
    const page = await two.store.audit.query({ list: 'bad' });
    expect(page).toMatchObject({
      records: [
        { actor: 'test', operation: 'entry.put', list: 'bad', subject: 'example.org', origin: 'redis' },
        { actor: 'test', operation: 'list.describe', list: 'bad', subject: '', origin: 'redis' },
      ],
    });
  });

  test('a list that is dropped is dropped everywhere', async () => {
    const [one, two] = [await start(), await start()];
    await one.make('bad');
    await one.put('bad', 'a.example', 'REJECT');
    await one.put('bad', 'b.example', 'REJECT');
    await converged(one, two);
    await two.apply({ operation: 'drop', list: 'bad' });
    await converged(one, two);
    expect(one.found('a.example')).toBeUndefined();
  });

  test('two simultaneous edits of one entry: all servers keep the same one of them', async () => {
    const [one, two, three] = [await start(), await start(), await start()];
    for (const server of [one, two, three]) await server.make('bad');
    for (let round = 0; round < 50; round++) {
      await Promise.all([
        one.put('bad', 'a.example', `REJECT one ${round}`),
        two.put('bad', 'a.example', `REJECT two ${round}`),
        round % 3 === 0 ? three.remove('bad', 'a.example') : three.put('bad', 'b.example', `DEFER ${round}`),
      ]);
    }
    await converged(one, two, three);
    const entries = await Promise.all([one, two, three].map((server) => server.entry('bad', 'a.example')));
    expect(entries[1]).toEqual(entries[0]);
    expect(entries[2]).toEqual(entries[0]);
    expect(new Set([one, two, three].map((server) => server.found('a.example'))).size).toBe(1);
  });

  test('clocks apart by an hour: a later edit wins wherever it is made, and the difference is told', async () => {
    const hourMs = 3_600_000;
    const [late, early] = [await start(), await start(() => Date.now() + hourMs)];
    await early.make('bad');
    await early.put('bad', 'a.example', 'REJECT first');
    await until('in force', () => late.found('a.example') === 'REJECT first');
    await late.put('bad', 'a.example', 'REJECT second');
    await until('in force', () => early.found('a.example') === 'REJECT second');
    await late.remove('bad', 'a.example');
    await until('in force', () => early.found('a.example') === undefined);
    await converged(late, early);
    expect(late.events('clock_ahead')).toEqual([
      { event: 'clock_ahead', node: early.store.node, seconds: 3600 },
    ]);
    expect(early.events('clock_ahead')).toEqual([]);
  });

  test('10,000 edits in one transaction arrive whole, though the log keeps 2,000', async () => {
    const [one, two] = [await start(), await start()];
    for (const server of [one, two]) await server.isSame();
    await one.make('bad');
    await one.fill('bad', 10_000);
    await converged(one, two);
    expect(two.found('h9999.example')).toBe('REJECT 9999');
    expect(two.lists.list('bad')?.entries).toBe(10_000);
  });

  test('a new server catches up with 10,000 entries', async () => {
    const one = await start();
    await one.make('bad');
    await one.fill('bad', 10_000);
    await one.remove('bad', 'h7.example');
    await converged(one);
    // What the script in Redis has added up is what this server has, to the last bit.
    const state = await new RedisLists(one.sharing.redis, 'test').state();
    if (state instanceof RedisFailure) throw new Error(state.reason);
    expect(`bad ${formatDigest(state.digests.get('bad') ?? 0)} 10001`).toBe(await one.digests());
    const two = await start();
    await two.isSame();
    await converged(one, two);
    expect(two.found('h9999.example')).toBe('REJECT 9999');
    expect(two.found('h7.example')).toBeUndefined();
    expect(two.events('list_repaired')).toEqual([
      { event: 'list_repaired', list: 'bad', received: 10_001, sent: 0, removed: 0 },
    ]);
    expect(one.events('list_repaired')).toEqual([]);
  });

  test('one server at a time works on a list, for as long as it takes', async () => {
    const server = await start();
    await server.isUp();
    // Long enough for a busy machine to renew it in time.
    const lockMs = 3000;
    const [one, two] = ['one', 'two'].map((name) => new RedisLists(server.sharing.redis, name, lockMs));
    if (one === undefined || two === undefined) throw new Error('no servers');
    let attempts = 0;
    const result = await one.whileLocked('bad', async () => {
      for (const end = performance.now() + 1.5 * lockMs; performance.now() < end; attempts++) {
        expect(await two.whileLocked('bad', async () => 'done too early')).toBeUndefined();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await two.whileLocked('other', async () => 'done')).toBe('done');
      return 'done';
    });
    expect(result).toBe('done');
    expect(attempts).toBeGreaterThan(1);
    expect(await two.whileLocked('bad', async () => 'done')).toBe('done');
  });

  test('two prefixes in one Redis know nothing of each other', async () => {
    const one = await start();
    const other = await SharingServer.start({
      redis: { url: `redis://127.0.0.1:${redis.port}`, key_prefix: 'other:' },
    });
    await one.make('bad');
    await other.make('bad');
    await one.put('bad', 'a.example', 'REJECT');
    await other.put('bad', 'b.example', 'REJECT');
    await converged(one);
    await converged(other);
    await one.isSame();
    await other.isSame();
    expect(one.found('b.example')).toBeUndefined();
    expect(other.found('a.example')).toBeUndefined();
  });
});
