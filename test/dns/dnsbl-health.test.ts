/** What sets a DNSBL aside, what does not, and how it comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { DnsAnswer } from '../../src/dns/resolver.ts';
import { testEntries, watchLists } from './watch-lists.ts';

const HEALTHY = testEntries('bl.test');
const IMPATIENT = { timeoutMs: 150 };
/** ::FFFF:7F00:n, nibble by nibble. */
const MAPPED = (n: string) => `${n}.0.0.0.0.0.f.7.f.f.f.f${'.0'.repeat(20)}`;

test.each([
  ['lists everything', '*.bl.test A 127.0.0.2\n', 'lists_the_world'],
  // A wildcard does not match beside the test entry: 127.0.0.1 stays unlisted (RFC 4592 §2.2.2).
  [
    'lists everything and keeps its test entry',
    `${HEALTHY}*.bl.test A 127.0.0.2\n1.0.0.127.bl.test !NXDOMAIN\n`,
    'lists_the_world',
  ],
  ['lists 127.0.0.1', `${HEALTHY}@dnsbl bl.test 127.0.0.1 127.0.0.2\n`, 'lists_the_world'],
  ['lists ::ffff:127.0.0.1', `${HEALTHY}${MAPPED('1')}.bl.test A 127.0.0.2\n`, 'lists_the_world'],
  ['answers outside 127.0.0.0/8', '*.bl.test A 203.0.113.80\n', 'outside_loopback'],
  ['answers with an error code', '*.bl.test A 127.255.255.254\n', 'refuses'],
  ['gives an error code for its test entry', '2.0.0.127.bl.test A 127.255.255.255\n', 'refuses'],
  ['is refused to us', '*.bl.test !REFUSED\n', 'fails'],
  ['fails', '*.bl.test !SERVFAIL\n', 'fails'],
  ['does not answer', '*.bl.test !TIMEOUT\n', 'times_out'],
  ['has no zone', 'other.test A 192.0.2.1\n', 'vanished'],
])('a list that %s is set aside', async (_what, zone, code) => {
  const watch = await watchLists(zone);
  const list = watch.list('bl.test');
  expect(list.fault, 'nobody waits for a probe').toBeUndefined();
  await watch.until(`bl.test aside ${code}`);
  expect(list.state).toBe('set_aside');
  await sleep(150);
  expect(watch.happened.filter((event) => event.includes('aside'))).toHaveLength(1);
});

test.each([
  ['has its test entry and nothing else', HEALTHY],
  ['has an IPv6 test entry alone', `${MAPPED('2')}.bl.test A 127.0.0.2\n`],
  ['loses one datagram', `${HEALTHY}2.0.0.127.bl.test !LOSE 1\n`],
  ['loses the first of every question', `${HEALTHY}*.bl.test !LOSE 3\n`],
])('a list that %s stays in use', async (_what, zone) => {
  const watch = await watchLists(zone);
  const list = watch.list('bl.test');
  await watch.health.probeAll();
  await watch.health.probeAll();
  expect(watch.happened).toEqual([]);
  expect(list.state).toBe('healthy');
});

test('a list without a test entry is asked all the same, and reported once', async () => {
  const watch = await watchLists('@dnsbl bl.test 192.0.2.1 127.0.0.2\n');
  const list = watch.list('bl.test');
  await watch.until('bl.test unproven');
  await watch.health.probeAll();
  expect(watch.happened).toEqual(['bl.test unproven']);
  expect(list.state).toBe('unproven');
  // A listing shows that it lives.
  const answer = await watch.resolver.lookup('1.2.0.192.bl.test', 'A');
  expect(await watch.health.confirm(list, answer, '1.2.0.192.bl.test')).toBe(true);
  expect(list.state).toBe('healthy');
});

test('a list that loses its test entry is reported, once', async () => {
  const watch = await watchLists(HEALTHY);
  await watch.health.probeAll();
  const list = watch.list('bl.test');
  await watch.health.probeAll();
  expect(list.state).toBe('healthy');
  // As lists end that are emptied: SORBS in 2024.
  watch.dns.setZone('@dnsbl bl.test 192.0.2.1 127.0.0.2\n');
  for (let times = 0; times < 3; times += 1) await watch.health.probeAll();
  expect(list.state).toBe('unproven');
  expect(watch.happened).toEqual(['bl.test unproven']);
});

test('a list that refuses all but its test points refuses', async () => {
  // A resolver may keep the answers to those for longer than the refusal has lasted.
  const watch = await watchLists(`${HEALTHY}1.0.0.127.bl.test TXT clean\n*.bl.test A 127.255.255.254\n
*.0.127.bl.test A 127.255.255.254\n*.127.bl.test A 127.255.255.254\n`);
  const list = watch.list('bl.test');
  await watch.health.probeAll();
  expect(list.fault?.code).toBe('refuses');
});

test('lists of domains are asked about TEST and INVALID', async () => {
  const watch = await watchLists('test.rhs.test A 127.0.0.2\n*.bad.test A 127.0.0.2\n');
  const good = watch.list('rhs.test', 'domain');
  watch.list('bad.test', 'domain');
  await watch.until('bad.test aside lists_the_world');
  await watch.health.probeAll();
  expect(good.state).toBe('healthy');
  expect(watch.dns.count('test.rhs.test', 'A')).toBeGreaterThan(0);
  expect(watch.dns.count('invalid.rhs.test', 'A')).toBeGreaterThan(0);
  expect(watch.dns.count('2.0.0.127.rhs.test')).toBe(0);
});

test('lists with test points of their own are asked about those', async () => {
  const watch = await watchLists(
    'dbltest.com.dbl.spamhaus.org A 127.0.1.2\n2.0.0.127.bogons.cymru.com A 127.0.0.2\n*.127.bogons.cymru.com A 127.0.0.2\n',
  );
  const dbl = watch.list('dbl.spamhaus.org', 'domain');
  // It lists 127.0.0.0/8, with reason.
  const bogons = watch.list('bogons.cymru.com');
  await watch.health.probeAll();
  expect([dbl.state, bogons.state]).toEqual(['healthy', 'healthy']);
});

test('lists of reserved networks are in use while they list those, and not once they list the rest', async () => {
  // 0.0.0.0/8, 10.0.0.0/8, 127.0.0.0/8, 192.168.0.0/16, 240.0.0.0/4; 2001:db8::/32 and fc00::/7.
  const octets = [0, 10, 127, ...Array.from({ length: 16 }, (_, number) => 240 + number)];
  const zone = [
    ...octets.map((octet) => `*.${octet}.v4.fullbogons.cymru.com A 127.0.0.2\n`),
    '*.168.192.v4.fullbogons.cymru.com A 127.0.0.2\n',
    '*.8.b.d.0.1.0.0.2.v6.fullbogons.cymru.com A 127.0.0.2\n',
    '*.c.f.v6.fullbogons.cymru.com A 127.0.0.2\n',
  ].join('');
  const watch = await watchLists(zone);
  const [ipv4, ipv6] = [watch.list('v4.fullbogons.cymru.com'), watch.list('v6.fullbogons.cymru.com')];
  await watch.health.probeAll();
  expect([ipv4.state, ipv6.state, ipv4.isProven, ipv6.isProven]).toEqual(['healthy', 'healthy', true, true]);
  watch.dns.setZone(
    `${zone}*.17.v4.fullbogons.cymru.com A 127.0.0.2\n*.2.v6.fullbogons.cymru.com A 127.0.0.2\n*.0.6.8.4.1.0.0.2.v6.fullbogons.cymru.com A 127.0.0.2\n`,
  );
  await watch.health.probeAll();
  expect([ipv4.fault?.code, ipv6.fault?.code]).toEqual(['lists_the_world', 'lists_the_world']);
});

test('a filter that keeps out what is wrong keeps the list in use', async () => {
  const watch = await watchLists(`${HEALTHY}*.bl.test A 127.0.0.9\n1.0.0.127.bl.test A 127.0.0.9\n`);
  const whole = watch.list('bl.test');
  const part = watch.list('bl.test=127.0.0.[2..8]');
  await watch.until('bl.test aside lists_the_world');
  expect([whole.state, part.state]).toEqual(['set_aside', 'healthy']);
});

test('a list that is back comes back, once', async () => {
  const watch = await watchLists('*.bl.test !SERVFAIL\n');
  const list = watch.list('bl.test');
  await watch.until('bl.test aside fails');
  watch.dns.setZone(HEALTHY);
  await watch.until('bl.test back');
  await watch.health.probeAll();
  expect(list.state).toBe('healthy');
  expect(watch.happened).toEqual(['bl.test aside fails', 'bl.test back']);
});

test('a list that fails in another way says so', async () => {
  const watch = await watchLists('*.bl.test !SERVFAIL\n');
  watch.list('bl.test');
  await watch.until('bl.test aside fails');
  watch.dns.setZone('*.bl.test A 127.255.255.254\n');
  await watch.until('bl.test aside refuses');
});

test('caches on the way repeat false listings: until their TTL ends the list stays away', async () => {
  const watch = await watchLists('*.bl.test 1 A 127.0.0.2\n');
  const list = watch.list('bl.test');
  await watch.until('bl.test aside lists_the_world');
  watch.dns.setZone(HEALTHY);
  await watch.health.probeAll();
  expect(list.state, 'clean, and held').toBe('set_aside');
  await watch.until('bl.test back');
  expect(list.state).toBe('healthy');
});

test('while the DNS itself is out no list is blamed', async () => {
  const watch = await watchLists(HEALTHY, IMPATIENT);
  const list = watch.list('bl.test');
  await watch.health.probeAll();
  watch.dns.pause();
  await watch.health.probeAll();
  await watch.health.probeAll();
  await watch.health.probeAll();
  expect(watch.happened).toEqual([]);
  expect(list.state).toBe('healthy');
});

test('nor is one while the resolver only repeats what it knows: it has lost its way to the world', async () => {
  const watch = await watchLists(`${testEntries('bl.test')}test NS ns.test\n`);
  const list = watch.list('bl.test');
  await watch.health.probeAll();
  watch.dns.setZone('test NS ns.test\n*.test !SERVFAIL A\n*.bl.test !SERVFAIL\n');
  for (let n = 0; n < 3; n += 1) await watch.health.probeAll();
  expect(watch.happened).toEqual([]);
  watch.dns.setZone('test NS ns.test\n*.bl.test !SERVFAIL\n');
  for (let n = 0; n < 2; n += 1) await watch.health.probeAll();
  expect(watch.happened, 'the list alone fails').toEqual(['bl.test aside fails']);
  expect(list.state).toBe('set_aside');
});

test('tried again with back-off', async () => {
  const watch = await watchLists('*.bl.test !REFUSED\n', { retryMs: 40 });
  watch.list('bl.test');
  await watch.until('bl.test aside fails');
  const before = watch.dns.count('2.0.0.127.bl.test');
  await sleep(600);
  // At 40, 80, 160 and 320 ms, each 10 % sooner or later.
  const retries = watch.dns.count('2.0.0.127.bl.test') - before;
  expect(retries).toBeGreaterThanOrEqual(2);
  expect(retries).toBeLessThanOrEqual(6);
});

test('what a cache kept of a time of false listings does not count afterwards', async () => {
  const watch = await watchLists(HEALTHY);
  const list = watch.list('bl.test');
  await watch.health.probeAll();
  watch.dns.setZone('*.bl.test 1 A 127.0.0.2\n');
  const believed = await watch.resolver.lookup('1.2.0.192.bl.test', 'A');
  const unbelieved = await watch.resolver.lookup('2.2.0.192.bl.test', 'A');
  const confirm = (answer: DnsAnswer, last: number) =>
    watch.health.confirm(list, answer, `${last}.2.0.192.bl.test`);
  expect(confirm(believed, 1), 'a moment too early to be noticed').toBe(true);
  await watch.health.probeAll();
  watch.dns.setZone(HEALTHY);
  await watch.until('bl.test back');
  expect([confirm(believed, 1), confirm(unbelieved, 2)]).toEqual([false, false]);
});

describe('live answers', () => {
  const ask = (watch: Awaited<ReturnType<typeof watchLists>>, last: number) =>
    watch.resolver.lookup(`${last}.2.0.192.bl.test`, 'A');

  test('error answers bring a probe at once', async () => {
    const watch = await watchLists(HEALTHY);
    watch.list('bl.test');
    await watch.health.probeAll();
    watch.dns.setZone('*.bl.test A 127.255.255.255\n');
    await ask(watch, 1);
    await watch.until('bl.test aside refuses');
  });

  test('failures in a row bring one', async () => {
    const watch = await watchLists(HEALTHY, IMPATIENT);
    watch.list('bl.test');
    await watch.health.probeAll();
    watch.dns.setZone('*.bl.test !TIMEOUT\n');
    await Promise.all([1, 2, 3, 4].map((last) => ask(watch, last)));
    await watch.until('bl.test aside times_out');
  });

  test('slow answers bring one, and a slow list is set aside', async () => {
    const watch = await watchLists(HEALTHY, { slowMs: 30 });
    watch.list('bl.test');
    await watch.health.probeAll();
    watch.dns.setZone(`${HEALTHY}*.bl.test !DELAY 50\n`);
    await Promise.all([1, 2, 3, 4].map((last) => ask(watch, last)));
    await watch.until('bl.test aside slow');
  });

  test('single failures among good answers bring none', async () => {
    const watch = await watchLists(`${HEALTHY}7.2.0.192.bl.test !SERVFAIL\n`);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const before = watch.dns.count('2.0.0.127.bl.test');
    for (let round = 0; round < 5; round += 1) {
      await ask(watch, 7);
      await ask(watch, 8);
    }
    await sleep(50);
    expect(watch.dns.count('2.0.0.127.bl.test')).toBe(before);
    expect(list.state).toBe('healthy');
  });
});

test('zones are watched while a policy in force asks them', async () => {
  const watch = await watchLists(`${HEALTHY}${testEntries('other.test')}`);
  watch.health.watch([
    watch.use('bl.test'),
    watch.use('bl.test', 'address', 'report'),
    watch.use('other.test', 'address', 'report'),
  ]);
  await watch.health.probeAll();
  const [first, second] = [...watch.health.lists()].map(({ list }) => list);
  expect([first?.shown, first?.mode, second?.mode]).toEqual(['bl.test', 'enforce', 'report']);
  watch.health.watch([watch.use('other.test'), watch.use('bl.test', 'address', 'off')]);
  expect([...watch.health.lists()].map(({ list }) => list.shown)).toEqual(['other.test']);
  expect(watch.health.list(watch.use('bl.test', 'address', 'off'))).toBeUndefined();
});
