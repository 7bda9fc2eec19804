/** The DNS fails, in the ways it does. No failure of a deny list rejects; what cannot be found out is deferred. */
import { expect, onTestFinished, test } from 'vitest';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';
import { type OutageDaemon, startDaemon } from './outage-daemon.ts';

const ZONE = `
@dnsbl bl.test 198.51.100.1 127.0.0.2
@dnsbl bl.test 198.51.100.2 127.0.0.2
sender.test MX 10 mx.sender.test
`;

const LISTS = 'smtpd_client_restrictions = reject_rbl_client bl.test\n';
const EXISTENCE = 'smtpd_sender_restrictions = reject_unknown_sender_domain\n';

const LISTED = { client_address: '198.51.100.1' };
const BLOCKED = '554 5.7.1 Service unavailable; Client host [198.51.100.1] blocked using bl.test';
const DEFERRED = 'DEFER_IF_PERMIT 4.1.8 Domain not found';

async function start(policy: string, zone = ZONE): Promise<{ dns: FixtureDns; daemon: OutageDaemon }> {
  const dns = await startFixtureDns({ zone });
  onTestFinished(() => dns.stop());
  const settings = { DNS__TIMEOUT_MS: '100', DNS__TOTAL_MS: '300', DNS__TTL_FLOOR_SECONDS: '0' };
  return { dns, daemon: await startDaemon({ files: { 'mx.cf': policy }, dns, settings }) };
}

test('dns-server-never-answers', async () => {
  const { dns, daemon } = await start(LISTS + EXISTENCE);
  dns.pause();
  expect(await daemon.ask(LISTED)).toBe(DEFERRED);
  expect(await daemon.logged('decision_warning')).toMatchObject({
    level: 'warn',
    list: 'client',
    restriction: 'reject_rbl_client',
    reason: '1.100.51.198.bl.test: RBL lookup error: timeout',
  });
  expect(await daemon.logged('decision')).toMatchObject({
    verdict: 'defer_if_permit',
    restriction: 'reject_unknown_sender_domain',
  });
  await daemon.stop();
});

test('dns-server-dies-and-returns', async () => {
  const { dns, daemon } = await start(LISTS);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  await dns.stop();
  expect(await daemon.ask({ client_address: '198.51.100.2' })).toBe('DUNNO');
  expect(await daemon.logged('decision_warning')).toMatchObject({
    reason: expect.stringMatching(/^2\.100\.51\.198\.bl\.test: RBL lookup error: /),
  });
  await dns.start();
  await daemon.answers(BLOCKED.replace('100.1', '100.2'), { client_address: '198.51.100.2' });
  await daemon.stop();
});

test('dns-answers-garbage', async () => {
  const { dns, daemon } = await start(LISTS + EXISTENCE, `${ZONE}*.bl.test !GARBAGE\nsender.test !GARBAGE\n`);
  expect(await daemon.ask(LISTED)).toBe(DEFERRED);
  expect(dns.count('sender.test')).toBeGreaterThan(0);
  expect(await daemon.logged('decision_warning')).toMatchObject({
    reason: expect.stringMatching(/^1\.100\.51\.198\.bl\.test: RBL lookup error: /),
  });
  await daemon.stop();
});

test('dns-refuses-us', async () => {
  const { daemon } = await start(LISTS + EXISTENCE, `${ZONE}*.bl.test !REFUSED\nsender.test !REFUSED\n`);
  expect(await daemon.ask(LISTED)).toBe(DEFERRED);
  expect(await daemon.logged('decision_warning')).toMatchObject({
    reason: '1.100.51.198.bl.test: RBL lookup error: REFUSED',
  });
  await daemon.stop();
});

// What ahbl.org did by intent in 2014. It is a listing by every rule there is: a deny list that is asked decides.
test('dnsbl-lists-the-world', async () => {
  const { daemon } = await start(LISTS, '*.bl.test A 127.0.0.2\n');
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  expect(await daemon.ask({ client_address: '203.0.113.1' })).toBe(
    BLOCKED.replace('198.51.100', '203.0.113'),
  );
  await daemon.stop();
});

test('dnsbl-answers-error-codes', async () => {
  const { daemon } = await start(LISTS, '*.bl.test A 127.255.255.254\n');
  expect(await daemon.ask(LISTED)).toBe('DUNNO');
  expect(await daemon.ask({ client_address: '203.0.113.1' })).toBe('DUNNO');
  const { reason } = await daemon.logged('decision_warning');
  expect(reason).toMatch(/^bl\.test answers 127\.255\.255\.254: /);
  expect(daemon.lines('decision_warning'), 'said once').toHaveLength(1);
  await daemon.stop();
});

test('dnsbl-answers-outside-127', async () => {
  const { daemon } = await start(LISTS, '*.bl.test A 203.0.113.80\n');
  expect(await daemon.ask(LISTED)).toBe('DUNNO');
  expect(await daemon.logged('decision_warning')).toMatchObject({
    reason: 'bl.test answers 203.0.113.80: the answer is outside 127.0.0.0/8',
  });
  await daemon.stop();
});

test('dnsbl-error-codes-count-as-listings-when-asked-for', async () => {
  const { daemon } = await start(`${LISTS}dnsbl_error_answers = listed\n`, '*.bl.test A 127.255.255.254\n');
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  await daemon.stop();
});

test('allow-list-never-answers', async () => {
  // What it would have permitted must not be rejected for good.
  const { dns, daemon } = await start(
    'smtpd_client_restrictions = permit_dnswl_client wl.test, reject_rbl_client bl.test\nmydestination = dest.test\n',
    `${ZONE}*.wl.test !TIMEOUT\n`,
  );
  expect(await daemon.ask(LISTED)).toBe('450 4.7.1 Service unavailable');
  expect(dns.count('1.100.51.198.bl.test', 'A')).toBe(1);
  await daemon.logged('decision_warning');
  await daemon.stop();
});

test('one-list-of-nine-is-dead', async () => {
  const names = Array.from({ length: 9 }, (_, index) => `list${index}.test`);
  const policy = `smtpd_client_restrictions = ${names.map((name) => `reject_rbl_client ${name}`).join(', ')}\n`;
  const zone = `*.list3.test !TIMEOUT\n@dnsbl list8.test 198.51.100.1 127.0.0.2\n`;
  const { daemon } = await start(policy, zone);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED.replace('bl.test', 'list8.test'));
  expect(await daemon.ask()).toBe('DUNNO');
  expect(await daemon.logged('decision_warning')).toMatchObject({
    reason: '1.100.51.198.list3.test: RBL lookup error: timeout',
  });
  await daemon.stop();
});
