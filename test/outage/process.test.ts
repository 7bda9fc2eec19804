/** Stopping, deadlines, and a log that nobody reads. */
import { expect, onTestFinished, test } from 'vitest';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';
import { type OutageDaemon, requestText, startDaemon } from './outage-daemon.ts';

const POLICY = 'smtpd_client_restrictions = reject_rbl_client bl.test\n';
const LISTED = { client_address: '198.51.100.1' };
const BLOCKED = '554 5.7.1 Service unavailable; Client host [198.51.100.1] blocked using bl.test';

/** A daemon whose DNS server is silent until it is resumed, and which asks again and again. */
async function start(
  settings: Readonly<Record<string, string>> = {},
): Promise<{ dns: FixtureDns; daemon: OutageDaemon }> {
  const dns = await startFixtureDns({
    zone: '@dnsbl bl.test 198.51.100.1 127.0.0.2\n@dnsbl bl.test 127.0.0.2 127.0.0.2\n',
  });
  onTestFinished(() => dns.stop());
  dns.pause();
  const daemon = await startDaemon({
    files: { 'mx.cf': POLICY },
    dns,
    settings: { DNS__TIMEOUT_MS: '200', DNS__ATTEMPTS: '10', DNS__TOTAL_MS: '15000', ...settings },
  });
  return { dns, daemon };
}

/** A request whose decision waits for the DNS. */
async function pending(daemon: OutageDaemon, dns: FixtureDns) {
  const client = await daemon.connect();
  client.send(requestText(LISTED));
  await daemon.until('a query', () => dns.count('1.100.51.198.bl.test') > 0);
  return client;
}

test('sigterm-drains-a-running-decision', async () => {
  const { dns, daemon } = await start();
  const client = await pending(daemon, dns);
  const idle = await daemon.connect();
  daemon.child.kill('SIGTERM');
  await daemon.logged('stopping');
  expect(await idle.untilClosed()).toBe('');
  await expect(daemon.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  dns.resume();
  expect(await client.untilClosed()).toBe(`action=${BLOCKED}\n\n`);
  expect(await daemon.ended()).toBe(0);
  expect(daemon.log.at(-1)).toMatchObject({ event: 'stopped' });
});

test('sigterm-with-a-decision-that-does-not-end', async () => {
  const { dns, daemon } = await start({ DNS__TIMEOUT_MS: '15000' });
  const client = await pending(daemon, dns);
  daemon.child.kill('SIGTERM');
  // Not answered: to Postfix the server is gone, and it asks again (smtpd_policy_service_try_limit).
  expect(await client.untilClosed()).toBe('');
  expect(await daemon.ended()).toBe(0);
});

test('sighup-while-it-stops', async () => {
  const { dns, daemon } = await start();
  const client = await pending(daemon, dns);
  daemon.child.kill('SIGTERM');
  await daemon.logged('stopping');
  daemon.child.kill('SIGHUP');
  dns.resume();
  expect(await client.untilClosed()).toBe(`action=${BLOCKED}\n\n`);
  expect(await daemon.ended()).toBe(0);
});

test('second-signal-ends-at-once', async () => {
  const { dns, daemon } = await start();
  const client = await pending(daemon, dns);
  daemon.child.kill('SIGTERM');
  await daemon.logged('stopping');
  daemon.child.kill('SIGINT');
  expect(await daemon.ended()).toBe(130);
  expect(await client.untilClosed()).toBe('');
});

test('decision-deadline', async () => {
  const { dns, daemon } = await start({ DECISION__DEADLINE_SECONDS: '1' });
  const client = await pending(daemon, dns);
  expect(await client.answers(1)).toBe('action=DEFER_IF_PERMIT 4.3.5 Server configuration error\n\n');
  expect(await daemon.logged('decision_timed_out')).toMatchObject({
    level: 'error',
    deadline_ms: 1000,
    client_address: '198.51.100.1',
    action: 'DEFER_IF_PERMIT 4.3.5 Server configuration error',
  });
  // A slow machine may have had the time to notice that the DNS server is silent.
  daemon.lines('dns_server_down');
  // The connection goes on, and the late decision is not its next answer; nor does the log tell of it.
  dns.resume();
  client.send(requestText({ client_address: '203.0.113.1' }));
  expect(await client.answers(2)).toMatch(/\n\naction=DUNNO\n\n$/);
  await daemon.stop();
  expect(daemon.lines('decision')).toMatchObject([{ client_address: '203.0.113.1' }]);
});

/** Asks until the log cannot be written any more, and then some. */
async function fillLog(daemon: OutageDaemon): Promise<void> {
  daemon.child.stdout?.pause();
  const client = await daemon.connect();
  // A line a decision: more than the pipe and the streams at its ends hold.
  const rounds = 10;
  const perRound = 200;
  for (let round = 1; round <= rounds; round += 1) {
    client.send(requestText({ client_address: '203.0.113.1', helo_name: 'x'.repeat(500) }).repeat(perRound));
    await client.answers(round * perRound);
  }
}

test('log-reader-stalls', async () => {
  const { dns, daemon } = await start();
  dns.resume();
  await fillLog(daemon);
  expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  daemon.child.stdout?.resume();
  await daemon.until('every line', () => daemon.lines('decision').length === 2001);
  await daemon.stop();
});

test('log-reader-stalls-for-good', async () => {
  const { dns, daemon } = await start();
  dns.resume();
  await fillLog(daemon);
  daemon.child.kill('SIGTERM');
  // No thread that waits in a write can be given up: what ends it is the signal itself.
  expect(await daemon.exited()).toBe('SIGTERM');
});

test('log-reader-stalls-for-good-and-a-second-signal', async () => {
  const { dns, daemon } = await start();
  dns.resume();
  await fillLog(daemon);
  dns.pause();
  const idle = await daemon.connect();
  await pending(daemon, dns);
  daemon.child.kill('SIGTERM');
  await idle.untilClosed();
  daemon.child.kill('SIGTERM');
  expect(await daemon.exited()).toBe('SIGTERM');
});

test('log-reader-goes', async () => {
  const { dns, daemon } = await start();
  dns.resume();
  daemon.child.stdout?.destroy();
  for (let round = 0; round < 3; round += 1) expect(await daemon.ask(LISTED)).toBe(BLOCKED);
  daemon.child.kill('SIGTERM');
  expect(await daemon.exited()).toBe(0);
});
