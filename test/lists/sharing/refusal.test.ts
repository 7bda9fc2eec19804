/**
 * Redis answers, but not as it should: full, a replica, without rights, with
 * values of others. Said once, with the cause; edits wait; nothing foreign gets
 * into a list.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { bucketOf, encodeRecord } from '../../../src/lists/sharing/record.ts';
import { StampClock } from '../../../src/store/stamp.ts';
import type { PrivateServer } from '../../support/private-server.ts';
import { askRedis, startRedis, until } from '../../support/redis.ts';
import { requirement } from '../../support/requirements.ts';
import { converged, SharingServer } from './sharing-server.ts';

describe.skipIf(!requirement('redis').isMet)('sharing of lists, when redis', () => {
  let redis: PrivateServer;

  beforeEach(async () => {
    redis = await startRedis();
    return () => redis.stop();
  });

  const start = (compareEveryMs?: number) =>
    SharingServer.start({
      redis: { url: `redis://127.0.0.1:${redis.port}`, timeout_ms: 1000 },
      ...(compareEveryMs !== undefined && { compareEveryMs }),
    });

  async function pair(compareEveryMs?: number): Promise<[SharingServer, SharingServer]> {
    const [one, two] = [await start(compareEveryMs), await start(compareEveryMs)];
    await one.make('bad');
    await one.put('bad', 'old.example', 'REJECT old');
    await converged(one, two);
    for (const server of [one, two]) await server.isSame();
    return [one, two];
  }

  const set = (name: string, value: string) => askRedis(redis.port, 'CONFIG', 'SET', name, value);
  const entriesOf = (key: string) =>
    `postward:{lists}:entries:bad:${bucketOf(key).toString(16).padStart(2, '0')}`;

  test('is-full: the edit waits, and goes when there is room', async () => {
    const [one, two] = await pair();
    await set('maxmemory-policy', 'noeviction');
    await set('maxmemory', '1');
    await one.put('bad', 'new.example', 'REJECT new');
    await one.put('bad', 'newer.example', 'REJECT newer');
    await until('told', () => one.events('redis_refuses').length > 0);
    expect(one.found('new.example')).toBe('REJECT new');
    expect(await one.sharing.whenShared(100)).toBe(false);
    expect(one.sharing.status).toMatchObject({ outage: expect.stringMatching(/^OOM/), hasUnshared: true });
    await set('maxmemory', '0');
    await until('in force', () => two.found('newer.example') !== undefined);
    await converged(one, two);
    expect(one.events('redis_refuses')).toEqual([
      { event: 'redis_refuses', code: 'OOM', reason: expect.stringMatching(/^OOM/) },
    ]);
    await until('told', () => one.events('redis_accepts').length === 1);
    expect(one.sharing.status.outage).toBe('');
  });

  test('throws-out-keys-when-full: it is told, and lists are put back', async () => {
    await set('maxmemory', '100mb');
    await set('maxmemory-policy', 'allkeys-lru');
    const [one, two] = await pair(300);
    expect(one.events('redis_may_forget')).toEqual([
      { event: 'redis_may_forget', server: `redis://127.0.0.1:${redis.port}`, policy: 'allkeys-lru' },
    ]);
    await set('maxmemory', '1');
    await until('thrown out', async () => {
      await askRedis(redis.port, 'PING');
      return Number(await askRedis(redis.port, 'DBSIZE')) <= 1;
    });
    await set('maxmemory', '0');
    await until('put back', async () => {
      const keys = (await askRedis(redis.port, 'KEYS', 'postward:{lists}:entries:*')) as string[];
      return keys.length === 2;
    });
    await converged(one, two);
  });

  test('keeps-what-expires-not when full: nothing to tell of', async () => {
    await set('maxmemory', '100mb');
    await set('maxmemory-policy', 'volatile-ttl');
    const [one] = await pair();
    expect(one.events('redis_may_forget')).toEqual([]);
  });

  test('is-a-read-only-replica', async () => {
    const [one, two] = await pair();
    await askRedis(redis.port, 'REPLICAOF', '127.0.0.1', '1');
    await one.put('bad', 'new.example', 'REJECT new');
    await until('told', () => one.events('redis_refuses').length > 0);
    expect(one.events('redis_refuses')).toMatchObject([{ code: 'READONLY' }]);
    expect(one.found('new.example')).toBe('REJECT new');
    await askRedis(redis.port, 'REPLICAOF', 'NO', 'ONE');
    await until('in force', () => two.found('new.example') === 'REJECT new');
    await converged(one, two);
  });

  test('denies-a-command', async () => {
    const [one, two] = await pair();
    await askRedis(redis.port, 'ACL', 'SETUSER', 'default', '-evalsha', '-eval');
    await one.put('bad', 'new.example', 'REJECT new');
    await until('told', () => one.events('redis_refuses').length > 0);
    expect(one.events('redis_refuses')).toMatchObject([{ code: 'NOPERM' }]);
    await askRedis(redis.port, 'ACL', 'SETUSER', 'default', '+@all');
    await until('in force', () => two.found('new.example') === 'REJECT new');
  });

  test('denies-a-command that only comparing or following needs: told once, and once that it is over', async () => {
    const [one] = await pair(300);
    await askRedis(redis.port, 'ACL', 'SETUSER', 'default', '-evalsha', '-eval', '-xread');
    // The connection that waits for the log has its last command still.
    await until('both told', () => one.events('redis_refuses').length === 2);
    expect(one.sharing.status).toMatchObject({
      hasUnshared: false,
      outage: expect.stringMatching(/^NOPERM/),
    });
    const { failures } = one.sharing.redis.stats;
    const before = failures.refused;
    await until('tried again', () => failures.refused >= before + 2);
    expect(one.events('redis_refuses')).toHaveLength(2);
    expect(one.events('redis_accepts')).toEqual([]);
    await askRedis(redis.port, 'ACL', 'SETUSER', 'default', '+@all');
    await until('over', () => one.events('redis_accepts').length === 2);
    expect(one.sharing.status.outage).toBe('');
  });

  describe('has what has had its time', () => {
    let now = Date.now;
    const started = (compareEveryMs?: number) =>
      SharingServer.start({
        redis: { url: `redis://127.0.0.1:${redis.port}`, timeout_ms: 1000 },
        now: () => now(),
        ...(compareEveryMs !== undefined && { compareEveryMs }),
      });
    const gone = () =>
      until('gone', async () => {
        return (await askRedis(redis.port, 'HEXISTS', entriesOf('old.example'), 'old.example')) === 0;
      });

    beforeEach(() => {
      now = () => Date.now() - 31 * 86_400_000;
    });

    test('tombstones leave it after 30 days, and do not come back', async () => {
      const one = await started();
      await one.make('bad');
      await one.put('bad', 'old.example', 'REJECT old');
      await one.remove('bad', 'old.example');
      await one.put('bad', 'new.example', 'REJECT new');
      await converged(one);
      await one.isSame();
      expect(await askRedis(redis.port, 'HEXISTS', entriesOf('old.example'), 'old.example')).toBe(1);
      now = Date.now;
      const late = await started();
      await until('brought', () => late.found('new.example') === 'REJECT new');
      await gone();
      await late.isSame();
      expect(late.events('list_repaired')).toMatchObject([{ list: 'bad', received: 2, sent: 0, removed: 1 }]);
    });

    test('and another server has thrown it out: whoever still has it throws it out, too', async () => {
      const one = await started(300);
      await one.make('bad');
      await one.put('bad', 'old.example', 'REJECT old');
      await one.remove('bad', 'old.example');
      await converged(one);
      await one.isSame();
      now = Date.now;
      const late = await started(300);
      await gone();
      await converged(one, late);
      for (const server of [one, late]) await server.isSame();
    });
  });

  test('gives-as-little-as-the-guide-says: the rights of docs/guide/redis.md are enough', async () => {
    const guide = readFileSync(join(import.meta.dirname, '../../../docs/guide/redis.md'), 'utf8');
    const [, command = ''] = /^ {4}(ACL SETUSER .*)$/m.exec(guide) ?? [];
    const words = command.replace('PASSWORD', 'secret').split(' ');
    expect(words.length).toBeGreaterThan(5);
    await askRedis(redis.port, 'ACL', ...words.slice(1));
    const limited = () =>
      SharingServer.start({
        redis: { url: `redis://postward:secret@127.0.0.1:${redis.port}`, timeout_ms: 1000 },
      });
    const [one, two] = [await limited(), await limited()];
    await one.make('bad');
    await one.put('bad', 'new.example', 'REJECT new');
    await until('in force', () => two.found('new.example') === 'REJECT new');
    for (const server of [one, two]) await server.isSame();
    expect([...one.told, ...two.told].filter(({ event }) => event === 'redis_refuses')).toEqual([]);
  });

  test('has-a-key-of-another-type', async () => {
    await askRedis(redis.port, 'SET', 'postward:{lists}:log', 'mine');
    const one = await start();
    await one.make('bad');
    await until('told', () => one.events('redis_refuses').length > 0);
    // Sending and following meet it on their own, and each tells once.
    const told = one.events('redis_refuses');
    expect(told.length).toBeLessThanOrEqual(2);
    expect(new Set(told.map(({ code }) => code))).toEqual(new Set(['WRONGTYPE']));
    await askRedis(redis.port, 'DEL', 'postward:{lists}:log');
    await converged(one);
  });

  test('holds-values-of-others: none is used, all are told of, those that are no records are thrown out', async () => {
    const [one, two] = await pair();
    const clock = new StampClock('foreign0');
    const change = (key: string, action: string, stamp = clock.next(Date.now() + 1000)) => ({
      kind: 'entry' as const,
      list: 'bad',
      key,
      action,
      comment: '',
      expires: null,
      stamp,
      created: 1,
      createdBy: 'x',
      changed: 1,
      changedBy: 'x',
      isDeleted: false,
    });
    const [good, garbage, binary, stamp, json, moved, future, version, action] = neighbours('old.example');
    const values: Readonly<Record<string, string>> = {
      [good]: encodeRecord(change(good, 'REJECT good')),
      [garbage]: 'garbage',
      [binary]: '\u0000\uffff'.repeat(100),
      [stamp]: `${clock.next(1)} 000000000000 1 []`,
      [json]: encodeRecord(change(json, 'REJECT')).replace(/\[.*/, '[nonsense'),
      [moved]: encodeRecord(change(good, 'REJECT good')),
      [future]: encodeRecord(change(future, 'REJECT', 'ffffffffffff-0000-foreign0')),
      [version]: encodeRecord(change(version, 'REJECT')).replace(/ 1 \[/, ' 2 ['),
      [action]: encodeRecord(change(action, 'x'.repeat(2000))),
    };
    const key = entriesOf('old.example');
    for (const [field, value] of Object.entries(values))
      await askRedis(redis.port, 'HSET', key, field, value);

    const late = await start(300);
    await until('brought', () => late.found(good) === 'REJECT good');
    for (const field of Object.keys(values)) {
      if (field !== good) expect(late.found(field), field).toBeUndefined();
    }
    await until('thrown out', async () => {
      const fields = (await askRedis(redis.port, 'HKEYS', key)) as string[];
      // What another version may understand is left to it.
      return fields.sort().join() === ['old.example', good, version, action].sort().join();
    });
    const told = late.events('redis_values_unusable');
    expect(told[0]).toEqual({
      event: 'redis_values_unusable',
      list: 'bad',
      count: 8,
      reason: 'no register of a list',
    });
    await one.put('bad', 'new.example', 'REJECT new');
    await until('in force', () => two.found('new.example') === 'REJECT new');
    for (const server of [one, two]) server.sharing.compareNow();
    await until('in force', () => [one, two].every((server) => server.found(good) === 'REJECT good'));
  });

  test('holds-a-value-of-another-version for good: what the log has lost comes all the same', async () => {
    const [one, two] = await pair();
    const [version, lost] = neighbours('old.example');
    const key = entriesOf('old.example');
    const clock = new StampClock('foreign0');
    const record = (name: string) =>
      encodeRecord({
        ...{ kind: 'entry', list: 'bad', key: name, action: 'REJECT', comment: '', expires: null },
        ...{ created: 1, createdBy: 'x', changed: 1, changedBy: 'x', isDeleted: false },
        stamp: clock.next(Date.now()),
      });
    const setField = (hash: string, field: string, value: string) =>
      askRedis(redis.port, 'HSET', hash, field, value);
    await setField(key, version, record(version).replace(/ 1 \[/, ' 2 ['));
    await setField('postward:{lists}:buckets:bad', key.slice(-2), '12345');
    await setField('postward:{lists}:digests', 'bad', '12345');
    two.sharing.compareNow();
    await until('found to stay so', () => two.sharing.status.trouble !== '');
    await setField(key, lost, record(lost));
    await askRedis(redis.port, 'INCR', 'postward:{lists}:sequence');
    await one.put('bad', 'new.example', 'REJECT new');
    await until('in force', () => two.found(lost) === 'REJECT');
  });

  test('has-a-value-in-place-of-an-entry: the entry is put back', async () => {
    const [one, two] = await pair();
    await askRedis(redis.port, 'HSET', entriesOf('old.example'), 'old.example', 'garbage');
    const late = await start(300);
    await until('put back by who has it', async () => {
      one.sharing.compareNow();
      const value = await askRedis(redis.port, 'HGET', entriesOf('old.example'), 'old.example');
      return value !== null && value !== 'garbage';
    });
    await converged(one, two, late);
    expect(late.found('old.example')).toBe('REJECT old');
  });

  test('has-digests-that-lie: they are counted anew', async () => {
    const [one] = await pair(300);
    await askRedis(
      redis.port,
      'HSET',
      'postward:{lists}:digests',
      'bad',
      '12345',
      'not a name!',
      '1',
      'ghost',
      'x',
    );
    await askRedis(redis.port, 'HSET', 'postward:{lists}:buckets:bad', '00', 'x', 'zz', '7');
    await until('counted', async () => {
      const digest = await askRedis(redis.port, 'HGET', 'postward:{lists}:digests', 'bad');
      return (await one.digests()).includes(Number(digest).toString(16).padStart(12, '0'));
    });
  });

  test('has-one-digest-that-lies: counted anew, the lists are known to be the same', async () => {
    const [one] = await pair();
    await askRedis(redis.port, 'HSET', 'postward:{lists}:digests', 'bad', '12345');
    one.sharing.compareNow();
    expect(one.sharing.status.isSame).toBe(false);
    await one.isSame();
    expect(one.events('list_repaired')).toEqual([]);
  });

  test('has-strange-records-in-its-log', async () => {
    const [one, two] = await pair();
    const log = 'postward:{lists}:log';
    await askRedis(redis.port, 'XADD', log, '*', 'hello', 'world');
    await askRedis(redis.port, 'XADD', log, '*', 's', '1', 'l', 'bad', 'k', 'x.example', 'v', 'garbage');
    await one.put('bad', 'new.example', 'REJECT new');
    await until('in force', () => two.found('new.example') === 'REJECT new');
    expect(two.found('x.example')).toBeUndefined();
    await converged(one, two);
  });
});

/** Keys that Redis keeps in the same bucket. */
function neighbours(key: string): [string, string, string, string, string, string, string, string, string] {
  const found: string[] = [];
  for (let count = 0; found.length < 9; count++) {
    const name = `n${count}.example`;
    if (bucketOf(name) === bucketOf(key)) found.push(name);
  }
  return found as ReturnType<typeof neighbours>;
}
