/**
 * Redis fails, in the ways it does. Edits are accepted at every server and
 * none is lost; servers decide with what they have; when Redis is back, all
 * have the same.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PrivateServer } from '../../support/private-server.ts';
import {
  askRedis,
  keepData,
  startCluster,
  startDurableRedis,
  startRedis,
  startSentinels,
  until,
} from '../../support/redis.ts';
import { requirement } from '../../support/requirements.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { converged, later, SharingServer, storeDirectory } from './sharing-server.ts';

/** Patient, since the machine may be busy; what is measured here is what happens, not when. */
const TIMEOUT_MS = 500;

describe.skipIf(!requirement('redis').isMet)('sharing of lists, when', () => {
  let redis: PrivateServer;

  async function running(...settings: string[]): Promise<PrivateServer> {
    redis = await startRedis(...settings);
    onTestFinished(() => redis.stop());
    return redis;
  }

  const at = (port: number, compareEveryMs?: number) =>
    SharingServer.start({
      redis: { url: `redis://127.0.0.1:${port}`, timeout_ms: TIMEOUT_MS },
      ...(compareEveryMs !== undefined && { compareEveryMs }),
    });

  /** Two servers with the list `bad`, in which `old.example` is. */
  async function pair(compareEveryMs?: number): Promise<[SharingServer, SharingServer]> {
    const [one, two] = [await at(redis.port, compareEveryMs), await at(redis.port, compareEveryMs)];
    await one.make('bad');
    await one.put('bad', 'old.example', 'REJECT old');
    await converged(one, two);
    for (const server of [one, two]) await server.isSame();
    return [one, two];
  }

  test('redis-is-killed-and-comes-back-empty', async () => {
    await running();
    const [one, two] = await pair();
    await redis.kill();
    await until('found down', () => !one.sharing.redis.isUp && !two.sharing.redis.isUp);
    await one.put('bad', 'new.example', 'REJECT new');
    await two.remove('bad', 'old.example');
    expect(await one.sharing.whenShared(TIMEOUT_MS)).toBe(false);
    expect(one.sharing.status).toMatchObject({ hasUnshared: true, isSame: false });
    expect(one.sharing.status.outage).not.toBe('');
    expect([one.found('new.example'), one.found('old.example')]).toEqual(['REJECT new', 'REJECT old']);
    await redis.restart();
    await converged(one, two);
    for (const server of [one, two]) await server.isSame();
    expect(two.found('new.example')).toBe('REJECT new');
    expect(one.found('old.example')).toBeUndefined();
    const late = await at(redis.port);
    await converged(one, two, late);
    expect(late.found('new.example')).toBe('REJECT new');
  });

  test('redis-is-killed-and-comes-back-as-it-was', async () => {
    redis = await startDurableRedis();
    onTestFinished(() => redis.stop());
    const [one, two] = await pair();
    const repairs = () => [one, two].flatMap((server) => server.events('list_repaired')).length;
    const before = repairs();
    await redis.kill();
    await until('found down', () => !one.sharing.redis.isUp);
    await one.put('bad', 'new.example', 'REJECT new');
    await redis.restart();
    await until('in force', () => two.found('new.example') === 'REJECT new');
    await converged(one, two);
    for (const server of [one, two]) await server.isSame();
    // Nothing was missed, so nothing had to be walked.
    expect(repairs()).toBe(before);
  });

  test('redis-stalls', async () => {
    await running();
    const [one, two] = await pair();
    await redis.pause();
    await one.put('bad', 'new.example', 'REJECT new');
    await later();
    await two.put('bad', 'new.example', 'DEFER newer');
    expect(one.found('new.example')).toBe('REJECT new');
    expect(two.found('new.example')).toBe('DEFER newer');
    await until('found down', () => !one.sharing.redis.isUp && !two.sharing.redis.isUp);
    await redis.resume();
    await until('in force', () => one.found('new.example') === 'DEFER newer');
    await converged(one, two);
  });

  test('redis-is-wiped while all are connected', async () => {
    await running();
    const [one, two] = await pair(300);
    await askRedis(redis.port, 'FLUSHALL');
    await until('refilled', async () => {
      const keys = (await askRedis(redis.port, 'KEYS', 'postward:{lists}:entries:*')) as string[];
      return keys.length === 2;
    });
    await one.put('bad', 'new.example', 'REJECT new');
    await until('in force', () => two.found('new.example') === 'REJECT new');
    await converged(one, two);
    const late = await at(redis.port);
    await converged(one, two, late);
    expect(late.found('old.example')).toBe('REJECT old');
  });

  test('redis-is-wiped: small lists are put back first', async () => {
    await running();
    const one = await at(redis.port);
    await one.make('a-large');
    await one.fill('a-large', 3000);
    await one.make('z-small');
    await converged(one);
    await one.isSame();
    await askRedis(redis.port, 'FLUSHALL');
    one.sharing.compareNow();
    await until('put back', () => one.events('list_repaired').length === 2);
    expect(one.events('list_repaired').map(({ list }) => list)).toEqual(['z-small', 'a-large']);
    await one.isSame();
  });

  test('redis-is-wiped and edited before anybody has noticed: the gap in the log tells', async () => {
    await running();
    const [one, two] = await pair();
    await askRedis(redis.port, 'FLUSHALL');
    await one.put('bad', 'new.example', 'REJECT new');
    await until('in force', () => two.found('new.example') === 'REJECT new');
    await until('refilled', () => [one, two].some((server) => server.events('list_repaired').length > 0));
    await converged(one, two);
    const late = await at(redis.port);
    await converged(one, two, late);
  });

  test('redis-is-put-back-from-an-older-copy', async () => {
    await running();
    const [one, two] = await pair();
    await askRedis(redis.port, 'SAVE');
    const putBack = keepData(redis);
    await one.put('bad', 'new.example', 'REJECT new');
    await two.remove('bad', 'old.example');
    await one.put('bad', 'changed.example', 'REJECT first');
    await converged(one, two);
    await two.put('bad', 'changed.example', 'REJECT second');
    await converged(one, two);
    await redis.kill();
    putBack();
    await redis.restart();
    for (const server of [one, two]) await server.isSame();
    await converged(one, two);
    const late = await at(redis.port);
    await converged(one, two, late);
    expect(['new', 'old', 'changed'].map((name) => late.found(`${name}.example`))).toEqual([
      'REJECT new',
      undefined,
      'REJECT second',
    ]);
  });

  test('the-network-between-two-servers-is-cut: each decides alone, edits of both survive', async () => {
    await running();
    const proxy = await TcpProxy.start(redis.port);
    onTestFinished(() => proxy.stop());
    const [here, there] = [await at(redis.port), await at(proxy.port)];
    await here.make('bad');
    await here.put('bad', 'old.example', 'REJECT old');
    await converged(here, there);
    await proxy.cut();
    await until('found down', () => !there.sharing.redis.isUp);
    await here.put('bad', 'here.example', 'REJECT here');
    await there.put('bad', 'there.example', 'REJECT there');
    await here.put('bad', 'both.example', 'REJECT here');
    await later();
    await there.put('bad', 'both.example', 'REJECT there');
    await there.remove('bad', 'old.example');
    await here.isShared();
    expect(here.found('there.example')).toBeUndefined();
    expect(there.found('here.example')).toBeUndefined();
    await proxy.mend();
    await converged(here, there);
    for (const server of [here, there]) {
      expect(['here', 'there', 'both', 'old'].map((name) => server.found(`${name}.example`))).toEqual([
        'REJECT here',
        'REJECT there',
        'REJECT there',
        undefined,
      ]);
    }
  });

  test('the-network-falls-silent', async () => {
    await running();
    const proxy = await TcpProxy.start(redis.port);
    onTestFinished(() => proxy.stop());
    const [here, there] = [await at(redis.port), await at(proxy.port)];
    await here.make('bad');
    await converged(here, there);
    proxy.silence();
    await here.put('bad', 'here.example', 'REJECT here');
    await there.put('bad', 'there.example', 'REJECT there');
    await until('found down', () => !there.sharing.redis.isUp);
    await proxy.mend();
    await converged(here, there);
    expect(there.found('here.example')).toBe('REJECT here');
    expect(here.found('there.example')).toBe('REJECT there');
  });

  test('redis-is-not-there-at-the-start: the own store has the last state', async () => {
    await running();
    const directory = await storeDirectory();
    const setting = { url: `redis://127.0.0.1:${redis.port}`, timeout_ms: TIMEOUT_MS };
    const first = await SharingServer.start({ redis: setting, directory });
    await first.make('bad');
    await first.put('bad', 'old.example', 'REJECT old');
    await converged(first);
    await first.close();
    await redis.kill();
    const second = await SharingServer.start({ redis: setting, directory });
    expect(second.found('old.example')).toBe('REJECT old');
    await second.put('bad', 'new.example', 'REJECT new');
    await second.close();
    const third = await SharingServer.start({ redis: setting, directory });
    expect(third.found('new.example')).toBe('REJECT new');
    await redis.restart();
    await third.isSame();
    const other = await SharingServer.start({ redis: setting });
    await converged(third, other);
    expect(other.found('new.example')).toBe('REJECT new');
    expect(other.found('old.example')).toBe('REJECT old');
  });

  test('sentinel-fails-over', async () => {
    const group = await startSentinels('mails');
    onTestFinished(() => group.stop());
    const start = () =>
      SharingServer.start({
        redis: { sentinel: { name: 'mails', nodes: group.nodes }, timeout_ms: TIMEOUT_MS },
      });
    const [one, two] = [await start(), await start()];
    await one.make('bad');
    await one.put('bad', 'old.example', 'REJECT old');
    await converged(one, two);
    await group.master.kill();
    await two.put('bad', 'new.example', 'REJECT new');
    await until('in force', () => one.found('new.example') === 'REJECT new');
    await converged(one, two);
    expect(await group.masterPort()).toBe(group.replica.port);
    const late = await start();
    await converged(one, two, late);
    expect(late.found('old.example')).toBe('REJECT old');
  });

  test('sentinel-fails-over to a replica that lacks the last writes', async () => {
    const group = await startSentinels('mails');
    onTestFinished(() => group.stop());
    const start = () =>
      SharingServer.start({
        redis: { sentinel: { name: 'mails', nodes: group.nodes }, timeout_ms: TIMEOUT_MS },
      });
    const [one, two] = [await start(), await start()];
    await one.make('bad');
    await converged(one, two);
    // It does not follow its master for now; the Sentinels take it for well enough.
    await group.replica.pause();
    await one.put('bad', 'lost.example', 'REJECT lost');
    await converged(one, two);
    await group.master.kill();
    await group.replica.resume();
    await until('failed over', async () => (await group.masterPort()) === group.replica.port);
    for (const server of [one, two]) await server.isSame();
    const late = await start();
    await converged(one, two, late);
    expect(late.found('lost.example')).toBe('REJECT lost');
  });

  test('a node of a three-node cluster dies and returns', async () => {
    const cluster = await startCluster();
    onTestFinished(() => cluster.stop());
    const start = () => SharingServer.start({ redis: { cluster: cluster.nodes, timeout_ms: TIMEOUT_MS } });
    const [one, two] = [await start(), await start()];
    await one.make('bad');
    await one.put('bad', 'old.example', 'REJECT old');
    await until('in force', () => two.found('old.example') === 'REJECT old');
    await converged(one, two);
    const node = await cluster.serverOf('postward:{lists}');
    await node.kill();
    await until('found down', () => !one.sharing.redis.isUp && !two.sharing.redis.isUp);
    await one.put('bad', 'new.example', 'REJECT new');
    await two.remove('bad', 'old.example');
    await node.restart();
    await converged(one, two);
    expect([two.found('new.example'), one.found('old.example')]).toEqual(['REJECT new', undefined]);
  });
});
