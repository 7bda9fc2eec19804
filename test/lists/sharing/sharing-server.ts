/** A Postward as far as lists go, for tests of sharing: its own store, its lists, its connections to Redis. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Edit } from '../../../src/lists/edit.ts';
import { MAX_EDITS } from '../../../src/lists/list-changes.ts';
import { ListService } from '../../../src/lists/list-service.ts';
import { ListSharing } from '../../../src/lists/sharing/list-sharing.ts';
import type { SharingEvents } from '../../../src/lists/sharing/sharing-events.ts';
import type { RedisSetting } from '../../../src/redis/redis-options.ts';
import type { ListEntry } from '../../../src/store/list-records.ts';
import { Store } from '../../../src/store/store.ts';
import { StoreFailure } from '../../../src/store/store-failure.ts';
import { optionsFor } from '../../redis/redis-setting.ts';
import { until } from '../../support/redis.ts';

export interface Told {
  readonly event: keyof SharingEvents;
  readonly [field: string]: unknown;
}

export interface ServerOptions {
  readonly redis: Partial<RedisSetting>;
  /** Default: in memory. */
  readonly directory?: string;
  readonly now?: () => number;
  /** Default: so long that only outages and gaps call for a comparison. */
  readonly compareEveryMs?: number;
}

export class SharingServer {
  readonly store: Store;
  readonly lists: ListService;
  readonly sharing: ListSharing;
  /** What it told, in order. */
  readonly told: Told[];
  #isClosed = false;

  private constructor(store: Store, lists: ListService, sharing: ListSharing, told: Told[]) {
    this.store = store;
    this.lists = lists;
    this.sharing = sharing;
    this.told = told;
  }

  static async start(options: ServerOptions): Promise<SharingServer> {
    const store = await Store.open({ directory: options.directory, isSharing: true });
    const now = options.now ?? Date.now;
    const lists = await ListService.open({ store, now });
    if (lists instanceof StoreFailure) throw new Error(lists.message);
    const told: Told[] = [];
    const events = new Proxy({} as SharingEvents, {
      get: (_, event: keyof SharingEvents) => (fields: object) => told.push({ event, ...fields }),
    });
    const sharing = new ListSharing({
      lists,
      redis: optionsFor(options.redis),
      events,
      now,
      compareEveryMs: options.compareEveryMs ?? 600_000,
    });
    const server = new SharingServer(store, lists, sharing, told);
    onTestFinished(() => server.close());
    await sharing.start();
    return server;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.sharing.close();
    this.lists.close();
    await this.store.close();
  }

  /** @throws Error when the edits are not accepted */
  async apply(...edits: Edit[]): Promise<void> {
    const result = await this.lists.apply(edits, { actor: 'test' });
    if (result.kind !== 'applied') throw new Error(JSON.stringify(result).slice(0, 300));
  }

  async make(list: string): Promise<void> {
    await this.apply({ operation: 'describe', list, fields: { kind: 'any' } });
  }

  async put(list: string, key: string, action: string): Promise<void> {
    await this.apply({ operation: 'put', list, key, fields: { action } });
  }

  /** `h0.example` … with `REJECT 0` …, in transactions as large as they may be. */
  async fill(list: string, count: number): Promise<void> {
    const edits = Array.from({ length: count }, (_, index): Edit => {
      return { operation: 'put', list, key: `h${index}.example`, fields: { action: `REJECT ${index}` } };
    });
    for (let at = 0; at < edits.length; at += MAX_EDITS) await this.apply(...edits.slice(at, at + MAX_EDITS));
  }

  async remove(list: string, key: string): Promise<void> {
    await this.apply({ operation: 'remove', list, key });
  }

  /** What a policy finds; undefined for nothing. */
  found(subject: string): string | undefined {
    const matches = this.lists.match(subject);
    return 'error' in matches ? undefined : matches[0]?.action;
  }

  async entry(list: string, key: string): Promise<ListEntry | undefined> {
    const entry = await this.lists.entry(list, key);
    if (entry instanceof StoreFailure) throw new Error(entry.message);
    return entry;
  }

  /** The digests of its lists, as text. */
  async digests(): Promise<string> {
    const digests = await this.lists.digests();
    if (digests instanceof StoreFailure) throw new Error(digests.message);
    const lines = Array.from(digests, ([list, { digest, registers }]) => `${list} ${digest} ${registers}`);
    return lines.sort().join('\n');
  }

  async unshared(): Promise<number> {
    const changes = await this.lists.unshared(10_000);
    return changes instanceof StoreFailure ? Number.NaN : changes.length;
  }

  events(event: keyof SharingEvents): Told[] {
    return this.told.filter((told) => told.event === event);
  }

  async isUp(): Promise<void> {
    await until('Redis takes part', () => this.sharing.redis.isUp && this.sharing.following.isUp);
  }

  /** Redis has its edits. A command that takes too long is sent again, which whenShared does not wait for. */
  async isShared(): Promise<void> {
    await until('shared', () => this.sharing.whenShared(5000));
  }

  /** Its lists were compared with Redis since that came up. */
  async isSame(): Promise<void> {
    await until('the same as Redis', () => this.sharing.status.isSame);
  }
}

/** All servers have the same registers, in force, and Redis has their edits. */
export async function converged(...servers: SharingServer[]): Promise<void> {
  await until('all servers have the same', async () => {
    const digests = await Promise.all(servers.map((server) => server.digests()));
    const waiting = await Promise.all(servers.map((server) => server.unshared()));
    return new Set(digests).size === 1 && waiting.every((count) => count === 0);
  });
  // Digests are read on a thread of their own: what the writer has written may not be in force yet. It answers in order.
  await Promise.all(servers.map(({ store }) => store.ask('probe', undefined)));
}

/** Of two edits that two servers make in one millisecond either may count as the later one: one after this does. */
export async function later(): Promise<void> {
  for (const now = Date.now(); Date.now() <= now; ) await sleep(1);
}

/** A directory for a store; gone after the test. */
export async function storeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postward-sharing-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
