/** What restrictions do with lists that are set aside, slow or have keys in their names. */
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../src/engine/decision.ts';
import { formatReply } from '../../src/engine/outcome.ts';
import { watchLists } from '../dns/watch-lists.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';

const DENY = 'smtpd_client_restrictions = reject_rbl_client bl.test\n';
const LOCAL_REJECT = 'smtpd_sender_restrictions = reject\nmydestination = dest.test\n';

function replyOf({ reply }: Decision): string {
  return reply === undefined ? 'none' : formatReply(reply);
}

function notesOf({ trace = [] }: Decision): string[] {
  return trace.flatMap(({ entries }) => entries.flatMap(({ notes }) => notes));
}

describe('a deny list that lists the world', () => {
  test('rejects nobody, is not asked, and the trace says so', async () => {
    const watch = await watchLists('*.bl.test A 127.0.0.2\n');
    const policy = compilePolicyText(DENY);
    watch.health.watch(policy.dnsblUses);
    await watch.until('bl.test aside lists_the_world');
    watch.dns.clearQueries();
    const decision = await policy.decide({ resolver: watch.resolver, dnsbl: watch.health });
    expect(decision.verdict).toBe('permit');
    expect(notesOf(decision)).toEqual([
      expect.stringMatching(/^bl\.test is set aside: it lists the world: /),
    ]);
    expect(watch.dns.count('10.2.0.192.bl.test')).toBe(0);
    expect([...watch.health.lists()][0]?.list.skipped).toBe(1);
  });

  test('rejects nobody even before the first probe has come back', async () => {
    const watch = await watchLists('*.bl.test A 127.0.0.2\n');
    const policy = compilePolicyText(DENY);
    const decision = await policy.decide({ resolver: watch.resolver, dnsbl: watch.health });
    expect(decision.verdict).toBe('permit');
    expect([...watch.health.lists()][0]?.list.refuted).toBe(1);
  });

  test.each([
    'dnsbl_health = off\n',
    'dnsbl_health = report\n',
    'dnsbl_health_exceptions = other.test, BL.test=report\n',
    'dnsbl_health_exceptions = bl.test\n',
  ])('rejects with %s', async (parameter) => {
    const watch = await watchLists('*.bl.test A 127.0.0.2\n');
    const policy = compilePolicyText(DENY + parameter);
    watch.health.watch(policy.dnsblUses);
    if (parameter.includes('report')) await watch.until('bl.test aside lists_the_world');
    const decision = await policy.decide({ resolver: watch.resolver, dnsbl: watch.health });
    expect(decision.verdict).toBe('reject');
    const states = [...watch.health.lists()].map(({ list }) => list.state);
    expect(states).toEqual(parameter.includes('report') ? ['faulty'] : []);
  });
});

test('what is explained is not counted as mail', async () => {
  const watch = await watchLists('@dnsbl bl.test 127.0.0.2 127.0.0.2\n@dnsbl bl.test 192.0.2.10 127.0.0.2\n');
  const policy = compilePolicyText(DENY);
  watch.health.watch(policy.dnsblUses);
  const options = { resolver: watch.resolver, dnsbl: watch.health };
  const asked = () => watch.list('bl.test').worth.read(performance.now()).asked;
  expect((await policy.decide(options)).verdict).toBe('reject');
  expect(asked()).toBe(0);
  expect((await policy.decide({ ...options, isTracing: false })).verdict).toBe('reject');
  expect(asked()).toBe(1);
});

test('a listing that did not count is no listing in what the list was worth', async () => {
  const watch = await watchLists('*.bl.test A 127.0.0.2\n');
  const policy = compilePolicyText(DENY);
  const decision = await policy.decide({ resolver: watch.resolver, dnsbl: watch.health, isTracing: false });
  expect(decision.verdict).toBe('permit');
  const { asked, listed, failures } = watch.list('bl.test').worth.read(performance.now());
  expect({ asked, listed, failures }).toEqual({ asked: 1, listed: 0, failures: 1 });
});

describe('an allow list', () => {
  const ALLOW = `smtpd_client_restrictions = permit_dnswl_client wl.test\n${LOCAL_REJECT}`;

  test('that is set aside permits nobody, and for a while nobody is rejected for good', async () => {
    const watch = await watchLists('*.wl.test A 127.0.0.2\n');
    const policy = compilePolicyText(ALLOW);
    watch.health.watch(policy.dnsblUses);
    await watch.until('wl.test aside lists_the_world');
    const list = policy.decide({ resolver: watch.resolver, dnsbl: watch.health, list: 'client' });
    expect((await list).verdict).toBe('defer_if_reject');
    expect(replyOf(await list)).toMatch(/^450 4\.7\.1 /);
  });

  test('that has been set aside for long holds nothing back', async () => {
    const watch = await watchLists('*.wl.test A 127.0.0.2\n', { graceMs: 0 });
    const policy = compilePolicyText(ALLOW);
    watch.health.watch(policy.dnsblUses);
    await watch.until('wl.test aside lists_the_world');
    const decision = await policy.decide({ resolver: watch.resolver, dnsbl: watch.health, list: 'client' });
    expect(decision.verdict).toBe('permit');
    expect(notesOf(decision)).toHaveLength(1);
  });

  test('that does not exist holds nothing back, as in Postfix', async () => {
    const watch = await watchLists('other.test A 192.0.2.1\n');
    const policy = compilePolicyText(ALLOW);
    watch.health.watch(policy.dnsblUses);
    await watch.until('wl.test aside vanished');
    const decision = await policy.decide({ resolver: watch.resolver, dnsbl: watch.health, list: 'client' });
    expect(decision.verdict).toBe('permit');
  });
});

describe('the budget', () => {
  const SLOW = Array.from({ length: 8 }, (_, index) => `*.slow${index}.test !TIMEOUT\n`).join('');
  const POLICY = `smtpd_client_restrictions = ${Array.from({ length: 8 }, (_, index) => `reject_rbl_client slow${index}.test`).join(', ')}, reject_rbl_client bl.test\n`;

  test('is shared by all lists of a decision; what is late has failed, what is known counts', async () => {
    const watch = await watchLists(`${SLOW}@dnsbl bl.test 192.0.2.10 127.0.0.2\n`);
    const policy = compilePolicyText(POLICY);
    // One after the other they would take 800 ms.
    const decision = await policy.decide({ resolver: watch.resolver, dnsblBudgetMs: 150, lookahead: 0 });
    const late = decision.warnings.filter(({ message }) => message.includes('dns.budget_ms is used up'));
    expect(late.length).toBeGreaterThan(5);
    expect(decision.verdict).toBe('permit');
  });

  test('leaves alone what answers in time', async () => {
    const watch = await watchLists(`@dnsbl bl.test 192.0.2.10 127.0.0.2\n`);
    const decision = await compilePolicyText(DENY).decide({ resolver: watch.resolver, dnsblBudgetMs: 5_000 });
    expect(decision.verdict).toBe('reject');
  });
});

test("a customer's key is in no reply, no warning, no step and no trace", async () => {
  const watch = await watchLists(
    '@dnsbl s3cr3t.zen.dq.spamhaus.net 192.0.2.10 127.0.0.2 "see the web page"\n*.s3cr3t.sbl.dq.spamhaus.net !SERVFAIL\n*.s3cr3t.xbl.dq.spamhaus.net A 127.255.255.254\n',
  );
  const names = ['sbl', 'xbl', 'zen'].map((name) => `reject_rbl_client s3cr3t.${name}.dq.spamhaus.net`);
  const policy = compilePolicyText(
    `smtpd_client_restrictions = ${names.join(', ')}, reject_rbl_client s3cr3t.zen.dq.spamhaus.net=1\n`,
  );
  const decision = await policy.decide({ resolver: watch.resolver });
  expect(replyOf(decision)).toBe(
    '554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using *.zen.dq.spamhaus.net; see the web page',
  );
  const { trace, warnings, decidedBy } = decision;
  const steps = (trace ?? []).flatMap(({ entries, notReached }) => [
    ...entries.map(({ step, dns, notes }) => [step.text, dns, notes]),
    ...notReached.map(({ text }) => text),
  ]);
  expect(warnings).toHaveLength(2);
  expect(JSON.stringify([steps, warnings.map(({ message }) => message), decidedBy?.step.text])).not.toContain(
    's3cr3t',
  );
  expect(policy.errors.map(({ message }) => message).join()).not.toContain('s3cr3t');
});

test.each(['bl.test=perhaps', '=off'])('dnsbl_health_exceptions cannot hold %s', (word) => {
  const { errors } = compilePolicyText(`${DENY}dnsbl_health_exceptions = ${word}\n`);
  expect(errors.map(({ message }) => message)).toEqual([`dnsbl_health_exceptions cannot hold \`${word}\``]);
});

test('no list is watched where error answers count as listings, unless the policy says so', () => {
  const modes = (text: string) => compilePolicyText(DENY + text).dnsblUses.map(({ mode }) => mode);
  expect(modes('')).toEqual(['enforce']);
  expect(modes('dnsbl_error_answers = listed\n')).toEqual(['off']);
  expect(modes('dnsbl_error_answers = listed\ndnsbl_health = enforce\n')).toEqual(['enforce']);
});

test('a zone that is not to be asked ahead is asked when its turn comes, and not before', async () => {
  const zone = '@dnsbl first.test 192.0.2.10 127.0.0.2\n@dnsbl costly.test 192.0.2.10 127.0.0.2\n';
  const policy = compilePolicyText(
    'smtpd_client_restrictions = reject_rbl_client first.test, reject_rbl_client costly.test\n',
  );
  const asked = async (noPrefetch: ReadonlySet<string>, client_address: string) => {
    const watch = await watchLists(zone, { noPrefetch, timeoutMs: 5_000 });
    const { verdict } = await policy.decide({
      resolver: watch.resolver,
      dnsbl: watch.health,
      request: { client_address },
    });
    const reversed = client_address.split('.').reverse().join('.');
    return [verdict, watch.dns.count(`${reversed}.costly.test`, 'A')];
  };
  expect(await asked(new Set(), '192.0.2.10')).toEqual(['reject', 1]);
  expect(await asked(new Set(['costly.test']), '192.0.2.10')).toEqual(['reject', 0]);
  expect(await asked(new Set(['costly.test']), '192.0.2.11')).toEqual(['permit', 1]);
});
