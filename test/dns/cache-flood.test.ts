/**
 * An attacker chooses HELO and sender names, each of them new: what a million
 * of them cost, and what they drive out.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { negative } from '../../src/dns/answer.ts';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import type { DnsAnswer } from '../../src/dns/resolver.ts';
import { isPromise } from '../../src/util/promise-or-value.ts';

const FLOOD = 1_000_000;
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 8 * 1024 * 1024;
const REGULARS = 1_000;
const ZONES = 9;

/** The heap after a full collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

function regularName(client: number, zone: number): string {
  return `${client & 255}.${client >> 8}.51.198.bl${zone}.test`;
}

it('cache bounded under a flood of a million names, and clients who come regularly stay', {
  timeout: 120_000,
}, async () => {
  let nowMs = 0;
  const upstream = {
    // A text of its own for every other answer, as senders' domains have.
    lookup: (name: string): Promise<DnsAnswer> =>
      Promise.resolve(
        name.startsWith('a')
          ? { status: 'found', records: [{ data: `v=${name}`, preference: 0 }], ttlSeconds: 3600, reason: '' }
          : negative('nxdomain', 3600),
      ),
  };
  const before = heapUsed();
  const cache = new CachingResolver(upstream, {
    maxEntries: MAX_ENTRIES,
    maxBytes: MAX_BYTES,
    now: () => nowMs,
  });
  // Regular clients have come twice, a minute apart.
  for (let visit = 0; visit < 2; visit += 1) {
    for (let client = 0; client < REGULARS; client += 1) {
      for (let zone = 0; zone < ZONES; zone += 1) await cache.lookup(regularName(client, zone), 'A');
    }
    nowMs += 60_000;
  }
  const missesBefore = cache.stats.misses;

  // A thousand a second, which is sixteen minutes; each name is asked for twice at once, by two recipients of a mail.
  let random = 12_345;
  for (let index = 0; index < FLOOD; index += 1) {
    random = (random * 1_103_515_245 + 12_345) & 0x7fffffff;
    const name = `${random & 1 ? 'a' : 'b'}${random.toString(36)}${index.toString(36)}.flood.test`;
    await cache.lookup(name, index % 3 === 0 ? 'MX' : 'A');
    if (isPromise(cache.lookup(name, index % 3 === 0 ? 'MX' : 'A'))) throw new Error('not kept at all');
    nowMs += 1;
  }
  const { entries, bytes, inFlight } = cache.stats;
  expect(cache.stats.misses - missesBefore).toBe(FLOOD);
  expect(entries).toBeLessThanOrEqual(MAX_ENTRIES);
  expect(entries, 'the room is used').toBeGreaterThan(MAX_ENTRIES * 0.9);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  expect(inFlight).toBe(0);
  expect(heapUsed() - before, 'what is counted is what it takes').toBeLessThan(1.5 * MAX_BYTES);

  let known = 0;
  for (let client = 0; client < REGULARS; client += 1) {
    for (let zone = 0; zone < ZONES; zone += 1) {
      if (!isPromise(cache.lookup(regularName(client, zone), 'A'))) known += 1;
    }
  }
  expect(known / (REGULARS * ZONES)).toBe(1);
});

it('protection is for what is of use: answers that are over make room first', async () => {
  let nowMs = 0;
  const upstream = { lookup: () => Promise.resolve(negative('nxdomain', 60)) };
  const cache = new CachingResolver(upstream, { maxEntries: 100, now: () => nowMs });
  for (let visit = 0; visit < 2; visit += 1) {
    for (let index = 0; index < 80; index += 1) await cache.lookup(`regular${index}.test`, 'A');
    nowMs += 30_000;
  }
  nowMs += 60_000;
  for (let index = 0; index < 100; index += 1) await cache.lookup(`new${index}.test`, 'A');
  expect(isPromise(cache.lookup('new0.test', 'A')), 'a hundred new ones have room').toBe(false);
});

it('all that is protected may in turn be driven out by what is asked for more', async () => {
  let nowMs = 0;
  const upstream = { lookup: () => Promise.resolve(negative('nxdomain', 3600)) };
  const cache = new CachingResolver(upstream, { maxEntries: 100, now: () => nowMs });
  const visit = async (who: string) => {
    for (let index = 0; index < 80; index += 1) await cache.lookup(`${who}${index}.test`, 'A');
    nowMs += 10_000;
  };
  await visit('old');
  await visit('old');
  // New regulars come in groups that fit into the room for newcomers.
  for (let group = 0; group < 8; group += 1) {
    for (let times = 0; times < 2; times += 1) {
      for (let index = 0; index < 10; index += 1) await cache.lookup(`new${group}-${index}.test`, 'A');
      nowMs += 10_000;
    }
  }
  let kept = 0;
  for (let group = 0; group < 8; group += 1) {
    for (let index = 0; index < 10; index += 1) {
      if (!isPromise(cache.lookup(`new${group}-${index}.test`, 'A'))) kept += 1;
    }
  }
  expect(kept).toBe(80);
});
