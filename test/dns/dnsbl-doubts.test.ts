/** Lists that stay in use, and may protect less than they seem to: what shows that they live, and who is told. */
import { describe, expect, test } from 'vitest';
import { causeOfMissingEntry } from '../../src/dns/dnsbl-doubts.ts';
import { testEntries, watchLists } from './watch-lists.ts';

const HEALTHY = testEntries('bl.test');
const LISTED = '@dnsbl bl.test 192.0.2.1 127.0.0.2\n';
const NAME = '1.2.0.192.bl.test';
const DAY_MS = 86_400_000;

describe('a list without its test entry', () => {
  test('is not proven by a listing that came out of a store', async () => {
    const watch = await watchLists(LISTED, { confirmMs: 0 });
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    expect(list.state).toBe('unproven');
    // As another server shares it: not an answer to a question of ours.
    const shared = { ...(await watch.resolver.lookup(NAME, 'A')) };
    expect(await watch.health.confirm(list, shared, NAME)).toBe(true);
    expect(list.state).toBe('unproven');
  });

  test('is shown to live by a listing of its own, for a day', async () => {
    let nowMs = 1_000;
    const watch = await watchLists(LISTED, { confirmMs: 0, now: () => nowMs });
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    const answer = await watch.resolver.lookup(NAME, 'A');
    expect(await watch.health.confirm(list, answer, NAME)).toBe(true);
    expect(list.state).toBe('healthy');
    nowMs += DAY_MS / 2;
    await watch.health.probeAll();
    expect(list.state).toBe('healthy');
    nowMs += DAY_MS;
    await watch.health.probeAll();
    expect(list.state).toBe('unproven');
    expect(watch.happened, 'told once').toEqual(['bl.test unproven']);
  });

  test('that it had is not shown to live by what the resolver still repeats', async () => {
    const watch = await watchLists(HEALTHY + LISTED, { confirmMs: 0 });
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    await watch.health.probeAll();
    expect([list.state, list.isProven]).toEqual(['healthy', true]);
    watch.dns.setZone(LISTED);
    await watch.health.probeAll();
    const answer = await watch.resolver.lookup(NAME, 'A');
    expect(await watch.health.confirm(list, answer, NAME)).toBe(true);
    await watch.health.probeAll();
    expect([list.state, list.isProven]).toEqual(['unproven', false]);
    watch.dns.setZone(HEALTHY);
    await watch.health.probeAll();
    expect([list.state, list.isProven]).toEqual(['healthy', true]);
    expect(watch.happened).toEqual(['bl.test unproven']);
  });

  test('and with a test name that is never answered is found out by the second probe', async () => {
    const watch = await watchLists(`${LISTED}1.0.0.127.bl.test TXT x\n*.0.0.0.0.0.bl.test !TIMEOUT\n`);
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    await watch.health.probeAll();
    await watch.until('bl.test unproven');
    expect(list.state).toBe('unproven');
  });

  test('like all others is the doing of the resolver', async () => {
    const watch = await watchLists(`${HEALTHY}${testEntries('other.test')}${testEntries('third.test')}`);
    for (const name of ['bl.test', 'other.test', 'third.test']) watch.list(name);
    await watch.health.probeAll();
    await watch.health.probeAll();
    // As a resolver answers that protects against DNS rebinding.
    watch.dns.setZone(
      ['bl', 'other', 'third'].map((name) => `2.0.0.127.${name}.test TXT "no address"\n`).join(''),
    );
    await watch.health.probeAll();
    await watch.until('bl.test unproven like all');
    await watch.until('other.test unproven like all');
    await watch.until('third.test unproven like all');
    expect(watch.happened).toHaveLength(3);
  });

  test('beside one that has it is to blame itself', async () => {
    const watch = await watchLists(`${testEntries('other.test')}${LISTED}`);
    for (const name of ['bl.test', 'other.test']) watch.list(name);
    await watch.until('bl.test unproven');
    expect(watch.happened).toEqual(['bl.test unproven']);
  });
});

test.each([
  [
    'own.test',
    ['127.0.0.1'],
    false,
    /^it may be dead, or the resolver \(127\.0\.0\.1\) is refused; .*own, give it one/,
  ],
  [
    'zen.spamhaus.org',
    ['127.0.0.1'],
    false,
    /^it is known to have had one: it has been emptied, or the resolver/,
  ],
  ['zen.spamhaus.org', ['9.9.9.9'], false, /9\.9\.9\.9 \(Quad9\), a public resolver,/],
  [
    'bl.test',
    ['127.0.0.1'],
    true,
    /^no other list has one either, so that the resolver \(127\.0\.0\.1\) .*rebinding/,
  ],
  ['dnsbl.inps.de', ['127.0.0.1'], true, /^it has closed \(2020-05-25\): remove it/],
])('why %s has no test entry, asked through %j', (zone, servers, isEverywhere, cause) => {
  expect(causeOfMissingEntry(zone, servers, isEverywhere)).toMatch(cause);
});

describe('what a filter keeps out', () => {
  test('is reported, and an answer to everything is no test entry', async () => {
    const watch = await watchLists('*.bl.test A 127.0.0.1\n');
    const list = watch.list('bl.test=127.0.0.[2..11]');
    await watch.health.probeAll();
    await watch.until('bl.test=127.0.0.[2..11] unproven');
    expect([list.state, list.isProven]).toEqual(['unproven', false]);
    await watch.health.probeAll();
    expect(watch.happened.toSorted()).toEqual([
      'bl.test=127.0.0.[2..11] doubtful answers_everything',
      'bl.test=127.0.0.[2..11] unproven',
    ]);
    expect(list.doubts[0]?.reason).toMatch(
      /^answers 127\.0\.0\.1 to postward-[\da-f]+, which must not be listed/,
    );
    watch.dns.setZone(HEALTHY);
    await watch.health.probeAll();
    expect([list.state, list.doubts]).toEqual(['healthy', []]);
  });

  test('leaves a list with a test entry of its own in use, and proven', async () => {
    const watch = await watchLists(`${HEALTHY}*.bl.test A 127.0.0.9\n1.0.0.127.bl.test A 127.0.0.9\n`);
    const list = watch.list('bl.test=127.0.0.[2..8]');
    await watch.health.probeAll();
    expect([list.state, list.isProven]).toEqual(['healthy', true]);
    expect(watch.happened).toEqual(['bl.test=127.0.0.[2..8] doubtful answers_everything']);
  });
});

describe('a family of which nothing is answered', () => {
  test('is reported by the second probe; the list stays in use', async () => {
    // ::ffff:0:0/96 and 2001:db8::/32 begin with 0 and with 2.
    const watch = await watchLists(
      `${HEALTHY}${LISTED}*.0.0.0.0.0.bl.test !TIMEOUT\n*.8.b.d.0.1.0.0.2.bl.test !TIMEOUT\n`,
      { slowMs: 100 },
    );
    const list = watch.list('bl.test');
    await watch.health.probeAll();
    expect(watch.happened, 'datagrams get lost').toEqual([]);
    await watch.health.probeAll();
    await watch.health.probeAll();
    expect(watch.happened).toEqual(['bl.test doubtful silent_family']);
    expect([list.state, list.isProven]).toEqual(['healthy', true]);
  });

  test('whose test names alone are not answered makes no list slow', async () => {
    const watch = await watchLists(`${HEALTHY}*.0.0.0.0.0.bl.test !TIMEOUT\n`, { slowMs: 100 });
    const list = watch.list('bl.test');
    for (let times = 0; times < 3; times += 1) await watch.health.probeAll();
    expect(watch.happened).toEqual([]);
    expect([list.state, list.isProven]).toEqual(['healthy', true]);
  });
});

describe('the resolver', () => {
  test('that is slow for everything makes no list slow', async () => {
    const watch = await watchLists(`${HEALTHY}*.test !DELAY 400\ntest !DELAY 400\n`, { slowMs: 300 });
    const list = watch.list('bl.test');
    for (let times = 0; times < 3; times += 1) await watch.health.probeAll();
    expect(watch.happened).toEqual([]);
    expect(list.state).toBe('healthy');
  });

  test('is not asked whether a list with servers of its own is dead', async () => {
    const watch = await watchLists(HEALTHY, { timeoutMs: 150, hasOwnServers: (zone) => zone === 'bl.test' });
    watch.list('bl.test');
    await watch.health.probeAll();
    watch.dns.pause();
    await watch.health.probeAll();
    await watch.until('bl.test aside times_out');
  });
});

test('what other servers may see: listings that count, and "not listed" while the test entry is seen here', async () => {
  const watch = await watchLists(HEALTHY + LISTED);
  const mayShare = async (name: string) =>
    !watch.health.isUnproven(name, 'A', await watch.resolver.lookup(name, 'A'));
  const unlisted = '2.2.0.192.bl.test';
  expect(await mayShare(unlisted), 'nobody watches it').toBe(true);
  const answer = await watch.resolver.lookup(unlisted, 'A');
  const list = watch.list('bl.test');
  expect(watch.health.isUnproven(unlisted, 'A', answer), 'nobody knows yet').toBe(true);
  await watch.health.probeAll();
  expect([await mayShare(unlisted), await mayShare(NAME)]).toEqual([true, false]);
  expect(await mayShare('other.test')).toBe(true);
  // A resolver that is refused without an error code.
  watch.dns.setZone('bl.test TXT "the zone is there"\n');
  await watch.health.probeAll();
  expect([list.state, await mayShare(unlisted)]).toEqual(['unproven', false]);
  // Nor what is said while the list fails.
  watch.dns.setZone(`${HEALTHY}1.0.0.127.bl.test A 127.0.0.2\n`);
  await watch.health.probeAll();
  expect([list.state, await mayShare(unlisted)]).toEqual(['set_aside', false]);
});
