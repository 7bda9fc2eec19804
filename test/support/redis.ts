/**
 * Real redis-servers for a test, each in a private directory and on a port of
 * its own: one alone, a master with replicas and Sentinels, a three-node
 * Cluster. To pause, kill, restart: see PrivateServer.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, PrivateServer } from './private-server.ts';

const PROGRAM = '/usr/bin/redis-server';
const START_LIMIT_MS = 30_000;

/** A private redis-server that keeps nothing on disk by itself. */
export async function startRedis(...settings: string[]): Promise<PrivateServer> {
  return await PrivateServer.start({
    prepare: () => ['true'],
    serve: (_directory, port) => [
      PROGRAM,
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', '.', '--save', '', '--daemonize', 'no'],
      ...settings,
    ],
    greet: async (_directory, port) => {
      const error = await askRedis(port, 'PING').then(
        () => undefined,
        (failure: Error) => failure,
      );
      // One that asks for a password, say, is there too.
      if (error !== undefined && !/^(NOAUTH|DENIED)/.test(error.message)) throw error;
    },
  });
}

/** As `startRedis`, with its data on disk at once: it survives `kill`. */
export async function startDurableRedis(...settings: string[]): Promise<PrivateServer> {
  return await startRedis('--appendonly', 'yes', '--appendfsync', 'always', ...settings);
}

/** One command, on a connection of its own. */
export async function askRedis(port: number, command: string, ...args: string[]): Promise<unknown> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    protocol: 2,
    retryStrategy: null,
    enableReadyCheck: false,
    disableClientInfo: true,
    commandTimeout: 5000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}

/** A master, one replica and three Sentinels that agree after half a second. */
export interface SentinelGroup {
  readonly master: PrivateServer;
  readonly replica: PrivateServer;
  readonly sentinels: readonly PrivateServer[];
  /** `HOST:PORT` of the Sentinels. */
  readonly nodes: readonly string[];
  /** Port of the server that the Sentinels call master now. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

export function startSentinels(name: string): Promise<SentinelGroup> {
  return together((servers) => watchedMaster(name, servers));
}

async function watchedMaster(name: string, servers: PrivateServer[]): Promise<SentinelGroup> {
  const master = await startRedis();
  const replica = await startRedis(
    '--replicaof',
    '127.0.0.1',
    String(master.port),
    '--repl-diskless-sync-delay',
    '0',
  );
  servers.push(master, replica);
  const sentinels: PrivateServer[] = [];
  for (let count = 0; count < 3; count++) {
    const sentinel = await startSentinel(name, master.port);
    sentinels.push(sentinel);
    servers.push(sentinel);
  }
  const first = sentinels[0]?.port ?? 0;
  await until('the Sentinels know each other and the replica', async () => {
    const fields = (await askRedis(first, 'SENTINEL', 'MASTER', name)) as string[];
    const value = (field: string) => fields[fields.indexOf(field) + 1];
    return value('num-slaves') === '1' && value('num-other-sentinels') === '2';
  });
  return {
    master,
    replica,
    sentinels,
    nodes: sentinels.map(({ port }) => `127.0.0.1:${port}`),
    async masterPort() {
      const [, port] = (await askRedis(first, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)) as string[];
      return Number(port);
    },
    async stop() {
      for (const server of [...sentinels, replica, master]) await server.stop();
    },
  };
}

async function startSentinel(name: string, masterPort: number): Promise<PrivateServer> {
  return await PrivateServer.start({
    // Sentinel writes what it learns into its configuration.
    prepare: () => [
      '/bin/sh',
      '-c',
      `printf '%s\\n' 'sentinel monitor ${name} 127.0.0.1 ${masterPort} 2' ` +
        `'sentinel down-after-milliseconds ${name} 500' 'sentinel failover-timeout ${name} 3000' > sentinel.conf`,
    ],
    serve: (directory, port) => [
      PROGRAM,
      join(directory, 'sentinel.conf'),
      ...['--sentinel', '--port', String(port), '--bind', '127.0.0.1'],
    ],
    greet: async (_directory, port) => {
      await askRedis(port, 'PING');
    },
  });
}

export interface RedisCluster {
  readonly servers: readonly PrivateServer[];
  /** `HOST:PORT` of the nodes. */
  readonly nodes: readonly string[];
  /** The node that keeps a key. */
  serverOf(key: string): Promise<PrivateServer>;
  stop(): Promise<void>;
}

/** Three masters without replicas. */
export function startCluster(): Promise<RedisCluster> {
  return together(wholeCluster);
}

async function wholeCluster(servers: PrivateServer[]): Promise<RedisCluster> {
  const busPorts = new Map<PrivateServer, number>();
  for (let count = 0; count < 3; count++) {
    // Nodes speak with each other on a second port, by default 10000 above, which may be none.
    const busPort = await freePort();
    const node = await startRedis(
      ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--appendonly', 'yes'],
      ...['--cluster-port', String(busPort)],
    );
    servers.push(node);
    busPorts.set(node, busPort);
  }
  const [first, second, third] = servers;
  if (first === undefined || second === undefined || third === undefined) throw new Error('no nodes');
  const ranges = [
    [first, 0, 5460],
    [second, 5461, 10_922],
    [third, 10_923, 16_383],
  ] as const;
  for (const [{ port }, from, to] of ranges) {
    await askRedis(port, 'CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
  }
  for (const [index, { port }] of servers.entries()) {
    await askRedis(port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
  }
  for (const node of [second, third]) {
    await askRedis(first.port, 'CLUSTER', 'MEET', '127.0.0.1', String(node.port), String(busPorts.get(node)));
  }
  for (const { port } of servers) {
    await until('the Cluster is whole', async () => {
      const info = String(await askRedis(port, 'CLUSTER', 'INFO'));
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
    });
  }
  return {
    servers,
    nodes: servers.map(({ port }) => `127.0.0.1:${port}`),
    async serverOf(key) {
      const slot = Number(await askRedis(first.port, 'CLUSTER', 'KEYSLOT', key));
      const found = ranges.find(([, from, to]) => slot >= from && slot <= to);
      if (found === undefined) throw new Error(`no node has slot ${slot}`);
      return found[0];
    },
    async stop() {
      for (const server of servers) await server.stop();
    },
  };
}

/** Servers that start as one or not at all. @param start puts each into the list as soon as it runs */
async function together<T>(start: (servers: PrivateServer[]) => Promise<T>): Promise<T> {
  const servers: PrivateServer[] = [];
  try {
    return await start(servers);
  } catch (error) {
    for (const server of servers) await server.stop();
    throw error;
  }
}

/**
 * Copies what `SAVE` has written; what is returned puts it back, for a server
 * that is not running then.
 */
export function keepData({ directory }: PrivateServer): () => void {
  const [file, kept] = [join(directory, 'dump.rdb'), join(directory, 'kept.rdb')];
  copyFileSync(file, kept);
  return () => copyFileSync(kept, file);
}

/** Waits until it is so. @throws Error naming what did not come */
export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const limit = performance.now() + START_LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`it did not come to this: ${what}`);
    await sleep(20);
  }
}
