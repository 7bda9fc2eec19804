/** The DNS fails, in the ways it does. No failure of a deny list rejects; what cannot be found out is deferred. */
import { expect, onTestFinished, test } from 'vitest';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';
import { type OutageDaemon, startDaemon } from './outage-daemon.ts';

const ZONE = `
@dnsbl bl.test 127.0.0.2 127.0.0.2
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
  expect(await daemon.logged('decision')).toMatchObject({
    verdict: 'defer_if_permit',
    restriction: 'reject_unknown_sender_domain',
    warnings: ['dns: reject_rbl_client: 1.100.51.198.bl.test: RBL lookup error: timeout'],
  });
  // Once, however many questions follow.
  for (const last of [3, 4, 5]) await daemon.ask({ client_address: `198.51.100.${last}` });
  expect(await daemon.logged('dns_server_down')).toMatchObject({
    level: 'warn',
    server: `127.0.0.1:${dns.port}`,
    reason: 'it does not answer',
  });
  expect(daemon.lines('dns_server_down')).toHaveLength(1);
  expect(daemon.lines('decision_warning').length, 'before it was known').toBeLessThan(2);
  expect(daemon.lines('dnsbl_set_aside'), 'no list is blamed').toEqual([]);
  await daemon.stop();
});

test('dns-server-dies-and-returns', async () => {
  const { dns, daemon } = await start(LISTS);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  await dns.stop();
  expect(await daemon.ask({ client_address: '198.51.100.2' })).toBe('DUNNO');
  expect(await daemon.logged('dns_server_down')).toMatchObject({ reason: 'ECONNREFUSED' });
  await dns.start();
  await daemon.answers(BLOCKED.replace('100.1', '100.2'), { client_address: '198.51.100.2' });
  await daemon.logged('dns_server_up');
  await daemon.stop();
});

test('dns-answers-garbage', async () => {
  const { dns, daemon } = await start(LISTS + EXISTENCE, `${ZONE}*.bl.test !GARBAGE\nsender.test !GARBAGE\n`);
  expect(await daemon.ask(LISTED)).toBe(DEFERRED);
  expect(dns.count('sender.test')).toBeGreaterThan(0);
  daemon.lines('dnsbl_set_aside');
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
  daemon.lines('dnsbl_set_aside');
  await daemon.stop();
});
