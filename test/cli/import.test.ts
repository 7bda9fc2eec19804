import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';

const MAIN_CF = `smtpd_banner = hello
smtpd_client_restrictions = check_client_access hash:$config_directory/clients
`;

let directory: string;
let terminal: FakeTerminal;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'postward-import-'));
  terminal = new FakeTerminal(directory);
  writeFileSync(join(directory, 'main.cf'), MAIN_CF);
  writeFileSync(join(directory, 'clients'), '192.0.2.1 REJECT\n');
});

afterEach(() => rmSync(directory, { recursive: true }));

const typed = (...words: string[]) => run(['node', 'postward', 'import', ...words], terminal);
const read = (path: string) => readFileSync(join(directory, path), 'utf8');

test('without --output nothing is written', async () => {
  expect(await typed('main.cf')).toBe(0);
  expect(terminal.output).toContain('    2  smtpd_client_restrictions  moves');
  expect(terminal.output).toContain('hash:$config_directory/tables/clients');
  expect(terminal.output).toMatch(/Nothing was written: give a directory to --output\.\n$/);
  expect(existsSync(join(directory, 'tables'))).toBe(false);
});

test("what is told of mistakes hides a DNSBL customer's key", async () => {
  writeFileSync(
    join(directory, 'main.cf'),
    'smtpd_client_restrictions = reject_everything k3y.zen.dq.spamhaus.net, reject_rbl_client k3y.zen.dq.spamhaus.net=1\n',
  );
  expect(await typed('main.cf', '--output', 'new')).toBe(2);
  expect(terminal.output).toContain('*.zen.dq.spamhaus.net');
  expect(terminal.output + terminal.errors).not.toContain('k3y');
  expect(read('new/main.cf'), 'the policy needs it').toContain('k3y');
});

test('with --output: policies, and tables as they are, with their modes', async () => {
  chmodSync(join(directory, 'clients'), 0o640);
  expect(await typed('main.cf', '--output', 'new/policies')).toBe(0);
  expect(read('new/policies/main.cf')).toBe(
    `# Imported by \`postward import\` from ${directory}/main.cf.\n\nsmtpd_client_restrictions = check_client_access hash:$config_directory/tables/clients\n`,
  );
  expect(read('new/policies/tables/clients')).toBe('192.0.2.1 REJECT\n');
  expect(statSync(join(directory, 'new/policies/tables/clients')).mode & 0o777).toBe(0o640);
  expect(terminal.output).toMatch(/Written to new\/policies: main\.cf\nNext: postward check new\/policies, /);
  expect(await run(['node', 'postward', 'check', '--strict', 'new/policies'], terminal)).toBe(0);
});

test('nothing is overwritten, unless --force', async () => {
  mkdirSync(join(directory, 'out/tables'), { recursive: true });
  writeFileSync(join(directory, 'out/tables/clients'), 'mine\n');
  expect(await typed('main.cf', '--output', 'out')).toBe(1);
  expect(terminal.errors).toContain(
    `nothing was written: \`${directory}/out/tables/clients\` is there already`,
  );
  expect(existsSync(join(directory, 'out/main.cf'))).toBe(false);
  expect(await typed('main.cf', '--output', 'out', '--force')).toBe(0);
  expect(read('out/tables/clients')).toBe('192.0.2.1 REJECT\n');
});

test('what is imported is never overwritten', async () => {
  expect(await typed('main.cf', '--output', '.', '--force')).toBe(1);
  expect(terminal.errors).toContain('is what is imported, and would be overwritten');
  expect(read('main.cf')).toBe(MAIN_CF);
});

test('a directory that cannot be made', async () => {
  expect(await typed('main.cf', '--output', 'clients/policies')).toBe(1);
  expect(terminal.errors).toContain(`cannot write to \`${directory}/clients/policies\``);
});

test('from standard input, as postconf -n prints it', async () => {
  terminal.input = 'smtpd_helo_restrictions = reject_invalid_hostname\n';
  expect(await typed('-', '--fix', '--output', 'out')).toBe(0);
  expect(read('out/main.cf')).toContain('\nsmtpd_helo_restrictions = reject_invalid_helo_hostname\n');
  expect(terminal.output).toContain('standard input, line by line (policy main)');
});

test('nothing on standard input', async () => {
  expect(await typed('-')).toBe(1);
  expect(terminal.errors).toContain('help: pipe a main.cf into it: `postconf -n | postward import -`');
});

test('files that are not there', async () => {
  expect(await typed('nowhere.cf')).toBe(1);
  expect(terminal.errors).toContain(`cannot read \`${directory}/nowhere.cf\`: no such file or directory`);
  expect(await typed('main.cf', '--master', 'master.cf')).toBe(1);
  expect(terminal.errors).toContain(`cannot read \`${directory}/master.cf\``);
});

test('services of master.cf: a policy each, and which is the default', async () => {
  writeFileSync(
    join(directory, 'master.cf'),
    'submission inet n - n - - smtpd -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n',
  );
  expect(await typed('main.cf', '--master', 'master.cf', '--output', 'out')).toBe(0);
  expect(read('out/submission.cf')).toContain('smtpd_client_restrictions=permit_sasl_authenticated,reject\n');
  expect(terminal.output).toContain(
    'Written to out: main.cf, submission.cf\nIn config/postward.yaml: default_policy: main\nNext: postward check out, then POSTWARD_DEFAULT_POLICY=main postward serve --policy out\n',
  );
  const explain = ['node', 'postward', 'explain', '--policy', 'out', 'client_address=192.0.2.1'];
  expect(await run(explain, terminal), 'no policy is the default').toBe(1);
  terminal.environment = { POSTWARD_DEFAULT_POLICY: 'main' };
  expect(await run(explain, terminal)).toBe(0);
});

test('a policy with HELO restrictions says that HELO is required, so that `check` does not miss it', async () => {
  writeFileSync(
    join(directory, 'main.cf'),
    'smtpd_helo_required = yes\nsmtpd_helo_restrictions = reject_invalid_helo_hostname\n',
  );
  expect(await typed('main.cf', '--output', 'out')).toBe(0);
  expect(terminal.output).toMatch(/1 {2}smtpd_helo_required +both +Postfix needs it as well\n/);
  expect(await run(['node', 'postward', 'check', 'out'], terminal)).toBe(0);
  expect(terminal.output + terminal.errors).not.toContain('helo-not-required');
});

test('services of master.cf whose options stay as they are', async () => {
  writeFileSync(join(directory, 'main.cf'), 'smtpd_relay_restrictions = reject_unauth_destination\n');
  writeFileSync(join(directory, 'master.cf'), 'smtps inet n - n - - smtpd -o mynetworks=192.0.2.0/24\n');
  expect(await typed('main.cf', '--master', 'master.cf')).toBe(0);
  expect(terminal.output).toContain('  and for smtps in master.cf nothing: its options stay as they are\n');
  expect(terminal.output).not.toContain('instead of its options');
});

test('lists at whose end mail waits while Postward is down', async () => {
  const note = '# Without default_action=DUNNO where a list ends in `reject`: while Postward is down';
  expect(await typed('main.cf')).toBe(0);
  expect(terminal.output).not.toContain(note);
  writeFileSync(join(directory, 'main.cf'), `${MAIN_CF.trimEnd()}, reject\n`);
  expect(await typed('main.cf')).toBe(0);
  expect(terminal.output.split(note)).toHaveLength(3);
});

test('mistakes that are left: exit code 2', async () => {
  writeFileSync(join(directory, 'main.cf'), 'smtpd_client_restrictions = reject_nobody_at_all\n');
  expect(await typed('main.cf')).toBe(2);
  expect(terminal.output).toContain('Mistakes keep Postward from starting with this policy: mend them.');
  writeFileSync(join(directory, 'main.cf'), 'smtpd_client_restrictions = permit_mynetworks,\nreject\n');
  expect(await typed('main.cf')).toBe(2);
  expect(terminal.output).toContain('were left out: mend them, or try --fix.');
  expect(await typed('main.cf', '--fix')).toBe(0);
});
