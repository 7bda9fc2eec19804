/** What commands print holds no key of a DNSBL customer, however the line falls. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { COMPILE_CACHE, MAIN } from '../support/daemon.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';

/** Of a zone that is known, and of one that the settings call private. */
const KNOWN = 's3cr3tk3y.zen.dq.spamhaus.net';
const PRIVATE = 's3cr3tk3y.bl.test';
const ZONES = `{${PRIVATE}: {private: yes}, open.test: {private: no}}`;

let directory: string;
let dns: FixtureDns;
let terminal: FakeTerminal;

const write = (name: string, text: string) => writeFileSync(join(directory, name), text);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'postward-keys-'));
  const zone = [KNOWN, PRIVATE].map(
    (name) =>
      `@dnsbl ${name} 127.0.0.2 127.0.0.2\n@dnsbl ${name} 198.51.100.1 127.0.0.2 "see http://${name}/"\n`,
  );
  dns = await startFixtureDns({ zone: zone.join('') });
  write('mx.cf', 'smtpd_client_restrictions = check_client_access hash:$config_directory/access\n');
  write('access', `198.51.100.1 reject_rbl_client ${PRIVATE}, reject_rbl_client ${KNOWN}\n`);
  write(
    'lists.cf',
    `smtpd_client_restrictions = reject_rbl_client ${PRIVATE}, warn_if_reject reject_rbl_client ${KNOWN}\n`,
  );
  write(
    'broken.cf',
    `smtpd_client_restrictions = reject_rbl_client ${PRIVATE}=127.0.0.[2, reject_rbl_klient ${KNOWN}, ${PRIVATE}\nmaps_rbl_domain = ${PRIVATE}\ndnsbl_sites = ${KNOWN}*x\nsmtpd_recipient_restrictions = reject_dnsbl_score, ${PRIVATE}:x\n`,
  );
});

afterAll(async () => {
  await dns.stop();
  rmSync(directory, { recursive: true });
});

beforeEach(() => {
  terminal = terminalWith(ZONES);
});

function terminalWith(zones: string): FakeTerminal {
  const made = new FakeTerminal(directory);
  made.environment = { POSTWARD_DNS__ZONES: zones };
  return made;
}

async function printed(...words: string[]): Promise<string> {
  await run(['node', 'postward', ...words], terminal);
  return terminal.output + terminal.errors;
}

const server = () => ['--dns', `${dns.address}:${dns.port}`];

describe.each(['mx.cf', 'lists.cf', 'broken.cf'])('%s', (policy) => {
  test.each([
    ['check', () => []],
    ['check', () => [policy]],
    ['check', () => [policy, '--json']],
    ['explain', () => ['--policy', policy, ...server(), 'client_address=198.51.100.1']],
    ['explain', () => ['--policy', policy, ...server(), '--json', 'client_address=198.51.100.1']],
    ['dnsbl', () => ['check', '198.51.100.1', '--policy', policy, ...server()]],
    ['dnsbl', () => ['check', '198.51.100.1', '--json', '--policy', policy, ...server()]],
  ])('postward %s', async (command, words) => {
    if (command === 'check') terminal.environment['POSTWARD_POLICIES'] = policy;
    const text = await printed(command, ...words());
    expect(text).not.toBe('');
    expect(text).not.toContain('unknown option');
    expect(text).not.toContain('s3cr');
  });
});

test('explain shows the entry, the reason and the question, with a * for the key', async () => {
  const text = await printed('explain', '--policy', 'mx.cf', ...server(), 'client_address=198.51.100.1');
  expect(text).toContain('says `reject_rbl_client *.bl.test, reject_rbl_client *.zen.dq.spamhaus.net`');
  expect(text).toContain('see http://*.bl.test/');
  expect(text).toContain('DNS 1.100.51.198.*.bl.test A: 127.0.0.2');
});

test('in colour', async () => {
  terminal.hasOutColour = true;
  terminal.hasErrorColour = true;
  const text = await printed('explain', '--policy', 'broken.cf', ...server(), 'client_address=198.51.100.1');
  expect(text).toContain('\x1b[');
  expect(text).not.toContain('s3cr');
});

test('check: wherever a long line is cut, and without a trace of how long the key is', async () => {
  const shown = new Set<string>();
  const more = 'permit_mynetworks, ';
  for (let pad = 0; pad < 40; pad += 2) {
    for (const zone of [PRIVATE, KNOWN]) {
      const list = `${' '.repeat(pad)}reject_rbl_client ${zone}, `;
      // Cut behind the window, and before it.
      const lines = [
        `reject_bogus_name, ${list}${more.repeat(8)}`,
        `${more.repeat(6)}${list}reject_bogus_name`,
      ];
      write(
        'clip.cf',
        lines.map((line, at) => `smtpd_${at === 0 ? 'client' : 'helo'}_restrictions = ${line}\n`).join(''),
      );
      const text = await printed('check', 'clip.cf');
      expect(text).not.toContain('s3');
      terminal = terminalWith(ZONES);
      for (const [name] of text.matchAll(/\S+\.(?:bl\.test|zen\.dq\.spamhaus\.net)/g)) shown.add(name);
    }
  }
  expect([...shown].sort()).toEqual(['*.bl.test', '*.zen.dq.spamhaus.net']);
});

test('import tells of a line without the key in it', async () => {
  write(
    'main.cf',
    `smtpd_client_restrictions = reject_rbl_client ${PRIVATE}=127.0.0.[2, reject_rbl_klient ${KNOWN}\n`,
  );
  const text = await printed('import', 'main.cf', '--output', 'imported', '--force');
  expect(text).toContain('*.bl.test=127.0.0.[2');
  expect(text).not.toContain('s3cr');
});

test.each([
  `{${PRIVATE}: {private: yes, servers: [nonsense]}}`,
  `{${PRIVATE}: {private: perhaps}}`,
  `{${PRIVATE}: {private: yes, prefetch: no, colour: red}}`,
])('settings with a mistake in the very zone: %s', async (zones) => {
  terminal = terminalWith(zones);
  const text = await printed('dns', 'lookup', 'a.test');
  expect(text).toMatch(/(?:error|warning)\[/);
  expect(text).toContain('*.bl.test');
  expect(text).not.toContain('s3cr');
});

test('the daemon that does not start', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'serve', '--policy', 'broken.cf', '--data', 'memory', '--listen', '127.0.0.1:0', '--admin', 'off'],
    {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE, POSTWARD_DNS__ZONES: ZONES },
    },
  );
  expect(status).not.toBe(0);
  expect(stderr).toContain('*.bl.test');
  expect(stdout + stderr).not.toContain('s3cr');
});
