/**
 * The clock of a server is wrong by more than a day. It is told where people
 * look, nothing is lost, and once the clock is right all servers have the same.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import type { PrivateServer } from '../../support/private-server.ts';
import { askRedis, keepData, startRedis, until } from '../../support/redis.ts';
import { requirement } from '../../support/requirements.ts';
import { converged, SharingServer, storeDirectory } from './sharing-server.ts';

const DAY_MS = 86_400_000;

describe.skipIf(!requirement('redis').isMet)('sharing of lists, when a clock', () => {
  let redis: PrivateServer;

  beforeEach(async () => {
    redis = await startRedis();
    return () => redis.stop();
  });

  const start = (now: () => number = Date.now, directory?: string) =>
    SharingServer.start({
      redis: { url: `redis://127.0.0.1:${redis.port}`, timeout_ms: 1000 },
      now,
      compareEveryMs: 300,
      ...(directory !== undefined && { directory }),
    });
  const trouble = (server: SharingServer, words: RegExp) =>
    until(`${words}`, () => words.test(server.sharing.status.trouble));

  test('is-days-ahead: it is told at both, and once it is right its edits are in force at all', async () => {
    let aheadMs = 0;
    const [one, two] = [await start(), await start(() => Date.now() + aheadMs)];
    await one.make('bad');
    await one.put('bad', 'old.example', 'REJECT old');
    await converged(one, two);
    for (const server of [one, two]) await server.isSame();
    expect([one.sharing.status.trouble, two.sharing.status.trouble]).toEqual(['', '']);

    aheadMs = 3 * DAY_MS;
    await two.put('bad', 'new.example', 'REJECT new');
    await two.put('bad', 'old.example', 'REJECT changed');
    await trouble(two, /^the clock here is 72 hours ahead of that of Redis/);
    expect(await two.sharing.whenShared(5000)).toBe(false);
    await trouble(
      one,
      /^the list `bad` is not the same here and there: 2 values in Redis are not used: stamped more than a day/,
    );
    expect(one.sharing.status.isSame).toBe(false);
    expect(one.found('new.example')).toBeUndefined();
    expect(one.found('old.example')).toBe('REJECT old');
    // Neither puts back what it has, again and again.
    const repairs = one.sharing.stats.repairs + two.sharing.stats.repairs;
    await until('compared again', () => one.events('redis_values_unusable').length > 0);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(one.sharing.stats.repairs + two.sharing.stats.repairs).toBe(repairs);

    aheadMs = 0;
    await until('in force', () => one.found('new.example') === 'REJECT new');
    await until('in force', () => one.found('old.example') === 'REJECT changed');
    await converged(one, two);
    for (const server of [one, two]) await server.isSame();
    expect([one.sharing.status.trouble, two.sharing.status.trouble]).toEqual(['', '']);
    expect(two.events('clock_set_back')).toEqual([{ event: 'clock_set_back', hours: 72, registers: 2 }]);
    await two.isShared();
    await one.put('bad', 'new.example', 'REJECT newer');
    await until('in force', () => two.found('new.example') === 'REJECT newer');
  });

  test('was-days-ahead once, before a restart: what the store has of it is stamped anew', async () => {
    const directory = await storeDirectory();
    const wrong = await start(() => Date.now() + 3 * DAY_MS, directory);
    await wrong.make('bad');
    await wrong.put('bad', 'new.example', 'REJECT new');
    await wrong.put('bad', 'gone.example', 'REJECT gone');
    await wrong.remove('bad', 'gone.example');
    await until('sent', async () => (await wrong.unshared()) === 0);
    await wrong.close();
    const [one, two] = [await start(), await start(Date.now, directory)];
    await until('in force', () => one.found('new.example') === 'REJECT new');
    await converged(one, two);
    for (const server of [one, two]) await server.isSame();
    expect(two.events('clock_set_back')).toMatchObject([{ hours: 72, registers: 3 }]);
    await two.put('bad', 'new.example', 'REJECT newer');
    await until('in force', () => one.found('new.example') === 'REJECT newer');
    await one.put('bad', 'new.example', 'REJECT newest');
    await until('in force', () => two.found('new.example') === 'REJECT newest');
  });

  test('was-days-ahead once, and Redis is put back as it was then: later edits stay', async () => {
    let aheadMs = 0;
    const [one, two] = [await start(), await start(() => Date.now() + aheadMs)];
    await one.make('bad');
    await converged(one, two);
    aheadMs = 3 * DAY_MS;
    await two.put('bad', 'a.example', 'REJECT wrong');
    await until('sent', async () => (await two.unshared()) === 0);
    await askRedis(redis.port, 'SAVE');
    const putBack = keepData(redis);
    aheadMs = 0;
    await until('in force', () => one.found('a.example') === 'REJECT wrong');
    await one.put('bad', 'a.example', 'REJECT right');
    await converged(one, two);
    await redis.kill();
    putBack();
    await until('found down', () => [one, two].every((server) => !server.sharing.redis.isUp));
    await redis.restart();
    for (const server of [one, two]) await server.isSame();
    await converged(one, two);
    const late = await start();
    await converged(one, two, late);
    for (const server of [one, two, late]) {
      expect(server.found('a.example')).toBe('REJECT right');
      expect(server.sharing.status.trouble).toBe('');
    }
  });

  test('is-days-ahead: an edit elsewhere is in force elsewhere, and in Redis', async () => {
    const [one, two, wrong] = [await start(), await start(), await start(() => Date.now() + 3 * DAY_MS)];
    await wrong.make('bad');
    await wrong.put('bad', 'a.example', 'REJECT wrong');
    await until('sent', async () => (await wrong.unshared()) === 0);
    await one.make('bad');
    await one.put('bad', 'a.example', 'REJECT right');
    await until('in force', () => two.found('a.example') === 'REJECT right');
  });

  test('is-days-ahead while a list is dropped there: others keep it until the clock is right', async () => {
    let aheadMs = 0;
    const [one, two] = [await start(), await start()];
    const wrong = await start(() => Date.now() + aheadMs);
    await one.make('bad');
    await one.put('bad', 'old.example', 'REJECT old');
    await converged(one, two, wrong);
    aheadMs = 3 * DAY_MS;
    await wrong.put('bad', 'ahead.example', 'REJECT ahead');
    await until('sent', async () => (await wrong.unshared()) === 0);
    await wrong.apply({ operation: 'drop', list: 'bad' });
    await wrong.make('bad');
    await wrong.put('bad', 'new.example', 'REJECT new');
    await until('sent', async () => (await wrong.unshared()) === 0);
    await one.put('bad', 'meanwhile.example', 'REJECT meanwhile');
    await until('in force', () => two.found('meanwhile.example') === 'REJECT meanwhile');
    expect(two.found('old.example')).toBe('REJECT old');
    expect(wrong.found('old.example')).toBeUndefined();

    aheadMs = 0;
    await until('in force', () => one.found('new.example') === 'REJECT new');
    await converged(one, two, wrong);
    expect(wrong.events('clock_set_back')).toMatchObject([{ registers: 3 }]);
    for (const server of [one, two, wrong]) {
      await server.lists.buried();
      expect(server.found('new.example')).toBe('REJECT new');
      expect(server.found('old.example')).toBeUndefined();
      expect(server.found('ahead.example')).toBeUndefined();
      // Nothing is left in Redis that would be taken when its time has come.
      await server.isSame();
      expect(server.lists.list('bad')?.version).toBe(one.lists.list('bad')?.version);
    }
  });

  test('is-days-behind: it is told, and takes nothing back', async () => {
    const [one, late] = [await start(), await start(() => Date.now() - 3 * DAY_MS)];
    await one.make('bad');
    await one.put('bad', 'a.example', 'REJECT');
    await trouble(late, /^the clock here is 72 hours behind that of Redis/);
    await late.make('bad');
    await late.put('bad', 'a.example', 'DEFER');
    await until('compared', () => one.sharing.status.isSame);
    expect(one.found('a.example')).toBe('REJECT');
    expect(late.events('clock_set_back')).toEqual([]);
  });

  test('is-years-behind, as before a battery has been put in: all that others have stays in Redis', async () => {
    const one = await start();
    await one.make('bad');
    await one.put('bad', 'a.example', 'REJECT');
    await one.fill('bad', 500);
    await converged(one);
    await one.isSame();
    const late = await start(() => Date.now() - 50 * 365 * DAY_MS);
    await until('compared', () => late.events('redis_values_unusable').length > 0);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect([one, late].flatMap((server) => server.events('list_repaired'))).toEqual([]);
    // Once, however much it is.
    expect(late.events('redis_values_unusable')).toEqual([
      {
        event: 'redis_values_unusable',
        list: 'bad',
        count: 502,
        reason: 'stamped more than a day ahead of the clock here',
      },
    ]);
    const fresh = await start();
    await converged(one, fresh);
    expect(fresh.found('a.example')).toBe('REJECT');
  });

  test('is-weeks-ahead: what has not had its time stays in Redis', async () => {
    const one = await start();
    await one.make('bad');
    await one.put('bad', 'a.example', 'REJECT');
    await one.put('bad', 'b.example', 'REJECT');
    await one.remove('bad', 'b.example');
    await converged(one);
    await one.isSame();
    const late = await start(() => Date.now() + 40 * DAY_MS);
    await until('repaired', () => late.events('list_repaired').length > 0);
    expect(late.events('list_repaired')).toMatchObject([{ received: 2, sent: 0, removed: 0 }]);
    expect(late.found('a.example')).toBe('REJECT');
  });
});
