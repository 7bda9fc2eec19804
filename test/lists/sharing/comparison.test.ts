/** What is compared while Redis changes: a list is not left alone, nor called the same, for what was there before. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { bucketOf, encodeRecord } from '../../../src/lists/sharing/record.ts';
import { StampClock } from '../../../src/store/stamp.ts';
import type { PrivateServer } from '../../support/private-server.ts';
import { askRedis, startRedis, until } from '../../support/redis.ts';
import { requirement } from '../../support/requirements.ts';
import { converged, SharingServer } from './sharing-server.ts';

describe.skipIf(!requirement('redis').isMet)('comparing lists, when redis', () => {
  let redis: PrivateServer;

  beforeEach(async () => {
    redis = await startRedis();
    return () => redis.stop();
  });

  /** A server with the list `bad`, in which `old.example` is. */
  async function started(): Promise<SharingServer> {
    const server = await SharingServer.start({
      redis: { url: `redis://127.0.0.1:${redis.port}`, timeout_ms: 1000 },
    });
    await server.make('bad');
    await server.put('bad', 'old.example', 'REJECT old');
    await converged(server);
    await server.isSame();
    return server;
  }

  const bucketName = (key: string) => bucketOf(key).toString(16).padStart(2, '0');

  /** Does so when the digests here are asked for and `isTime`, once. */
  function meanwhile(server: SharingServer, isTime: () => boolean, work: () => Promise<unknown>): void {
    const digests = server.lists.digests.bind(server.lists);
    let isDone = false;
    vi.spyOn(server.lists, 'digests').mockImplementation(async () => {
      if (!isDone && isTime()) {
        isDone = true;
        await work();
      }
      return await digests();
    });
  }

  test('is-wiped while a list is left alone that differed for good: it is put back', async () => {
    const one = await started();
    const key = 'foreign.example';
    const record = encodeRecord({
      ...{ kind: 'entry', list: 'bad', key, action: 'REJECT', comment: '', expires: null },
      ...{ created: 1, createdBy: 'x', changed: 1, changedBy: 'x', isDeleted: false },
      stamp: new StampClock('foreign0').next(Date.now()),
    });
    const set = (name: string, field: string, value: string) =>
      askRedis(redis.port, 'HSET', `postward:{lists}:${name}`, field, value);
    await set(`entries:bad:${bucketName(key)}`, key, record.replace(/ 1 \[/, ' 2 ['));
    await set('buckets:bad', bucketName(key), '12345');
    await set('digests', 'bad', '12345');
    const isLeftAlone = () => one.sharing.status.trouble !== '';
    meanwhile(one, isLeftAlone, () => askRedis(redis.port, 'FLUSHALL'));
    one.sharing.compareNow();
    await until('found to stay so', isLeftAlone);
    await one.isSame();
    const name = `postward:{lists}:entries:bad:${bucketName('old.example')}`;
    expect(await askRedis(redis.port, 'HEXISTS', name, 'old.example')).toBe(1);
    expect(one.sharing.status.trouble).toBe('');
  });

  test('is-wiped and refilled with its clock set back: what comes into the new log is in force', async () => {
    const [one, two] = [await started(), await started()];
    const ask = (command: string, ...args: string[]) => askRedis(redis.port, command, ...args);
    await ask('XADD', 'postward:{lists}:log', `${Date.now() + 3_600_000}-0`, 's', '0', 'l', 'bad');
    await one.put('bad', 'a.example', 'REJECT');
    await until('followed', () => two.found('a.example') === 'REJECT');
    const refill = "redis.call('FLUSHALL') redis.call('SET', 'postward:{lists}:sequence', '1000')";
    await ask('EVAL', refill, '0');
    for (const server of [one, two]) server.sharing.compareNow();
    for (const server of [one, two]) await server.isSame();
    await one.put('bad', 'b.example', 'REJECT');
    await until('in force', () => two.found('b.example') === 'REJECT');
  });

  test('dies amid a comparison: what it had before is not what it has', async () => {
    const one = await started();
    let isOver = false;
    meanwhile(
      one,
      () => true,
      async () => {
        await redis.kill();
        await until('found down', () => !one.sharing.redis.isUp && !one.sharing.following.isUp);
        isOver = true;
      },
    );
    one.sharing.compareNow();
    await until('compared', () => isOver);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(one.sharing.status).toMatchObject({ isSame: false });
  });

  test('dies as an edit comes while the store is asked for others: the edit is known to wait', async () => {
    const one = await started();
    const unshared = one.lists.unshared.bind(one.lists);
    let isOver = false;
    vi.spyOn(one.lists, 'unshared').mockImplementationOnce(async (limit) => {
      const none = await unshared(limit);
      await one.put('bad', 'new.example', 'REJECT new');
      await redis.kill();
      await until('found down', () => !one.sharing.redis.isUp);
      isOver = true;
      return none;
    });
    one.sharing.compareNow();
    await until('asked', () => isOver);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await one.unshared()).toBe(1);
    expect(one.sharing.status.hasUnshared).toBe(true);
  });
});
