/**
 * A day of mail, simulated on a virtual clock: two servers, each with the
 * resolver of the daemon, and a store between them that keeps time as Redis
 * does. Each of 100,000 clients comes once; clients and sender domains come
 * again as in a Zipf distribution; nine DNSBLs keep their answers between ten seconds and an
 * hour. From noon to one an attacker adds names that never come again.
 */
import { negative } from '../../src/dns/answer.ts';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import type { DnsAnswer, DnsType, Resolver } from '../../src/dns/resolver.ts';
import { SharedAnswers } from '../../src/dns/shared-answers.ts';
import { isPromise } from '../../src/util/promise-or-value.ts';
import { MemoryStore } from '../../test/support/memory-store.ts';

export interface DayOptions {
  readonly connections: number;
  readonly isShared: boolean;
  /** Names a second that an attacker chooses, from noon to one. */
  readonly floodPerSecond: number;
}

export interface DayResult {
  readonly clients: number;
  /** Of mail; the attacker's are not counted. */
  readonly lookups: number;
  readonly memoryHits: number;
  readonly sharedHits: number;
  readonly queries: number;
  /** Share of DNSBL lookups answered without a query, by the TTL of "not listed" in seconds. */
  readonly savedByTtl: ReadonlyMap<number, number>;
  /** Share of mail's lookups from noon to one that memory answered. */
  readonly noonMemoryShare: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxSharedKeys: number;
}

const CLIENTS = 100_000;
/** Coprime to their number. */
const SCATTER = 61_803;
const DOMAINS = 30_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** One client in three is on the lists, among those that come least often. */
const LISTED_SHARE = 1 / 3;
/** Seconds that nine lists let "not listed" be kept; a listing is kept for as long here. */
export const LIST_TTLS: readonly number[] = [10, 60, 150, 300, 300, 900, 1800, 2100, 3600];
const DOMAIN_TTLS: readonly number[] = [300, 3600, 86_400];
const SERVERS = 2;
/** The settings' own default (settings/settings.ts). */
const FLOOR_SECONDS = 5;
const CLIENT_EXPONENT = 1;
const DOMAIN_EXPONENT = 1;

/** A counter of what is asked, which knows every answer. */
class World implements Resolver {
  queries = 0;

  lookup(name: string, type: DnsType): Promise<DnsAnswer> {
    this.queries += 1;
    return Promise.resolve(answerTo(name, type));
  }
}

export async function simulateDay({ connections, isShared, floodPerSecond }: DayOptions): Promise<DayResult> {
  const random = generator(20_261_122);
  const clock = { nowMs: 0 };
  const now = (): number => clock.nowMs;
  const world = new World();
  const store = new MemoryStore(now);
  const tiers = Array.from({ length: SERVERS }, () => {
    const shared = isShared ? new SharedAnswers(store, 604_800) : undefined;
    const floors = { minTtlSeconds: FLOOR_SECONDS, minNegativeTtlSeconds: FLOOR_SECONDS };
    return { shared, cache: new CachingResolver(world, { now, ...floors, ...(shared && { shared }) }) };
  });
  const every = Math.max(2, Math.floor(connections / CLIENTS));
  const pickClient = zipf(CLIENTS, CLIENT_EXPONENT);
  const pickDomain = zipf(DOMAINS, DOMAIN_EXPONENT);
  const seen = new Set<number>();
  const lists = LIST_TTLS.map(() => ({ lookups: 0, queries: 0 }));
  const noon = { lookups: 0, hits: 0 };
  let [lookups, memoryHits, queries, flooded] = [0, 0, 0, 0];
  let [maxEntries, maxBytes, maxSharedKeys, nextSweepMs] = [0, 0, 0, 0];

  /** One lookup of mail; returns true when the DNS was asked. */
  const ask = async (cache: CachingResolver, name: string, type: DnsType): Promise<boolean> => {
    const before = world.queries;
    const answer = cache.lookup(name, type);
    const isHit = !isPromise(answer);
    if (!isHit) await answer;
    lookups += 1;
    if (isHit) memoryHits += 1;
    if (isNoon(clock.nowMs)) {
      noon.lookups += 1;
      if (isHit) noon.hits += 1;
    }
    const asked = world.queries - before;
    queries += asked;
    return asked > 0;
  };

  for (let count = 0; count < connections; count += 1) {
    clock.nowMs = timeOfDay((count + random()) / connections);
    const { cache } = tiers[Math.floor(random() * SERVERS)] ?? raise();
    // Every client once, scattered over the day; the others are those who come again.
    const client = count % every === 0 ? ((count / every) * SCATTER) % CLIENTS : pickClient(random());
    seen.add(client);
    for (const [index, list] of lists.entries()) {
      list.lookups += 1;
      if (await ask(cache, `${addressName(client)}.bl${index}.test`, 'A')) list.queries += 1;
    }
    await ask(cache, `d${pickDomain(random())}.mail.test`, 'MX');
    await ask(cache, `h${client}.helo.test`, 'A');

    if (isNoon(clock.nowMs)) {
      const due = (floodPerSecond * (clock.nowMs - 12 * HOUR_MS)) / 1000;
      for (; flooded < due; flooded += 1) {
        const { cache: victim } = tiers[flooded % SERVERS] ?? raise();
        await victim.lookup(`${Math.floor(random() * 1e12).toString(36)}.flood.test`, 'A');
      }
    }
    if (clock.nowMs >= nextSweepMs) {
      nextSweepMs += HOUR_MS / 6;
      maxSharedKeys = Math.max(maxSharedKeys, store.sweep());
      for (const { cache } of tiers) {
        maxEntries = Math.max(maxEntries, cache.stats.entries);
        maxBytes = Math.max(maxBytes, cache.stats.bytes);
      }
    }
  }
  const savedByTtl = new Map<number, number>();
  for (const [index, { lookups, queries }] of lists.entries()) {
    savedByTtl.set(LIST_TTLS[index] ?? 0, 1 - queries / lookups);
  }
  return {
    clients: seen.size,
    lookups,
    memoryHits,
    sharedHits: lookups - memoryHits - queries,
    queries,
    savedByTtl,
    noonMemoryShare: noon.hits / noon.lookups,
    maxEntries,
    maxBytes,
    maxSharedKeys,
  };
}

function answerTo(name: string, type: DnsType): DnsAnswer {
  const [first = ''] = name.split('.', 1);
  const list = /\.bl(\d)\.test$/.exec(name)?.[1];
  if (list !== undefined) {
    const ttlSeconds = LIST_TTLS[Number(list)] ?? 0;
    // The address holds the client's rank.
    const octets = name.split('.');
    const client = Number(octets[0]) | (Number(octets[1]) << 8) | (Number(octets[2]) << 16);
    const isListed = client > CLIENTS * (1 - LISTED_SHARE) && (client + Number(list)) % 2 === 0;
    return isListed ? found('127.0.0.2', ttlSeconds) : negative('nxdomain', ttlSeconds);
  }
  if (name.endsWith('.flood.test')) return negative('nxdomain', 900);
  const ttlSeconds = DOMAIN_TTLS[first.length % DOMAIN_TTLS.length] ?? 0;
  return found(type === 'MX' ? `mx.${name}` : '192.0.2.1', ttlSeconds);
}

function found(data: string, ttlSeconds: number): DnsAnswer {
  return { status: 'found', records: [{ data, preference: 0 }], ttlSeconds, reason: '' };
}

function addressName(client: number): string {
  return `${client & 255}.${(client >> 8) & 255}.${client >> 16}.10`;
}

/** Twice as much at two in the afternoon as at two in the night. */
function timeOfDay(share: number): number {
  // The inverse of the sum of 1 - cos / 3, by bisection.
  let [low, high] = [0, 1];
  for (let step = 0; step < 30; step += 1) {
    const middle = (low + high) / 2;
    const turn = 2 * Math.PI;
    const sum = middle - (Math.sin(turn * (middle - 1 / 12)) + Math.sin(turn / 12)) / (3 * turn);
    if (sum < share) low = middle;
    else high = middle;
  }
  return low * DAY_MS;
}

function isNoon(nowMs: number): boolean {
  return nowMs >= 12 * HOUR_MS && nowMs < 13 * HOUR_MS;
}

/** Ranks from 0, the first the likeliest: rank r with a probability in proportion to 1 / (r + 1) ** exponent. */
function zipf(ranks: number, exponent: number): (random: number) => number {
  const sums = new Float64Array(ranks);
  let sum = 0;
  for (let rank = 0; rank < ranks; rank += 1) {
    sum += 1 / (rank + 1) ** exponent;
    sums[rank] = sum;
  }
  return (random) => {
    let [low, high] = [0, ranks - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < random * sum) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** The same numbers in every run: mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function raise(): never {
  throw new Error('no server');
}
