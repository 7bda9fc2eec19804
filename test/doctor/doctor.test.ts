/** What the doctor tells of a Postfix that is wired well, and of one that is not. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';

const HOST = `compatibility_level = 2
myhostname = mx.example.test
mynetworks = 127.0.0.0/8
mydestination = example.test
`;

const POLICY = `${HOST}smtpd_client_restrictions = permit_mynetworks, reject_unknown_reverse_client_hostname
smtpd_recipient_restrictions = reject_unauth_destination, reject_non_fqdn_sender
`;

const ASK = 'check_policy_service inet:127.0.0.1:10040';

let directory: string;
let terminal: FakeTerminal;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'postward-doctor-'));
  mkdirSync(join(directory, 'postfix'));
  terminal = new FakeTerminal(directory);
  write('policies/mx.cf', POLICY);
  write(
    'postfix/master.cf',
    `smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
`,
  );
});

afterEach(() => rmSync(directory, { recursive: true }));

function write(path: string, text: string): void {
  const file = join(directory, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

/** The directory of a Postfix. */
function postfix(lists: string): void {
  write('postfix/main.cf', `${HOST}${lists}`);
}

async function doctor(...words: string[]): Promise<{ exitCode: number; findings: Finding[] }> {
  const command = ['node', 'postward', 'doctor', '--policy', 'policies', '--postfix', 'postfix', '--json'];
  const exitCode = await run([...command, ...words], terminal);
  const { findings } = JSON.parse(terminal.output) as { findings: Finding[] };
  return { exitCode, findings };
}

const troubles = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level !== 'ok').map(({ code }) => code);

test('one question behind the relay guard: all is well', async () => {
  postfix(`smtpd_recipient_restrictions = reject_unauth_destination, ${ASK}\n`);
  const { exitCode, findings } = await doctor('--strict');
  expect(troubles(findings)).toEqual([]);
  expect(exitCode).toBe(0);
  expect(findings.map(({ service, message }) => `${service}: ${message}`)).toEqual([
    'main.cf: asks Postward from smtpd_recipient_restrictions',
    'main.cf: while Postward is down mail waits at its senders (default_action=DUNNO would let it pass unfiltered)',
    'submission/inet: does not ask Postward',
  ]);
});

test('a question from each list: all is well', async () => {
  const ask = (list: string) => `check_policy_service { inet:127.0.0.1:10040, policy_context=${list} }`;
  postfix(`smtpd_client_restrictions = ${ask('client')}
smtpd_recipient_restrictions = reject_unauth_destination, ${ask('mx/recipient')}\n`);
  expect((await doctor()).findings.filter(({ level }) => level !== 'ok')).toEqual([]);
});

test('nobody asks', async () => {
  postfix('smtpd_recipient_restrictions = reject_unauth_destination\n');
  const { exitCode, findings } = await doctor();
  expect(exitCode).toBe(2);
  expect(findings[0]).toEqual({
    level: 'error',
    code: 'unasked',
    service: '',
    message: 'no smtpd service of this Postfix asks Postward',
    help: 'add `check_policy_service inet:127.0.0.1:10040` to smtpd_recipient_restrictions, behind reject_unauth_destination; docs/guide/postfix.md shows how',
  });
});

test('another policy server is asked, and said so', async () => {
  postfix(
    'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service inet:127.0.0.1:10023\n',
  );
  const { findings } = await doctor();
  expect(findings.find(({ code }) => code === 'not-asked')?.message).toContain(
    'its check_policy_service asks inet:127.0.0.1:10023',
  );
});

describe('what is wrong', () => {
  const CASES: readonly [code: string, lists: string, ...words: string[]][] = [
    [
      'unknown-context',
      'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service { inet:127.0.0.1:10040, policy_context=mxx }',
    ],
    [
      'context-in-other-list',
      'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service { inet:127.0.0.1:10040, policy_context=client }, check_policy_service { inet:127.0.0.1:10040, policy_context=recipient }',
    ],
    [
      'before-relay-guard',
      `smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = ${ASK}, reject_unauth_destination`,
    ],
    [
      'timeout',
      'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service { inet:127.0.0.1:10040, timeout=10s }',
    ],
    [
      'default-action',
      'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service { inet:127.0.0.1:10040, default_action=OK }',
    ],
    [
      'default-action',
      'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service { inet:127.0.0.1:10040, { default_action=554 5.3.0 down } }',
    ],
    [
      'idle',
      'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service { inet:127.0.0.1:10040, max_idle=1h }',
    ],
    ['only-warned', `smtpd_recipient_restrictions = reject_unauth_destination, warn_if_reject ${ASK}`],
    [
      'list-not-asked',
      'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service { inet:127.0.0.1:10040, policy_context=recipient }',
    ],
    [
      'asked-twice',
      `smtpd_client_restrictions = ${ASK}\nsmtpd_recipient_restrictions = reject_unauth_destination, ${ASK}`,
    ],
    [
      'connections',
      `default_process_limit = 3000\nsmtpd_recipient_restrictions = reject_unauth_destination, ${ASK}`,
    ],
    [
      'parameter-disagrees',
      `mynetworks = 127.0.0.0/8, 192.0.2.0/24\nsmtpd_recipient_restrictions = reject_unauth_destination, ${ASK}`,
    ],
    [
      'parameter-disagrees',
      `mydestination = example.test, example.org\nsmtpd_recipient_restrictions = reject_unauth_destination, ${ASK}`,
    ],
  ];
  test.each(CASES)('%s: %s', async (code, lists) => {
    postfix(`${lists}\n`);
    const { findings } = await doctor();
    const [found, ...others] = findings.filter(({ level }) => level !== 'ok');
    expect(found?.code).toBe(code);
    expect(found?.help).not.toBe('');
    expect(others).toEqual([]);
  });

  test('no list that Postfix keeps because nothing in it needs Postward', async () => {
    const data = 'smtpd_data_restrictions = permit_mynetworks, reject_plaintext_session\n';
    write('policies/mx.cf', `${POLICY}${data}`);
    const asking = `smtpd_recipient_restrictions = reject_unauth_destination, ${ASK}\n`;
    postfix(`${asking}${data}`);
    expect(troubles((await doctor()).findings)).toEqual([]);
    terminal.output = '';
    postfix(asking);
    expect(troubles((await doctor()).findings)).toEqual(['list-not-asked']);
  });

  test('the DATA list of a policy, which one question at RCPT TO does not decide', async () => {
    write('policies/mx.cf', `${POLICY}smtpd_data_restrictions = reject_multi_recipient_bounce\n`);
    postfix(`smtpd_recipient_restrictions = reject_unauth_destination, ${ASK}\n`);
    const { findings } = await doctor();
    expect(findings.filter(({ level }) => level !== 'ok')).toMatchObject([
      {
        code: 'list-not-asked',
        message: 'smtpd_data_restrictions of the policy `mx` is never asked for',
        help: 'put check_policy_service into smtpd_data_restrictions of main.cf',
      },
    ]);
  });

  test('a proxy that only master.cf has, where a queue ID is asked for', async () => {
    write('policies/mx.cf', `${POLICY}smtpd_helo_restrictions = reject_multi_recipient_bounce\n`);
    write('postfix/master.cf', 'smtp inet n - n - - smtpd\n  -o smtpd_proxy_filter=127.0.0.1:10025\n');
    postfix(`smtpd_recipient_restrictions = reject_unauth_destination, ${ASK}\n`);
    expect(troubles((await doctor()).findings)).toEqual(['parameter-disagrees']);
  });

  test('an absolute socket path that a chroot hides', async () => {
    write('postfix/master.cf', 'smtp inet n - y - - smtpd\n');
    write('postward.yaml', 'listen: ["unix:/run/postward/policy"]\n');
    postfix(
      'smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service unix:/run/postward/policy\n',
    );
    const { findings } = await doctor('--config', 'postward.yaml');
    expect(troubles(findings)).toEqual(['unasked', 'socket-outside-chroot']);
  });
});

test('postconf tells what main.cf leaves out', async () => {
  write(
    'bin/postconf',
    `#!/bin/sh\nprintf 'smtpd_delay_reject = yes\\nrelay_domains = example.org\\n'; cat "$2/main.cf"\n`,
  );
  chmodSync(join(directory, 'bin/postconf'), 0o755);
  terminal.environment = { PATH: `${directory}/bin:/usr/bin:/bin` };
  postfix(`smtpd_recipient_restrictions = reject_unauth_destination, ${ASK}\n`);
  const { findings } = await doctor();
  expect(findings.filter(({ level }) => level !== 'ok')).toMatchObject([
    {
      code: 'parameter-disagrees',
      message: 'relay_domains is `example.org` in Postfix and empty in the policy `mx`',
    },
  ]);
});

test('what postconf refuses is told in its words, and the rest by the files', async () => {
  write('bin/postconf', '#!/bin/sh\necho "postconf: fatal: $2/main.cf, line 9: missing \'=\'" >&2; exit 1\n');
  chmodSync(join(directory, 'bin/postconf'), 0o755);
  terminal.environment = { PATH: `${directory}/bin:/usr/bin:/bin` };
  postfix(`smtpd_recipient_restrictions = reject_unauth_destination, ${ASK}\npermit\n`);
  const { exitCode, findings } = await doctor();
  expect(exitCode).toBe(2);
  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([
    {
      level: 'error',
      code: 'refused',
      service: '',
      message: `Postfix itself does not run with this configuration: ${directory}/postfix/main.cf, line 9: missing '='`,
      help: 'mend that first; `postward check` names each such line of a main.cf',
    },
  ]);
  expect(terminal.output).toContain('main.cf (postconf refuses it)');
});

test('people get a list with help, and a directory without main.cf is named', async () => {
  postfix(`smtpd_recipient_restrictions = reject_unauth_destination, warn_if_reject ${ASK}\n`);
  const command = ['node', 'postward', 'doctor', '--policy', 'policies', '--postfix'];
  expect(await run([...command, 'postfix', '--strict'], terminal)).toBe(1);
  expect(terminal.output).toContain('warning main.cf: warn_if_reject stands before check_policy_service');
  expect(terminal.output).toContain('        help: remove warn_if_reject once you trust the policy\n');
  expect(terminal.output).toMatch(/no errors, 1 warning\n$/);
  expect(await run([...command, 'nowhere'], terminal)).toBe(1);
  expect(terminal.errors).toContain(`there is no \`${directory}/nowhere/main.cf\``);
});
