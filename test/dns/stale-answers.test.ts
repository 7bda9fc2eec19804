/** RFC 8767 and stale-while-revalidate: what is served after its TTL, for how long, and when not. */
import { expect, it, vi } from 'vitest';
import { negative, tempfail } from '../../src/dns/answer.ts';
import { CachingResolver, type CachingResolverOptions } from '../../src/dns/caching-resolver.ts';
import type { DnsAnswer } from '../../src/dns/resolver.ts';
import { isPromise } from '../../src/util/promise-or-value.ts';

const OLD: DnsAnswer = found('192.0.2.1');
const NEW: DnsAnswer = found('192.0.2.2');
const FAILURE = tempfail('timeout');

function found(data: string): DnsAnswer {
  return { status: 'found', records: [{ data, preference: 0 }], ttlSeconds: 60, reason: '' };
}

function setUp(options: CachingResolverOptions) {
  const world = { nowMs: 0, asked: 0, answer: Promise.resolve(OLD) as Promise<DnsAnswer> };
  const upstream = {
    lookup() {
      world.asked += 1;
      return world.answer;
    },
  };
  const cache = new CachingResolver(upstream, { now: () => world.nowMs, ...options });
  return { cache, world, ask: () => cache.lookup('host.test', 'A') };
}

it('without the settings nothing is served after its TTL', async () => {
  const { world, ask } = setUp({});
  await ask();
  world.nowMs = 60_000;
  world.answer = Promise.resolve(FAILURE);
  expect(await ask()).toBe(FAILURE);
});

it('a failure is answered with the old answer, for as long as is allowed, and the servers are left alone', async () => {
  const { cache, world, ask } = setUp({ staleSeconds: 3600 });
  await ask();
  world.nowMs = 60_000;
  world.answer = Promise.resolve(FAILURE);
  expect(await ask()).toBe(OLD);
  expect(world.asked).toBe(2);
  world.nowMs += 29_999;
  expect(ask(), 'as a plain value').toBe(OLD);
  world.nowMs += 1;
  expect(await ask(), 'asked for again after 30 s').toBe(OLD);
  expect(world.asked).toBe(3);
  expect(cache.stats).toMatchObject({ hits: 0, stale: 3 });
  world.nowMs = 60_000 + 3_600_000 - 10_000;
  expect(await ask()).toBe(OLD);
  world.nowMs += 9_999;
  expect(ask()).toBe(OLD);
  world.nowMs += 1;
  expect(await ask(), 'too old').toBe(FAILURE);
});

it('the servers are back: the new answer takes the place of the old one', async () => {
  const { world, ask } = setUp({ staleSeconds: 3600 });
  await ask();
  world.nowMs = 60_000;
  world.answer = Promise.resolve(FAILURE);
  await ask();
  world.nowMs += 30_000;
  world.answer = Promise.resolve(NEW);
  expect(await ask()).toBe(NEW);
  expect(ask()).toBe(NEW);
});

it('"no longer there" is an answer, and ends the old one', async () => {
  const { world, ask } = setUp({ staleSeconds: 3600, revalidateSeconds: 0 });
  await ask();
  world.nowMs = 60_000;
  const gone = negative('nxdomain', 60);
  world.answer = Promise.resolve(gone);
  expect(await ask()).toBe(gone);
});

it('a failure never stands in for a failure', async () => {
  const { world, ask } = setUp({ staleSeconds: 3600, revalidateSeconds: 3600 });
  world.answer = Promise.resolve(FAILURE);
  await ask();
  world.nowMs = 2_000;
  expect(isPromise(ask())).toBe(true);
  expect(await ask()).toBe(FAILURE);
});

it('who waits for long gets the old answer; the new one is kept when it comes', async () => {
  vi.useFakeTimers();
  try {
    const { world, ask } = setUp({ staleSeconds: 3600 });
    await ask();
    world.nowMs = 60_000;
    let arrive: (answer: DnsAnswer) => void = () => {};
    world.answer = new Promise((resolve) => {
      arrive = resolve;
    });
    const [first, second] = [ask(), ask()];
    expect(first).toBe(second);
    await vi.advanceTimersByTimeAsync(1_799);
    expect(await Promise.race([first, 'waiting'])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toBe(OLD);
    expect(ask(), 'nobody else waits').toBe(OLD);
    arrive(NEW);
    await vi.advanceTimersByTimeAsync(0);
    expect(ask()).toBe(NEW);
    expect(world.asked).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

it('stale-while-revalidate: answered at once, asked once, fresh for the next', async () => {
  const { cache, world, ask } = setUp({ revalidateSeconds: 30 });
  await ask();
  world.nowMs = 60_000;
  world.answer = Promise.resolve(NEW);
  expect(ask()).toBe(OLD);
  expect(ask()).toBe(OLD);
  expect(world.asked).toBe(2);
  await world.answer;
  await undefined;
  expect(ask()).toBe(NEW);
  expect(cache.stats).toMatchObject({ stale: 2, hits: 1, misses: 2 });
});

it('stale-while-revalidate ends with its time', async () => {
  const { world, ask } = setUp({ revalidateSeconds: 30 });
  await ask();
  world.nowMs = 60_000 + 30_000;
  world.answer = Promise.resolve(NEW);
  expect(await ask()).toBe(NEW);
});

it('stale-while-revalidate meets a failure: the failure is told, unless stale answers may stand in', async () => {
  for (const [staleSeconds, expected] of [
    [0, FAILURE],
    [3600, OLD],
  ] as const) {
    const { world, ask } = setUp({ revalidateSeconds: 30, staleSeconds });
    await ask();
    world.nowMs = 60_000;
    world.answer = Promise.resolve(FAILURE);
    expect(ask()).toBe(OLD);
    await world.answer;
    await undefined;
    expect(ask()).toBe(expected);
  }
});

it('a failure that comes at once, since too much is under way, is answered with the old answer as well', async () => {
  let isOverloaded = false;
  let nowMs = 0;
  const upstream = { lookup: () => (isOverloaded ? tempfail('overloaded') : Promise.resolve(OLD)) };
  const cache = new CachingResolver(upstream, { now: () => nowMs, staleSeconds: 3600 });
  await cache.lookup('host.test', 'A');
  nowMs = 60_000;
  isOverloaded = true;
  expect(await cache.lookup('host.test', 'A')).toBe(OLD);
  expect(cache.stats.stale).toBe(1);
  expect((await cache.lookup('other.test', 'A')).reason).toBe('overloaded');
  isOverloaded = false;
  nowMs += 30_000;
  await cache.lookup('host.test', 'A');
  expect(cache.stats.misses, 'asked for again').toBe(4);
});
