/** `postward dnsbl`: how lists are, what they say, and a second opinion. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { ApiDaemon } from '../admin/api-daemon.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';

const POLICY = `mydestination = dest.test
smtpd_client_restrictions = reject_rbl_client bl.test, reject_rbl_client bl.test=127.0.0.9, reject_rbl_client dead.test, reject_rbl_client world.test
smtpd_sender_restrictions = reject_rhsbl_sender dom.test
`;

const ZONE = `@dnsbl bl.test 127.0.0.2 127.0.0.2 "test entry"
@dnsbl bl.test 192.0.2.66 127.0.0.4 "spam source"
2.0.0.127.dead.test A 127.0.0.2
66.2.0.192.dead.test !SERVFAIL
*.world.test A 127.0.0.2
test.dom.test A 127.0.0.2
spam.example.dom.test A 127.0.0.2
`;

let directory: string;
let dns: FixtureDns;
let terminal: FakeTerminal;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'postward-dnsbl-'));
  writeFileSync(join(directory, 'mx.cf'), POLICY);
  dns = await startFixtureDns({ zone: ZONE });
});

afterAll(async () => {
  await dns.stop();
  rmSync(directory, { recursive: true });
});

beforeEach(() => {
  terminal = new FakeTerminal(directory);
});

const check = (...words: string[]) => {
  const server = `${dns.server.host}:${dns.server.port}`;
  return run(
    ['node', 'postward', 'dnsbl', 'check', ...words, '--policy', 'mx.cf', '--dns', server],
    terminal,
  );
};

test('check asks every list of the policies about an address', async () => {
  expect(await check('192.0.2.66')).toBe(1);
  expect(
    terminal.output
      .replaceAll(/\d+ ms/g, 'N ms')
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ')),
  ).toEqual([
    'LIST SAYS ANSWER TIME REASON',
    'bl.test listed 127.0.0.4 N ms spam source',
    'bl.test=127.0.0.9 not listed N ms',
    'dead.test no answer N ms SERVFAIL',
    expect.stringMatching(/^world\.test set aside 127\.0\.0\.2 N ms it lists the world: /),
    '',
  ]);
});

test('check asks the lists of domains about a domain, and says when none has it', async () => {
  expect(await check('good.example')).toBe(0);
  expect(terminal.output).toMatch(/^LIST.*\ndom\.test +not listed +\d+ ms\n$/);
  terminal.output = '';
  expect(await check('spam.example', '--json')).toBe(1);
  expect(JSON.parse(terminal.output)).toMatchObject([
    { list: 'dom.test', kind: 'listed', addresses: ['127.0.0.2'] },
  ]);
});

test('what is neither address nor domain is told', async () => {
  expect(await check('not a name')).toBe(1);
  expect(terminal.errors).toContain('`not a name` is neither an IP address nor a domain');
});

test('a second opinion that sees nothing is worded so, and differs', async () => {
  // The system's resolver knows nothing of zones below .test (RFC 6761 §6.2).
  expect(await check('192.0.2.66', '--independent')).toBe(1);
  expect(terminal.output).toMatch(
    /bl\.test +listed +127\.0\.0\.4 +\d+ ms +no listing seen \(differs\) +spam source/,
  );
});

test('status tells health, share and overlap of the lists of a running daemon', async () => {
  const data = join(directory, 'data');
  const daemon = await ApiDaemon.start({
    policy: POLICY,
    data,
    settings: {
      DNS__SERVERS: `${dns.server.host}:${dns.server.port}`,
      DNS__TIMEOUT_MS: '200',
      DNS__TOTAL_MS: '500',
    },
  });
  try {
    expect(await daemon.decide({ client_address: '192.0.2.66' })).toContain('bl.test');
    expect(await daemon.decide({ client_address: '192.0.2.1' })).toBe('DUNNO');
    expect({
      exitCode: await run(['node', 'postward', 'dnsbl', 'status', '--data', 'data', '--probe'], terminal),
      errors: terminal.errors,
    }).toEqual({ exitCode: 0, errors: '' });
    expect(terminal.output).toMatch(
      /^LIST +STATE +ASKED +LISTED +ALONE +ALSO ON +FAILED +MEDIAN +99 % +PROBED\n/,
    );
    expect(terminal.output).toMatch(/\nbl\.test +healthy +2 +1 \(50 %\) /);
    terminal.output = '';
    await run(['node', 'postward', 'dnsbl', 'status', '--data', 'data', '--json'], terminal);
    expect(JSON.parse(terminal.output)).toContainEqual(
      expect.objectContaining({ list: 'dom.test', subject: 'domain' }),
    );
  } finally {
    await daemon.stop();
  }
});
