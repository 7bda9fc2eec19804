/** Clients of the policy socket misbehave. Their connection ends, with a line in the log, and nobody else notices. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type OutageDaemon, requestText, startDaemon } from './outage-daemon.ts';

const REJECT_ALL = 'smtpd_client_restrictions = static:REJECT\n';
const ANSWER = 'action=554 5.7.1 Access denied\n\n';
const MEGABYTE = 1 << 20;

function start(settings: Readonly<Record<string, string>> = {}): Promise<OutageDaemon> {
  return startDaemon({ files: { 'mx.cf': REJECT_ALL }, settings: { LOG__LEVEL: 'debug', ...settings } });
}

/** The most memory that it ever had, in MiB; where a system does not tell, nothing is learnt. */
function peakMemory({ child }: OutageDaemon): number {
  const file = `/proc/${child.pid}/status`;
  if (!existsSync(file)) return 0;
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(file, 'utf8'))?.[1]) / 1024;
}

test('client-sends-garbage', async () => {
  const daemon = await start();
  const garbage: [bytes: string | Buffer, reason: string][] = [
    ['EHLO mail.example\r\n\n', 'malformed_line'],
    ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'malformed_line'],
    [Buffer.from([0, 255, 254, 10, 10]), 'nul_byte'],
    ['request=junk\n\n', 'request_type'],
    ['\n', 'request_type'],
  ];
  const reasons: unknown[] = [];
  for (const [index, [bytes]] of garbage.entries()) {
    const client = await daemon.connect();
    client.send(bytes);
    client.socket.end();
    await client.untilClosed();
    reasons.push((await daemon.logged('protocol_error', index + 1))['reason']);
  }
  expect(reasons).toEqual(garbage.map(([, reason]) => reason));
  expect(`action=${await daemon.ask()}\n\n`).toBe(ANSWER);
  await daemon.stop();
});

test('client-sends-half-a-request-and-stalls', async () => {
  const daemon = await start({ LIMITS__STALL_SECONDS: '1' });
  const client = await daemon.connect();
  const text = requestText();
  client.send(text + text.slice(0, -20));
  expect(await client.answers(1)).toBe(ANSWER);
  await client.untilClosed();
  await daemon.until('the stalled one', () =>
    daemon.lines('connection_closed').some(({ reason, requests }) => reason === 'stalled' && requests === 1),
  );
  expect(`action=${await daemon.ask()}\n\n`).toBe(ANSWER);
  await daemon.stop();
});

test('client-goes-in-the-middle-of-a-request', async () => {
  const daemon = await start();
  const [ends, resets] = [await daemon.connect(), await daemon.connect()];
  ends.send(requestText().slice(0, 50));
  ends.socket.end();
  resets.send(requestText().slice(0, 50));
  await daemon.until('both', () => daemon.lines('connection_opened').length === 2);
  resets.socket.resetAndDestroy();
  await daemon.until('both closed', () => daemon.lines('connection_closed').length === 2);
  expect(daemon.lines('connection_closed').map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['truncated', 'reset']),
  );
  await daemon.stop();
});

test('client-never-reads', async () => {
  const daemon = await start({ LIMITS__STALL_SECONDS: '1', LOG__LEVEL: 'warn' });
  const client = await daemon.connect();
  client.socket.pause();
  const before = peakMemory(daemon);
  const text = Buffer.from(requestText().repeat(1000));
  const taken = await client.flood(text, 4000);
  expect(taken, 'a client that does not read is not read without end').toBeLessThan(4000);
  expect(`action=${await daemon.ask()}\n\n`).toBe(ANSWER);
  expect(peakMemory(daemon) - before).toBeLessThan(150);
  await daemon.stop();
});

test('client-sends-a-gigabyte', async () => {
  const daemon = await start({ LOG__LEVEL: 'warn' });
  const before = peakMemory(daemon);
  const line = await daemon.connect();
  line.send('sender=');
  expect(await line.flood(Buffer.alloc(MEGABYTE, 'x'), 1024)).toBeLessThan(1024);
  expect(await daemon.logged('protocol_error')).toMatchObject({ reason: 'line_too_long' });

  const lines = await daemon.connect();
  const many = Buffer.from('sender=a@sender.test\n'.repeat(MEGABYTE / 21));
  expect(await lines.flood(many, 1024)).toBeLessThan(1024);
  expect(await daemon.logged('protocol_error', 2)).toMatchObject({ reason: 'request_too_large' });

  expect(`action=${await daemon.ask()}\n\n`).toBe(ANSWER);
  expect(peakMemory(daemon) - before).toBeLessThan(100);
  await daemon.stop();
});

test('too-many-connections', async () => {
  const daemon = await start({ LIMITS__CONNECTIONS: '2' });
  const clients = [await daemon.connect(), await daemon.connect()];
  for (const client of clients) {
    client.send(requestText());
    expect(await client.answers(1)).toBe(ANSWER);
  }
  const third = await daemon.connect();
  expect(await third.untilClosed()).toBe('');
  expect(await daemon.logged('connection_refused')).toMatchObject({
    msg: expect.stringMatching(/^127\.0\.0\.1:\d+ refused: there are 2 connections already$/),
  });
  // Those that are there go on, and a place that becomes free is taken.
  clients[0]?.send(requestText());
  expect(await clients[0]?.answers(2)).toBe(ANSWER + ANSWER);
  clients[1]?.socket.end();
  await daemon.until('a free place', () => daemon.lines('connection_closed').length > 0);
  expect(`action=${await daemon.ask()}\n\n`).toBe(ANSWER);
  await daemon.stop();
});

test('client-is-idle', async () => {
  const daemon = await start({ LIMITS__IDLE_SECONDS: '1' });
  const client = await daemon.connect();
  expect(await client.untilClosed()).toBe('');
  expect(await daemon.logged('connection_closed')).toMatchObject({ reason: 'idle', requests: 0 });
  await daemon.stop();
});
