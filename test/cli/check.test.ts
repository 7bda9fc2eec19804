import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';

let directory: string;
let terminal: FakeTerminal;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'postward-check-'));
  const policy = (name: string, ...lines: string[]) =>
    writeFileSync(join(directory, name), `${lines.join('\n')}\n`);
  policy('clean.cf', 'mynetworks = 127.0.0.0/8', 'smtpd_client_restrictions = permit_mynetworks');
  policy('doubtful.cf', 'smtpd_recipient_restrictoins = permit');
  policy('broken.cf', 'smtpd_client_restrictions = permit_mynetwork,', '    reject_rbl_klient');
});

afterAll(() => rmSync(directory, { recursive: true }));

beforeEach(() => {
  terminal = new FakeTerminal(directory);
});

const check = (...words: string[]) => run(['node', 'postward', 'check', ...words], terminal);

test('a clean policy', async () => {
  expect(await check('clean.cf')).toBe(0);
  expect(terminal.output).toBe('policy clean: no errors, no warnings\n');
  expect(await check('--strict', 'clean.cf')).toBe(0);
});

test('a doubtful policy is good enough, unless --strict', async () => {
  expect(await check('doubtful.cf')).toBe(0);
  expect(terminal.output).toContain('did you mean `smtpd_recipient_restrictions`?');
  expect(terminal.output).toMatch(/policy doubtful: no errors, 1 warning\n$/);
  expect(await check('doubtful.cf', '--strict')).toBe(1);
});

test('a broken policy: every mistake, with its place, its line and its cure', async () => {
  expect(await check('broken.cf')).toBe(2);
  const file = join(directory, 'broken.cf');
  expect(terminal.output).toContain(`${file}:1:29: error[`);
  expect(terminal.output).toContain('did you mean `permit_mynetworks`?');
  expect(terminal.output).toContain(`${file}:2:5: error[`);
  expect(terminal.output).toContain('did you mean `reject_rbl_client`?');
  expect(terminal.output).toContain('  2 |     reject_rbl_klient\n');
  expect(terminal.output).toMatch(/policy broken: 2 errors, no warnings\n$/);
  expect(terminal.errors).toBe('');
});

test('for programs', async () => {
  expect(await check('broken.cf', '--json')).toBe(2);
  const report = JSON.parse(terminal.output);
  expect(report).toMatchObject({ errors: 2, warnings: 0 });
  expect(report.diagnostics[0]).toEqual({
    severity: 'error',
    code: expect.stringMatching(/^[a-z-]+$/),
    message: expect.stringContaining('permit_mynetwork'),
    file: join(directory, 'broken.cf'),
    line: 1,
    column: 29,
    length: 16,
    help: expect.stringContaining('permit_mynetworks'),
  });
});

test('zones of dns.zones in which no policy has a list', async () => {
  mkdirSync(join(directory, 'zones'), { recursive: true });
  writeFileSync(
    join(directory, 'zones/lists.cf'),
    'smtpd_client_restrictions = reject_rbl_client K3Y.Zen.test\n',
  );
  const zones = [
    'zen.test: {prefetch: no}',
    'k3y.zen.test: {private: yes}',
    'k3y.zne.test: {private: yes}',
    'en.test: {prefetch: no}',
    'other.test: {prefetch: yes, servers: [127.0.0.1]}',
    'empty.test: {}',
  ];
  terminal.environment = {
    POSTWARD_DNS__ZONES: `{${zones.join(', ')}}`,
    POSTWARD_POLICIES: 'zones/lists.cf',
  };
  expect(await check('--strict')).toBe(0);
  expect(Array.from(terminal.output.matchAll(/^note\[unused-zone\]: .*$/gm), String)).toEqual([
    'note[unused-zone]: no policy names a DNS list in the zone `*.zne.test` of `dns.zones`',
    'note[unused-zone]: no policy names a DNS list in the zone `en.test` of `dns.zones`',
  ]);
});

test('a file that is not there', async () => {
  expect(await check('nowhere.cf')).toBe(2);
  expect(terminal.output).toContain(
    `error[no-policy]: cannot read policies from \`${join(directory, 'nowhere.cf')}\`: no such file`,
  );
});

test('a directory: all policies in it', async () => {
  expect(await check('.')).toBe(2);
  expect(terminal.output).toMatch(/policies broken, clean, doubtful: 2 errors, 1 warning\n$/);
});

test('without a file: the policies that come with Postward have no mistakes', async () => {
  expect(await check('--strict')).toBe(0);
  expect(terminal.output).toBe('policies mx, submission: no errors, no warnings\n');
});
