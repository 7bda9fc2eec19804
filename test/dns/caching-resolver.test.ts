import { describe, expect, it } from 'vitest';
import { negative, tempfail } from '../../src/dns/answer.ts';
import { CachingResolver, type CachingResolverOptions } from '../../src/dns/caching-resolver.ts';
import type { DnsAnswer, DnsType, Resolver } from '../../src/dns/resolver.ts';
import { isPromise, type PromiseOrValue } from '../../src/util/promise-or-value.ts';

class ScriptedResolver implements Resolver {
  readonly asked: string[] = [];
  answer: (name: string) => PromiseOrValue<DnsAnswer>;

  constructor(answer: (name: string) => PromiseOrValue<DnsAnswer>) {
    this.answer = answer;
  }

  lookup(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    this.asked.push(`${name} ${type}`);
    return this.answer(name);
  }
}

function found(data: string, ttlSeconds: number): DnsAnswer {
  return { status: 'found', records: [{ data, preference: 0 }], ttlSeconds, reason: '' };
}

function setUp(answer: DnsAnswer, options: CachingResolverOptions = {}) {
  const clock = { nowMs: 1_000 };
  const upstream = new ScriptedResolver(() => Promise.resolve(answer));
  const cache = new CachingResolver(upstream, { now: () => clock.nowMs, ...options });
  return { cache, upstream, clock };
}

describe('keeping', () => {
  it('the second lookup is a plain value', async () => {
    const { cache, upstream } = setUp(found('192.0.2.1', 60));
    const first = cache.lookup('Host.test', 'A');
    expect(isPromise(first)).toBe(true);
    const answer = await first;
    expect(cache.lookup('hOST.test', 'A')).toBe(answer);
    expect(upstream.asked).toEqual(['host.test A']);
    expect(cache.stats).toMatchObject({ hits: 1, misses: 1, entries: 1, inFlight: 0 });
  });

  it('types are apart', async () => {
    const { cache, upstream } = setUp(found('192.0.2.1', 60));
    await cache.lookup('host.test', 'A');
    await cache.lookup('host.test', 'TXT');
    expect(upstream.asked).toEqual(['host.test A', 'host.test TXT']);
  });

  it('in-flight shared: a crowd asks once', async () => {
    const { cache, upstream } = setUp(found('192.0.2.1', 60));
    const answers = await Promise.all(Array.from({ length: 200 }, () => cache.lookup('host.test', 'A')));
    expect(new Set(answers).size).toBe(1);
    expect(upstream.asked).toHaveLength(1);
    expect(cache.stats).toMatchObject({ misses: 1, shared: 199, inFlight: 0 });
  });

  it('what upstream knows at once is passed on at once', () => {
    const cache = new CachingResolver(new ScriptedResolver(() => negative('nxdomain', 60)));
    expect(cache.lookup('a..b', 'A')).toMatchObject({ status: 'nxdomain' });
    expect(cache.stats.entries).toBe(0);
  });
});

describe('time', () => {
  async function keptForMs(answer: DnsAnswer, options: CachingResolverOptions = {}): Promise<number> {
    const { cache, upstream, clock } = setUp(answer, options);
    await cache.lookup('host.test', 'A');
    const start = clock.nowMs;
    let [low, high] = [0, 10_000_000_000];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      // A fresh cache for each probe, since looking renews nothing but removes what is over.
      const probe = setUp(answer, options);
      await probe.cache.lookup('host.test', 'A');
      probe.clock.nowMs = start + middle;
      if (isPromise(probe.cache.lookup('host.test', 'A'))) high = middle;
      else low = middle + 1;
    }
    expect(upstream.asked).toHaveLength(1);
    return low;
  }

  it('ttl honoured', async () => {
    expect(await keptForMs(found('192.0.2.1', 60))).toBe(60_000);
  });

  it('negative ttl honoured', async () => {
    expect(await keptForMs(negative('nxdomain', 45))).toBe(45_000);
    expect(await keptForMs(negative('nodata', 46))).toBe(46_000);
  });

  it('floor and ceiling', async () => {
    const options = {
      minTtlSeconds: 5,
      maxTtlSeconds: 100,
      minNegativeTtlSeconds: 7,
      maxNegativeTtlSeconds: 50,
    };
    expect(await keptForMs(found('192.0.2.1', 0), options)).toBe(5_000);
    expect(await keptForMs(found('192.0.2.1', 1_000_000), options)).toBe(100_000);
    expect(await keptForMs(negative('nxdomain', 0), options)).toBe(7_000);
    expect(await keptForMs(negative('nodata', 0), options)).toBe(7_000);
    expect(await keptForMs(negative('nxdomain', 1_000_000), options)).toBe(50_000);
    expect(await keptForMs(negative('nodata', 1_000_000), options)).toBe(50_000);
  });

  it('a failure is kept for seconds only', async () => {
    expect(await keptForMs(tempfail('timeout'))).toBe(2_000);
    expect(await keptForMs(tempfail('timeout'), { tempfailTtlSeconds: 4, minTtlSeconds: 60 })).toBe(4_000);
  });

  it('what is over is asked anew and replaced', async () => {
    const { cache, upstream, clock } = setUp(found('192.0.2.1', 60));
    await cache.lookup('host.test', 'A');
    clock.nowMs += 60_000;
    upstream.answer = () => Promise.resolve(found('192.0.2.2', 60));
    expect((await cache.lookup('host.test', 'A')).records[0]?.data).toBe('192.0.2.2');
    expect(cache.stats).toMatchObject({ entries: 1, misses: 2 });
  });
});

describe('bounds', () => {
  it('cache bounded under a flood of names; who is asked for often stays', async () => {
    const { cache, clock } = setUp(found('192.0.2.1', 3600), { maxEntries: 1000 });
    await cache.lookup('popular.test', 'A');
    clock.nowMs += 6_000;
    for (let index = 0; index < 20_000; index += 1) {
      await cache.lookup(`n${index}.flood.test`, index % 2 === 0 ? 'A' : 'MX');
      if (index % 100 === 0) await cache.lookup('popular.test', 'A');
    }
    expect(cache.stats.entries).toBe(1000);
    expect(cache.stats.evictions).toBe(19_001);
    expect(isPromise(cache.lookup('popular.test', 'A'))).toBe(false);
    expect(isPromise(cache.lookup('n1.flood.test', 'MX'))).toBe(true);
  });

  it('bytes are bounded too', async () => {
    const text = 'x'.repeat(4000);
    const { cache } = setUp(found(text, 3600), { maxBytes: 100_000 });
    for (let index = 0; index < 200; index += 1) await cache.lookup(`n${index}.test`, 'TXT');
    expect(cache.stats.bytes).toBeLessThanOrEqual(100_000);
    expect(cache.stats.entries).toBe(22);
  });

  it('an answer larger than all the room is not kept, and harms nothing', async () => {
    const { cache } = setUp(found('x'.repeat(4000), 3600), { maxBytes: 1000 });
    await cache.lookup('a.test', 'TXT');
    expect(cache.stats).toMatchObject({ entries: 0, bytes: 0 });
    await cache.lookup('a.test', 'TXT');
    expect(cache.stats.misses).toBe(2);
  });

  it('room for nothing: sharing still works', async () => {
    const { cache, upstream } = setUp(found('192.0.2.1', 60), { maxEntries: 0 });
    await Promise.all([cache.lookup('a.test', 'A'), cache.lookup('a.test', 'A')]);
    await cache.lookup('a.test', 'A');
    expect(upstream.asked).toHaveLength(2);
  });
});

describe('looking and forgetting', () => {
  it('cachedAnswers: every type of a name, with the time it has left', async () => {
    const { cache, upstream, clock } = setUp(found('192.0.2.1', 60));
    await cache.lookup('host.test', 'A');
    clock.nowMs += 20_000;
    const nothing = negative('nodata', 30);
    upstream.answer = () => Promise.resolve(nothing);
    await cache.lookup('host.test', 'MX');
    await cache.lookup('other.test', 'MX');
    clock.nowMs += 10_000;
    expect(await cache.cachedAnswers('Host.TEST')).toEqual([
      { tier: 'memory', type: 'A', answer: found('192.0.2.1', 60), remainingSeconds: 30 },
      { tier: 'memory', type: 'MX', answer: nothing, remainingSeconds: 20 },
    ]);
    expect(await cache.cachedAnswers('unknown.test')).toEqual([]);
    expect(cache.stats.hits, 'looking is not asking').toBe(0);
  });

  it('flush forgets a name, or everything', async () => {
    const { cache } = setUp(found('192.0.2.1', 60));
    const isKnown = (name: string) => cache.cachedAnswers(name).then((answers) => answers.length > 0);
    for (const name of ['a.test', 'b.test', 'c.test']) await cache.lookup(name, 'A');
    await cache.lookup('a.test', 'MX');
    expect(await cache.flush('A.test')).toEqual({ entries: 2, isSharedFlushed: undefined });
    expect([await isKnown('a.test'), await isKnown('b.test')]).toEqual([false, true]);
    expect(cache.stats.entries).toBe(2);
    expect(await cache.flush()).toEqual({ entries: 2, isSharedFlushed: undefined });
    expect(cache.stats).toMatchObject({ entries: 0, bytes: 0 });
    await cache.lookup('c.test', 'A');
    expect(await isKnown('c.test')).toBe(true);
  });

  it('a lookup on its way when the cache is flushed is answered, and not kept', async () => {
    const { cache, upstream } = setUp(found('192.0.2.1', 60));
    const early = cache.lookup('host.test', 'A');
    await cache.flush('host.test');
    upstream.answer = () => Promise.resolve(found('192.0.2.2', 60));
    const late = cache.lookup('host.test', 'A');
    expect((await early).records[0]?.data).toBe('192.0.2.1');
    expect((await late).records[0]?.data).toBe('192.0.2.2');
    expect(cache.lookup('host.test', 'A')).toBe(await late);
    expect(cache.stats.inFlight).toBe(0);
  });
});
