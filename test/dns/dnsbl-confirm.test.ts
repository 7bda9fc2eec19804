/** When a listing counts: what a list has to show first, and what that costs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { WatchedList } from '../../src/dns/watched-list.ts';
import { testEntries, type Watch, watchLists } from './watch-lists.ts';

const HEALTHY = testEntries('bl.test');
const WORLD = '*.bl.test A 127.0.0.2\n';
/** Every IPv6 address there is, and no IPv4 address. */
const IPV6_WORLD = Array.from('0123456789abcdef', (nibble) => `*.${nibble}.bl.test A 127.0.0.2\n`).join('');

/** Asks about a name, as a restriction does that finds it listed. */
async function counts(watch: Watch, list: WatchedList, name: string): Promise<boolean> {
  const answer = await watch.resolver.lookup(name, 'A');
  return answer.status === 'found' && watch.health.confirm(list, answer, name);
}

const client = (number: number): string => `${number % 256}.${number >> 8}.0.203.bl.test`;
const ipv6Client = (last: string): string => `${last}${'.0'.repeat(23)}.0.6.8.4.1.0.0.2.bl.test`;

async function countedOf(watch: Watch, list: WatchedList, names: readonly string[]): Promise<number> {
  let counted = 0;
  for (const name of names) if (await counts(watch, list, name)) counted += 1;
  return counted;
}

const strangers = (length: number): string[] => Array.from({ length }, (_, number) => client(number));

describe('every listing has to be shown', () => {
  const SHOWN = { confirmMs: 0 };

  test('before the first probe has come back, too', async () => {
    const watch = await watchLists(WORLD, SHOWN);
    const list = watch.list('bl.test');
    expect(await counts(watch, list, client(1))).toBe(false);
    expect(list.fault?.code).toBe('lists_the_world');
  });

  test('with one question, about its own family; once for each answer', async () => {
    const listed = `${HEALTHY}@dnsbl bl.test 203.0.0.1 127.0.0.2\n@dnsbl bl.test 2001:db8:1::1 127.0.0.2\n`;
    const watch = await watchLists(listed, SHOWN);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const answer = await watch.resolver.lookup(client(1), 'A');
    watch.dns.clearQueries();
    expect(await watch.health.confirm(list, answer, client(1))).toBe(true);
    expect(watch.dns.queries.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^(?:\d+\.){3}(?:0|24\d|25[0-4])\.bl\.test$/),
    ]);
    expect(watch.health.confirm(list, answer, client(1)), 'nobody waits').toBe(true);
    const ipv6 = `1${'.0'.repeat(19)}.1.0.0.0.8.b.d.0.1.0.0.2.bl.test`;
    expect(await counts(watch, list, ipv6)).toBe(true);
    expect(watch.dns.queries.map(({ name }) => name).slice(1)).toEqual([
      ipv6,
      expect.stringMatching(/^(?:[\da-f]\.){24}8\.b\.d\.0\.1\.0\.0\.2\.bl\.test$/),
    ]);
  });

  test('of domains, with a name', async () => {
    const watch = await watchLists('test.rhs.test A 127.0.0.2\nspam.test.rhs.test A 127.0.0.2\n', SHOWN);
    const list = watch.list('rhs.test', 'domain');
    await watch.health.probeAll();
    watch.dns.clearQueries();
    expect(await counts(watch, list, 'spam.test.rhs.test')).toBe(true);
    expect(watch.dns.queries.map(({ name }) => name)).toEqual([
      'spam.test.rhs.test',
      expect.stringMatching(/^postward-[\da-f]{16}\.rhs\.test$/),
    ]);
  });

  test.each([0, 10, 200])('after %i true listings in a row none of the world counts', async (wave) => {
    const watch = await watchLists(`${HEALTHY}*.51.198.bl.test A 127.0.0.2\n`, SHOWN);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const spammers = Array.from({ length: wave }, (_, number) => `${number}.100.51.198.bl.test`);
    expect(await countedOf(watch, list, spammers)).toBe(wave);
    watch.dns.setZone(WORLD);
    expect(await countedOf(watch, list, strangers(100))).toBe(0);
    expect(list.fault?.code).toBe('lists_the_world');
  });

  test.each([2, 3, 5])('none counts with one in %i still "not listed" in the resolver', async (every) => {
    const watch = await watchLists(HEALTHY, SHOWN);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const names = strangers(100);
    const kept = names.filter((_, number) => number % every === 0).map((name) => `${name} TXT "kept"\n`);
    const false_ = names.filter((_, number) => number % every !== 0).map((name) => `${name} A 127.0.0.2\n`);
    // The test entry stays, so that no wildcard matches beside it.
    watch.dns.setZone(`${HEALTHY}${WORLD}${kept.join('')}${false_.join('')}`);
    expect(await countedOf(watch, list, names)).toBe(0);
    expect(list.fault?.code).toBe('lists_the_world');
  });

  test('a list that lists all of IPv6 is found out by its first listing', async () => {
    const watch = await watchLists(HEALTHY, SHOWN);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    watch.dns.setZone(`${HEALTHY}${IPV6_WORLD}`);
    expect(await countedOf(watch, list, Array.from('0123456789', ipv6Client))).toBe(0);
    expect(list.fault?.code).toBe('lists_the_world');
  });

  test('a list that lists all of IPv6 from the start is found out by its probes', async () => {
    const watch = await watchLists(`${HEALTHY}${IPV6_WORLD.replace('*.0.bl.test', 'x.0.bl.test')}`);
    watch.list('bl.test');
    await watch.until('bl.test aside lists_the_world');
  });

  test('a listing that nobody shows to be one does not count, however clean the last probe', async () => {
    const watch = await watchLists(`${HEALTHY}${client(1)} A 127.0.0.2\n`, { ...SHOWN, timeoutMs: 150 });
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const answer = await watch.resolver.lookup(client(1), 'A');
    watch.dns.pause();
    expect(await watch.health.confirm(list, answer, client(1))).toBe(false);
    watch.dns.resume();
    expect(await watch.health.confirm(list, answer, client(1)), 'the next that asks').toBe(true);
  });

  test('of a list whose fresh points are never answered no listing counts, and it is set aside', async () => {
    const names = strangers(20);
    const silent = `*.bl.test !TIMEOUT\n${HEALTHY}2.0.0.127.bl.test !DELAY 1\n`;
    const watch = await watchLists(HEALTHY, { ...SHOWN, timeoutMs: 150 });
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    watch.dns.setZone(silent + names.map((name) => `${name} A 127.0.0.2\n${name} !DELAY 1\n`).join(''));
    expect(await countedOf(watch, list, names)).toBe(0);
    await watch.until('bl.test aside times_out');
  });

  test('an error code in the place of one fresh name is weighed with the others', async () => {
    const reserved = [0, ...Array.from({ length: 15 }, (_, number) => 240 + number)];
    const odd = reserved.map((octet) => `*.${octet}.bl.test A 127.255.255.252\n`).join('');
    // The names of mapped addresses end in zeros as well.
    const watch = await watchLists(
      `${HEALTHY}${client(1)} A 127.0.0.2\n${odd}*.0.0.0.0.0.bl.test !NXDOMAIN\n`,
      SHOWN,
    );
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    expect(await counts(watch, list, client(1))).toBe(true);
    watch.dns.setZone(`${client(2)} A 127.0.0.2\n*.bl.test A 127.255.255.255\n`);
    expect(await counts(watch, list, client(2))).toBe(false);
    expect(list.fault?.code).toBe('refuses');
  });

  test('is not shown by a question that was asked before it came', async () => {
    const watch = await watchLists(`${HEALTHY}${client(1)} A 127.0.0.2\n`, SHOWN);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const answer = await watch.resolver.lookup(client(1), 'A');
    // Answered as of now, and late.
    watch.dns.setZone(`${HEALTHY}${client(1)} A 127.0.0.2\n*.bl.test !DELAY 300\n`);
    watch.dns.clearQueries();
    const early = watch.health.confirm(list, answer, client(1));
    while (watch.dns.received === 0) await sleep(5);
    watch.dns.setZone(WORLD);
    const late = counts(watch, list, client(7));
    expect(await early).toBe(true);
    expect(await late).toBe(false);
    expect(list.fault?.code).toBe('lists_the_world');
  });

  test('many at once share the questions', async () => {
    const names = strangers(50);
    const watch = await watchLists(HEALTHY + names.map((name) => `${name} A 127.0.0.2\n`).join(''), SHOWN);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const answers = await Promise.all(names.map((name) => watch.resolver.lookup(name, 'A')));
    watch.dns.clearQueries();
    const counted = await Promise.all(
      answers.map((answer, at) => watch.health.confirm(list, answer, names[at] ?? '')),
    );
    expect(counted.every((isCounted) => isCounted)).toBe(true);
    expect(watch.dns.received).toBe(1);
  });

  test('of a list that no policy asks any more it does not count', async () => {
    const watch = await watchLists(`${HEALTHY}${client(1)} A 127.0.0.2\n`, SHOWN);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const answer = await watch.resolver.lookup(client(1), 'A');
    const onItsWay = watch.health.confirm(list, answer, client(1));
    watch.health.watch([]);
    expect(await onItsWay).toBe(false);
    expect(watch.health.confirm(list, answer, client(1))).toBe(false);
  });

  test('of a list that no probe has ever reached it does not count', async () => {
    const watch = await watchLists(
      `*.bl.test !TIMEOUT\n${client(1)} A 127.0.0.2\n${client(1)} !DELAY 1\n`,
      SHOWN,
    );
    expect(await counts(watch, watch.list('bl.test'), client(1))).toBe(false);
  });
});

describe('with a time for which a clean probe vouches', () => {
  const WINDOW = { confirmMs: 60_000 };

  test('two listings count at once, the third is shown', async () => {
    const watch = await watchLists(`${HEALTHY}*.203.bl.test A 127.0.0.2\n`, WINDOW);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const answers = await Promise.all([1, 2, 3].map((number) => watch.resolver.lookup(client(number), 'A')));
    const said = answers.map((answer, at) => watch.health.confirm(list, answer, client(at + 1)));
    expect(said.slice(0, 2), 'nobody waits').toEqual([true, true]);
    expect(said[2]).toBeInstanceOf(Promise);
    expect(await said[2]).toBe(true);
  });

  test.each([
    ['in a row', 0],
    ['with "not listed" between', 3],
  ])('two of the world count at most, %s', async (_how, every) => {
    const watch = await watchLists(HEALTHY, WINDOW);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const names = strangers(60);
    const kept = every === 0 ? [] : names.filter((_, number) => number % every === 0);
    // It begins to list the world a moment after a clean probe.
    watch.dns.setZone(`${WORLD}${kept.map((name) => `${name} !NXDOMAIN\n`).join('')}`);
    expect(await countedOf(watch, list, names)).toBe(2);
    expect(list.fault?.code).toBe('lists_the_world');
  });

  test('two of many at once', async () => {
    const watch = await watchLists(HEALTHY, WINDOW);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    watch.dns.setZone(WORLD);
    const counted = await Promise.all(strangers(50).map((name) => counts(watch, list, name)));
    expect(counted.filter((isCounted) => isCounted).length).toBeLessThanOrEqual(2);
    expect(list.fault?.code).toBe('lists_the_world');
  });

  test('after that time it is shown again', async () => {
    let nowMs = 1_000;
    const watch = await watchLists(`${HEALTHY}*.203.bl.test A 127.0.0.2\n`, {
      confirmMs: 5_000,
      now: () => nowMs,
    });
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    nowMs += 4_000;
    const answer = await watch.resolver.lookup(client(1), 'A');
    expect(watch.health.confirm(list, answer, client(1))).toBe(true);
    nowMs += 2_000;
    const late = await watch.resolver.lookup(client(2), 'A');
    expect(watch.health.confirm(list, late, client(2))).toBeInstanceOf(Promise);
  });
});
