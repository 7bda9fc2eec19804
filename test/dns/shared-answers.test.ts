/** Servers that share DNS answers through a real Redis, which is honest, hostile, slow or gone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import { RedisStore } from '../../src/dns/redis-store.ts';
import { SharedAnswers } from '../../src/dns/shared-answers.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import { RedisConnection } from '../../src/redis/redis-connection.ts';
import type { RedisSetting } from '../../src/redis/redis-options.ts';
import { optionsFor } from '../redis/redis-setting.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';
import type { PrivateServer } from '../support/private-server.ts';
import { askRedis, startCluster, startRedis, until } from '../support/redis.ts';
import { requirement } from '../support/requirements.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const ZONE = `
host.test     300  A    192.0.2.1
host.test     200  MX   10 mx.host.test
*.bl.test     100  A    127.0.0.2
refused.test       A    127.255.255.254
dead.test          !SERVFAIL
short.test      0  A    192.0.2.2
`;
const KEY = 'postward:dns:1:A:host.test';
const PATIENT_MS = 5_000;

interface Server {
  readonly cache: CachingResolver;
  readonly shared: SharedAnswers;
  readonly redis: RedisConnection;
}

async function startDns(): Promise<FixtureDns> {
  const dns = await startFixtureDns({ zone: ZONE });
  onTestFinished(() => dns.stop());
  return dns;
}

async function redisServer(): Promise<PrivateServer> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return server;
}

/** One of several servers that ask the same DNS and know the same Redis. */
async function startServer(
  dns: FixtureDns,
  redis: { readonly port: number } | Partial<RedisSetting>,
  headStartMs = PATIENT_MS,
): Promise<Server> {
  const setting = 'port' in redis ? { url: `redis://127.0.0.1:${redis.port}` } : redis;
  const connection = new RedisConnection(
    optionsFor({ timeout_ms: headStartMs === PATIENT_MS ? PATIENT_MS : 200, ...setting }),
    { name: 'dns' },
  );
  onTestFinished(() => connection.close());
  await connection.open();
  await until('Redis is up', () => connection.isUp);
  const client = new WireClient({ servers: [dns.server] });
  onTestFinished(() => client.close());
  // A test that is not about waiting waits for as long as a busy machine may need.
  const waitMs = headStartMs === PATIENT_MS ? PATIENT_MS : 50;
  const shared = new SharedAnswers(new RedisStore(connection, waitMs), 604_800);
  const cache = new CachingResolver(client, { shared, headStartMs });
  return { cache, shared, redis: connection };
}

/** Waits until what was sent without waiting is there. */
async function settled({ redis }: Server): Promise<void> {
  await until('all is written', () => redis.stats.inFlight === 0);
}

describe.skipIf(!requirement('redis').isMet)('DNS answers shared through Redis', () => {
  test('the second server asks nothing, and keeps an answer no longer than the first', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const [one, two] = [await startServer(dns, redis), await startServer(dns, redis)];
    const first = await one.cache.lookup('Host.test', 'A');
    await one.cache.lookup('host.test', 'MX');
    await settled(one);
    await askRedis(redis.port, 'PEXPIRE', KEY, '90500');
    const second = await two.cache.lookup('host.TEST', 'A');
    expect(second.records).toEqual(first.records);
    expect(second.ttlSeconds).toBe(90);
    const [inMemory] = await two.cache.cachedAnswers('host.test');
    expect(inMemory).toMatchObject({ tier: 'memory', type: 'A' });
    expect(inMemory?.remainingSeconds).toBeLessThanOrEqual(90.5);
    expect((await two.cache.lookup('host.test', 'MX')).records).toEqual([
      { data: 'mx.host.test', preference: 10 },
    ]);
    expect(dns.received).toBe(2);
    expect(two.shared.stats).toMatchObject({ hits: 2, misses: 0, writes: 0 });
    expect(two.cache.lookup('host.test', 'A'), 'from then on its own memory').toBe(second);
    expect(Number(await askRedis(redis.port, 'PTTL', KEY)), 'not begun anew').toBeLessThanOrEqual(90_500);
  });

  test('negative answers are shared; failures are not', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const [one, two] = [await startServer(dns, redis), await startServer(dns, redis)];
    for (const [name, type] of [
      ['nowhere.test', 'A'],
      ['host.test', 'TXT'],
      ['dead.test', 'A'],
    ] as const) {
      const { status } = await one.cache.lookup(name, type);
      await settled(one);
      expect((await two.cache.lookup(name, type)).status).toBe(status);
    }
    expect([dns.count('nowhere.test'), dns.count('host.test'), dns.count('dead.test')]).toEqual([1, 1, 2]);
    expect(await askRedis(redis.port, 'EXISTS', 'postward:dns:1:A:dead.test')).toBe(0);
  });

  test('what a DNSBL says to one resolver is not told to others', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const [one, two] = [await startServer(dns, redis), await startServer(dns, redis)];
    for (const server of [one, two]) {
      expect((await server.cache.lookup('refused.test', 'A')).status).toBe('found');
      await server.cache.lookup('1.2.0.192.bl.test', 'A');
      await settled(server);
    }
    expect([dns.count('refused.test'), dns.count('1.2.0.192.bl.test')]).toEqual([2, 1]);
  });

  test('the floor and the ceiling are applied once, not once a server', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const one = await startServer(dns, redis);
    await one.cache.lookup('short.test', 'A');
    await settled(one);
    const leftMs = Number(await askRedis(redis.port, 'PTTL', 'postward:dns:1:A:short.test'));
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs, 'the floor of a TTL of zero').toBeLessThanOrEqual(1_000);
    await askRedis(redis.port, 'PEXPIRE', 'postward:dns:1:A:short.test', '400');
    const two = await startServer(dns, redis);
    const found = await two.shared.peek('short.test', 'A');
    expect(found === undefined || found.remainingMs <= 400).toBe(true);
  });

  test('two hundred clients at once: each question goes to the store once and to the DNS once', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const one = await startServer(dns, redis);
    const names = Array.from({ length: 9 }, (_, index) => `${index}.2.0.192.bl.test`);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => Promise.all(names.map((name) => one.cache.lookup(name, 'A')))),
    );
    expect(answers.flat().every(({ status }) => status === 'found')).toBe(true);
    for (const name of names) expect(dns.count(name), name).toBe(1);
    expect(one.shared.stats.misses).toBe(9);
  });

  describe('values that are no answers are passed over, counted, and replaced', () => {
    const texts = {
      empty: '',
      corrupt: '[1,"host.test","A","found",60,"",[["192.0.',
      foreign: 'O:8:"stdClass":0:{}',
      'of another name': '[1,"other.test","A","found",60,"",[["127.0.0.2",0]]]',
      'with an address that is none': '[1,"host.test","A","found",60,"",[["rejected",0]]]',
      oversized: `[1,"host.test","A","found",60,"",[["192.0.2.66",0]]]${' '.repeat(5_000_000)}`,
      'octets that are no text': '\u00ff\u00fe\u0000',
    };
    test.each(Object.entries(texts))('%s', async (_, text) => {
      const [dns, redis] = [await startDns(), await redisServer()];
      const one = await startServer(dns, redis);
      await askRedis(redis.port, 'SET', KEY, text, 'PX', '60000');
      expect((await one.cache.lookup('host.test', 'A')).records[0]?.data).toBe('192.0.2.1');
      expect(one.shared.stats).toMatchObject({ invalid: 1, hits: 0, errors: 0 });
      await settled(one);
      const two = await startServer(dns, redis);
      await two.cache.lookup('host.test', 'A');
      expect(two.shared.stats).toMatchObject({ invalid: 0, hits: 1 });
    });

    test.each([
      ['of another type', ['RPUSH', KEY, 'a', 'b']],
      ['a hash', ['HSET', KEY, 'a', 'b']],
      ['without end', ['SET', KEY, '[1,"host.test","A","found",60,"",[["192.0.2.66",0]]]']],
      [
        'kept for too long',
        ['SET', KEY, '[1,"host.test","A","found",60,"",[["192.0.2.66",0]]]', 'EX', '700000'],
      ],
    ])('%s', async (_, [command = '', ...args]) => {
      const [dns, redis] = [await startDns(), await redisServer()];
      const one = await startServer(dns, redis);
      await askRedis(redis.port, command, ...args);
      expect((await one.cache.lookup('host.test', 'A')).records[0]?.data).toBe('192.0.2.1');
      expect(one.shared.stats).toMatchObject({ invalid: 1, hits: 0, errors: 0 });
      expect(one.redis.stats.failures.refused, 'but for the script that it did not know').toBe(1);
      await settled(one);
      expect(String(await askRedis(redis.port, 'GET', KEY))).toContain('192.0.2.1');
    });
  });

  test('redis-is-paused: every lookup is answered by the DNS, and soon Redis is not asked at all', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const one = await startServer(dns, redis, 5);
    await redis.pause();
    onTestFinished(() => redis.resume());
    for (let index = 0; index < 300; index += 1) {
      expect((await one.cache.lookup(`${index}.3.0.192.bl.test`, 'A')).status).toBe('found');
      if (!one.shared.isUsable) break;
    }
    await until('nobody asks it any more', () => !one.shared.isUsable);
    const { errors } = one.shared.stats;
    expect(errors).toBeGreaterThan(0);
    const answers = Array.from({ length: 100 }, (_, index) =>
      one.cache.lookup(`${index}.4.0.192.bl.test`, 'A'),
    );
    expect((await Promise.all(answers)).every(({ status }) => status === 'found')).toBe(true);
    expect(one.shared.stats.skipped).toBeGreaterThanOrEqual(100);
    await redis.resume();
    await until('it is asked again', () => one.shared.isUsable);
    await one.cache.lookup('1.5.0.192.bl.test', 'A');
    await settled(one);
    expect(await askRedis(redis.port, 'EXISTS', 'postward:dns:1:A:1.5.0.192.bl.test')).toBe(1);
  });

  test('redis-is-dead, and returns empty', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const one = await startServer(dns, redis);
    await one.cache.lookup('host.test', 'A');
    await redis.kill();
    expect((await one.cache.lookup('host.test', 'MX')).status).toBe('found');
    expect((await one.cache.lookup('host.test', 'A')).status, 'memory is there').toBe('found');
    await redis.restart();
    await until('it is asked again', () => one.shared.isUsable);
    await one.cache.lookup('7.7.0.192.bl.test', 'A');
    await settled(one);
    expect(await askRedis(redis.port, 'KEYS', '*')).toEqual(['postward:dns:1:A:7.7.0.192.bl.test']);
  });

  test('redis-is-cut-off-while-it-is-asked', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const proxy = await TcpProxy.start(redis.port);
    onTestFinished(() => proxy.stop());
    const one = await startServer(dns, proxy, 5);
    proxy.silence();
    const asked = Array.from({ length: 50 }, (_, index) => one.cache.lookup(`${index}.6.0.192.bl.test`, 'A'));
    await proxy.cut();
    expect((await Promise.all(asked)).every(({ status }) => status === 'found')).toBe(true);
    expect(one.cache.stats.inFlight).toBe(0);
  });

  test('redis-is-full: answers come, and go into memory', async () => {
    const dns = await startDns();
    const redis = await startRedis('--maxmemory', '1mb', '--maxmemory-policy', 'noeviction');
    onTestFinished(() => redis.stop());
    const one = await startServer(dns, redis);
    expect((await one.cache.lookup('host.test', 'A')).status).toBe('found');
    await settled(one);
    expect(one.redis.stats.failures.refused, 'the script that it did not know, and the value').toBe(2);
    expect(one.cache.stats.entries).toBe(1);
  });

  test('flush of a name, then of all: both tiers, and nothing that is not ours', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const one = await startServer(dns, redis);
    await askRedis(redis.port, 'SET', 'postward:lists', 'stays');
    await askRedis(redis.port, 'SET', 'other:dns:1:A:host.test', 'stays');
    for (const name of ['host.test', '1.2.0.192.bl.test', '2.2.0.192.bl.test']) {
      await one.cache.lookup(name, 'A');
    }
    await settled(one);
    expect((await one.cache.cachedAnswers('host.test')).map(({ tier, type }) => [tier, type])).toEqual([
      ['memory', 'A'],
      ['shared', 'A'],
    ]);
    expect(await one.cache.flush('HOST.test')).toEqual({ entries: 1, isSharedFlushed: true });
    expect(await one.cache.cachedAnswers('host.test')).toEqual([]);
    expect(await one.cache.cachedAnswers('1.2.0.192.bl.test')).toHaveLength(2);
    expect(await one.cache.flush()).toEqual({ entries: 2, isSharedFlushed: true });
    expect((await askRedis(redis.port, 'KEYS', '*')) as string[]).toHaveLength(2);
  });

  test('flush says so when Redis cannot be reached', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const one = await startServer(dns, redis);
    await one.cache.lookup('host.test', 'A');
    await redis.kill();
    expect(await one.cache.flush()).toEqual({ entries: 1, isSharedFlushed: false });
  });

  test('a Cluster: shared, and flushed on every node', async () => {
    const dns = await startDns();
    const cluster = await startCluster();
    onTestFinished(() => cluster.stop());
    const one = await startServer(dns, { cluster: cluster.nodes });
    const two = await startServer(dns, { cluster: cluster.nodes });
    const names = Array.from({ length: 60 }, (_, index) => `${index}.2.0.192.bl.test`);
    for (const server of [one, two]) {
      for (const name of names) await server.cache.lookup(name, 'A');
      await settled(server);
    }
    expect(dns.received).toBe(60);
    const sizes = () => Promise.all(cluster.servers.map(({ port }) => askRedis(port, 'DBSIZE')));
    expect((await sizes()).every((size) => Number(size) > 0)).toBe(true);
    expect(await one.cache.flush()).toEqual({ entries: 60, isSharedFlushed: true });
    expect(await sizes()).toEqual([0, 0, 0]);
  });

  test('no question that the DNS is not asked either', async () => {
    const [dns, redis] = [await startDns(), await redisServer()];
    const one = await startServer(dns, redis);
    for (const name of ['', '192.0.2.1', 'foo bar.test']) {
      expect(one.cache.lookup(name, 'A')).toMatchObject({ status: 'nxdomain' });
    }
    await sleep(20);
    expect(one.shared.stats).toMatchObject({ hits: 0, misses: 0 });
  });
});
