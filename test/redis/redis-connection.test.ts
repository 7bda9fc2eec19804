/** The connection against real redis-servers that die, stall, refuse and come back. */
import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RedisConnection } from '../../src/redis/redis-connection.ts';
import { RedisFailure } from '../../src/redis/redis-failure.ts';
import type { RedisSetting } from '../../src/redis/redis-options.ts';
import { RedisScript } from '../../src/redis/redis-script.ts';
import { MAKE_CERTIFICATES } from '../support/certificates.ts';
import { freePort, type PrivateServer } from '../support/private-server.ts';
import { askRedis, startCluster, startRedis, startSentinels, until } from '../support/redis.ts';
import { requirement } from '../support/requirements.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { optionsFor } from './redis-setting.ts';

const run = promisify(execFile);

interface Heard {
  readonly connection: RedisConnection;
  /** `up`, `down: REASON`, in order. */
  readonly changes: string[];
}

async function open(given: Partial<RedisSetting>): Promise<Heard> {
  const connection = new RedisConnection(optionsFor(given), { name: 'test' });
  onTestFinished(() => connection.close());
  const changes: string[] = [];
  connection.onChange(({ state, reason }) => changes.push(state === 'up' ? 'up' : `down: ${reason}`));
  await connection.open();
  return { connection, changes };
}

async function server(...settings: string[]): Promise<PrivateServer> {
  const started = await startRedis(...settings);
  onTestFinished(() => started.stop());
  return started;
}

async function get(connection: RedisConnection, name: string): Promise<unknown> {
  return (await connection.ask('GET', [connection.key(name)])) ?? undefined;
}

/** @returns why it is not set */
async function set(
  connection: RedisConnection,
  name: string,
  value: string,
  ttlMs: number,
): Promise<RedisFailure | undefined> {
  const reply = await connection.ask('SET', [connection.key(name), value, 'PX', ttlMs]);
  return reply instanceof RedisFailure ? reply : undefined;
}

const urlOf = ({ port }: { port: number }) => `redis://127.0.0.1:${port}`;

describe.skipIf(!requirement('redis').isMet)('a connection to Redis', () => {
  test('sets and gets, with the prefix', async () => {
    const redis = await server();
    const { connection } = await open({ url: urlOf(redis), key_prefix: 'here:' });
    await until('up', () => connection.isUp);
    expect(await get(connection, 'name')).toBeUndefined();
    expect(await set(connection, 'name', 'välue', 60_000)).toBeUndefined();
    expect(await get(connection, 'name')).toBe('välue');
    expect(await askRedis(redis.port, 'GET', 'here:name')).toBe('välue');
    expect(Number(await askRedis(redis.port, 'PTTL', 'here:name'))).toBeGreaterThan(0);
    expect(connection.stats.answered).toBeGreaterThanOrEqual(4);
    expect(connection.stats.latencies().at(-1)).toBe(connection.stats.answered);
  });

  test('runs a script that Redis does not know yet, and knows it after a flush of scripts', async () => {
    const redis = await server();
    const { connection } = await open({ url: urlOf(redis) });
    await until('up', () => connection.isUp);
    const script = new RedisScript(`return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}`);
    expect(await connection.run(script, [connection.key('n')], ['x'])).toEqual(['postward:n', 'x', 1]);
    expect(await connection.run(script, [connection.key('n')], ['x'])).toEqual(['postward:n', 'x', 2]);
    await askRedis(redis.port, 'SCRIPT', 'FLUSH');
    expect(await connection.run(script, [connection.key('n')], ['x'])).toEqual(['postward:n', 'x', 3]);
  });

  test('redis-is-not-there-at-the-start', async () => {
    const redis = await server();
    await redis.kill();
    const { connection, changes } = await open({ url: urlOf(redis) });
    await until('known to be down', () => connection.state === 'down');
    expect(await get(connection, 'name')).toMatchObject({ kind: 'down' });
    await redis.restart();
    await until('up', () => connection.isUp);
    expect(changes).toEqual([`down: connect ECONNREFUSED 127.0.0.1:${redis.port}`, 'up']);
  });

  test('redis-dies-and-returns', async () => {
    const redis = await server();
    const { connection, changes } = await open({ url: urlOf(redis) });
    await until('up', () => connection.isUp);
    await redis.kill();
    await until('down', () => connection.state === 'down');
    expect(await get(connection, 'name')).toBeInstanceOf(RedisFailure);
    await redis.restart();
    await until('up again', () => connection.isUp);
    expect(await get(connection, 'name')).toBeUndefined();
    expect(changes).toEqual(['up', expect.stringMatching(/^down: /), 'up']);
    expect(connection.stats.outages).toBe(1);
  });

  test('redis-stalls: a few commands wait their time, the others do not wait, and it is found again', async () => {
    const redis = await server();
    const { connection, changes } = await open({ url: urlOf(redis) });
    await until('up', () => connection.isUp);
    await redis.pause();
    const kinds: string[] = [];
    for (let count = 0; count < 50; count++) {
      const reply = await get(connection, 'name');
      kinds.push(reply instanceof RedisFailure ? reply.kind : 'answered');
    }
    // The heartbeat may be the one that waits.
    expect(kinds.filter((kind) => kind === 'timeout').length).toBeLessThanOrEqual(3);
    expect(kinds.at(-1)).toBe('down');
    await redis.resume();
    await until('up again', () => connection.isUp);
    expect(await get(connection, 'name')).toBeUndefined();
    expect(changes).toEqual(['up', expect.stringMatching(/^down: no answer within \d+ ms$/), 'up']);
  });

  test('redis-stalls: what waits is bounded, and is let go with the silent connection', async () => {
    const redis = await server();
    const { connection } = await open({ url: urlOf(redis) });
    await until('up', () => connection.isUp);
    await redis.pause();
    const replies = await Promise.all(Array.from({ length: 5000 }, () => get(connection, 'name')));
    const kinds = new Set(replies.map((reply) => (reply instanceof RedisFailure ? reply.kind : 'answered')));
    expect(kinds).toEqual(new Set(['timeout', 'overloaded']));
    await until('nothing waits', () => connection.stats.inFlight <= 1);
    await redis.resume();
    await until('up again', () => connection.isUp);
  });

  test('the-network-is-cut, and falls silent', async () => {
    const redis = await server();
    const proxy = await TcpProxy.start(redis.port);
    onTestFinished(() => proxy.stop());
    const { connection } = await open({ url: urlOf(proxy) });
    await until('up', () => connection.isUp);
    await proxy.cut();
    await until('down', () => connection.state === 'down');
    await proxy.mend();
    await until('up again', () => connection.isUp);
    proxy.silence();
    await until('down', () => connection.state === 'down');
    await proxy.mend();
    await until('up again', () => connection.isUp);
  });

  test('redis-wants-another-password: said once, without the password, until it is right', async () => {
    const redis = await server('--requirepass', 'the-right-one');
    const { connection, changes } = await open({ url: urlOf(redis), password: 'wrong-secret' });
    await until('refused', () => changes.length > 0);
    expect(changes).toEqual([expect.stringMatching(/^down: WRONGPASS invalid username-password pair/)]);
    await askRedisAs(redis, 'the-right-one', 'CONFIG', 'SET', 'requirepass', 'wrong-secret');
    await until('up', () => connection.isUp);
    expect(JSON.stringify(changes)).not.toContain('wrong-secret');
    expect(changes).toHaveLength(2);
  });

  test('redis-wants-a-password and none is set', async () => {
    const redis = await server('--requirepass', 'secret');
    const { changes } = await open({ url: urlOf(redis) });
    await until('refused', () => changes.length > 0);
    expect(changes).toEqual([expect.stringMatching(/^down: NOAUTH/)]);
  });

  test('a user and password in the URL', async () => {
    const redis = await server();
    await askRedis(redis.port, 'ACL', 'SETUSER', 'mta', 'on', '>p@ss', '~postward:*', '+@all');
    const { connection } = await open({ url: `redis://mta:p%40ss@127.0.0.1:${redis.port}` });
    await until('up', () => connection.isUp);
    expect(connection.label).toBe(`redis://127.0.0.1:${redis.port}`);
    expect(await set(connection, 'a', 'b', 1000)).toBeUndefined();
  });

  test('redis-denies-a-command: an answer with its code, and no outage', async () => {
    const redis = await server();
    await askRedis(redis.port, 'ACL', 'SETUSER', 'default', '-set');
    const { connection, changes } = await open({ url: urlOf(redis) });
    await until('up', () => connection.isUp);
    expect(await set(connection, 'a', 'b', 1000)).toMatchObject({ kind: 'refused', code: 'NOPERM' });
    expect(changes).toEqual(['up']);
  });

  test('redis-is-full', async () => {
    const redis = await server('--maxmemory-policy', 'noeviction');
    const { connection } = await open({ url: urlOf(redis) });
    await until('up', () => connection.isUp);
    await askRedis(redis.port, 'CONFIG', 'SET', 'maxmemory', '1');
    expect(await set(connection, 'a', 'b'.repeat(1000), 1000)).toMatchObject({
      kind: 'refused',
      code: 'OOM',
    });
    expect(await get(connection, 'a')).toBeUndefined();
    expect(connection.isUp).toBe(true);
  });

  test('a-key-of-another-type', async () => {
    const redis = await server();
    await askRedis(redis.port, 'RPUSH', 'postward:a', 'x');
    const { connection } = await open({ url: urlOf(redis) });
    await until('up', () => connection.isUp);
    expect(await get(connection, 'a')).toMatchObject({ kind: 'refused', code: 'WRONGTYPE' });
  });

  test('what speaks is no Redis', async () => {
    const { createServer } = await import('node:http');
    const web = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    onTestFinished(() => void web.close());
    await new Promise((resolve) => web.once('listening', resolve));
    const address = web.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { connection } = await open({ url: `redis://127.0.0.1:${port}` });
    await until('down', () => connection.state === 'down');
    expect(await get(connection, 'a')).toMatchObject({ kind: 'down' });
  });

  test('TLS: with certificates on both sides, and not without', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'postward-tls-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await run('/bin/sh', ['-c', MAKE_CERTIFICATES], { cwd: directory });
    // The server runs as nobody.
    await run('chmod', ['-R', 'a+rX', directory]);
    const file = (name: string) => join(directory, name);
    const tlsPort = await freePort();
    await server(
      ...['--tls-port', String(tlsPort), '--tls-ca-cert-file', file('ca.pem')],
      ...['--tls-cert-file', file('server.pem'), '--tls-key-file', file('server.key')],
    );
    const url = `rediss://127.0.0.1:${tlsPort}`;
    const ours = { certificate_file: file('client.pem'), key_file: file('client.key') };
    const { connection } = await open({ url, tls: { enabled: false, ca_file: file('ca.pem'), ...ours } });
    await until('up', () => connection.isUp);
    expect(await set(connection, 'a', 'b', 1000)).toBeUndefined();
    const refusals: [tls: RedisSetting['tls'], reason: RegExp][] = [
      [{ enabled: true, ca_file: file('other-ca.pem'), ...ours }, /certificate|issuer/],
      [{ enabled: true, ca_file: file('ca.pem'), ...ours, server_name: 'other.test' }, /altnames/],
      [{ enabled: true, ca_file: file('ca.pem') }, /./],
    ];
    const sockets: Socket[] = [];
    const note = (message: unknown) => void sockets.push((message as { readonly socket: Socket }).socket);
    subscribe('net.client.socket', note);
    for (const [tls, reason] of refusals) {
      const refused = await open({ url, tls });
      await until('refused', () => refused.connection.state === 'down');
      expect(refused.connection.reason).toMatch(reason);
    }
    unsubscribe('net.client.socket', note);
    // An alert that was under way may come as a second error, which nobody would listen for.
    expect(sockets.length).toBeGreaterThanOrEqual(refusals.length);
    for (const socket of sockets) expect(() => socket.emit('error', new Error('late'))).not.toThrow();
  });

  test('sentinel-fails-over: the new master is found', async () => {
    const group = await startSentinels('mails');
    onTestFinished(() => group.stop());
    const { connection } = await open({ sentinel: { name: 'mails', nodes: group.nodes } });
    await until('up', () => connection.isUp);
    expect(await set(connection, 'a', 'before', 60_000)).toBeUndefined();
    await group.master.kill();
    await until('down', () => !connection.isUp);
    await until('up again', () => connection.isUp);
    expect(await group.masterPort()).toBe(group.replica.port);
    expect(await set(connection, 'a', 'after', 60_000)).toBeUndefined();
    expect(await askRedis(group.replica.port, 'GET', 'postward:a')).toBe('after');
  });

  test('a Cluster: keys on every node, and one node that dies', async () => {
    const cluster = await startCluster();
    onTestFinished(() => cluster.stop());
    const { connection } = await open({ cluster: cluster.nodes });
    await until('up', () => connection.isUp);
    const names = Array.from({ length: 30 }, (_, index) => `name-${index}`);
    for (const name of names) expect(await set(connection, name, name, 60_000)).toBeUndefined();
    expect(await Promise.all(names.map((name) => get(connection, name)))).toEqual(names);
    const sizes = await Promise.all(cluster.servers.map(({ port }) => askRedis(port, 'DBSIZE')));
    expect(sizes.every((size) => Number(size) > 0)).toBe(true);

    const node = await cluster.serverOf('postward:{lists}');
    await node.kill();
    await until('down', () => !connection.isUp);
    await node.restart();
    await until('up again', () => connection.isUp);
    await until('all keys again', async () => {
      const values = await Promise.all(names.map((name) => get(connection, name)));
      return values.every((value, index) => value === names[index]);
    });
  });
});

async function askRedisAs(redis: PrivateServer, password: string, ...command: [string, ...string[]]) {
  const { Redis } = await import('ioredis');
  const client = new Redis({ host: '127.0.0.1', port: redis.port, password });
  try {
    return await client.call(...command);
  } finally {
    client.disconnect();
  }
}
