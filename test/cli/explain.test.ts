import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';

let directory: string;
let dns: FixtureDns;
let terminal: FakeTerminal;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'postward-explain-'));
  writeFileSync(
    join(directory, 'mx.cf'),
    [
      'mynetworks = 127.0.0.0/8',
      'mydestination = example.org',
      'smtpd_client_restrictions = permit_mynetworks, reject_rbl_client bl.test',
      'smtpd_helo_restrictions = check_helo_access hash:$config_directory/ok_helo,',
      '    reject_non_fqdn_helo_hostname, permit',
      'smtpd_recipient_restrictions = reject_unauth_destination',
      '',
    ].join('\n'),
  );
  writeFileSync(join(directory, 'ok_helo'), 'friend OK\nfoe REJECT we do not know you\n');
  dns = await startFixtureDns({
    zone: '@dnsbl bl.test 203.0.113.2 127.0.0.2 "seen sending spam"\n',
  });
});

afterAll(async () => {
  await dns.stop();
  rmSync(directory, { recursive: true });
});

beforeEach(() => {
  terminal = new FakeTerminal(directory);
});

function explain(...words: string[]): Promise<number> {
  const server = `${dns.address}:${dns.port}`;
  return run(['node', 'postward', 'explain', '--policy', 'mx.cf', '--dns', server, ...words], terminal);
}

/** What was printed, with times and the directory taken out. */
function printed(): string {
  return terminal.output
    .replaceAll(`${directory}/`, '')
    .replace(/ {2}[\d.]+ m?s$/gm, '')
    .replace(/[\d.]+ m?s$/gm, 'TIME');
}

describe('explain', () => {
  test('shows the whole way to a decision', async () => {
    expect(
      await explain(
        'client_address=203.0.113.2',
        'sender=a@x.test',
        'recipient=b@example.org',
        'helo_name=foe',
      ),
    ).toBe(0);
    expect(printed()).toBe(
      `reject: 554 5.7.1 Service unavailable; Client host [203.0.113.2] blocked using bl.test; seen sending spam
  decided by reject_rbl_client bl.test in the client list, mx.cf:3:48
  answer     action=554 5.7.1 Service unavailable; Client host [203.0.113.2] blocked using bl.test; seen sending spam
  asked      policy mx, all lists at RCPT, TIME
  assumed    protocol_state=RCPT, client_name=unknown, reverse_client_name=unknown

client list: rejected
├─ permit_mynetworks: dunno  mx.cf:3:29
└─ reject_rbl_client bl.test: reject 554 5.7.1 Service unavailable; Client host [203.0.113.2] blocked using bl.test; seen sending spam  mx.cf:3:48
      DNS 2.113.0.203.bl.test A: 127.0.0.2 (TTL 60 s)
      DNS 2.113.0.203.bl.test TXT: seen sending spam (TTL 60 s)
helo list: not reached
recipient list: not reached
`,
    );
  });

  test('shows what tables said, and what was not reached', async () => {
    await explain('client_address=127.0.0.1', 'helo_name=friend', 'recipient=b@example.org');
    const text = printed();
    expect(text).toMatch(/^permit\n {2}decided by/);
    expect(text).toContain('│     hash:ok_helo for `friend` says `OK`\n');
    expect(text).toContain('└─ not reached: reject_non_fqdn_helo_hostname, permit\n');
    expect(text).toContain('answer     action=DUNNO\n');
  });

  test('may be about one list', async () => {
    await explain('--context', 'helo', 'client_address=203.0.113.2', 'helo_name=foe');
    const text = printed();
    expect(text).toMatch(/^reject: 554 5\.7\.1 <foe>: Helo command rejected: we do not know you\n/);
    expect(text).toContain('because    hash:ok_helo for `foe` says `REJECT we do not know you`\n');
    expect(text).toContain('asked      policy mx, the helo list alone, ');
    expect(text).not.toContain('client list');
  });

  test('says which lists smtpd would not run, and why', async () => {
    await explain('client_address=127.0.0.1', 'sender=a@x.test');
    expect(printed()).toMatch(/\nhelo list: not run, since the client has given no HELO name\n/);
    expect(printed()).toMatch(/\nrecipient list: not run, since there is no recipient\n/);
  });

  test('says so when the context names nothing', async () => {
    expect(await explain('--context', 'hello', 'client_address=127.0.0.1')).toBe(0);
    expect(terminal.errors).toContain('postward: `hello` names no policy and no list; asking mx\n');
  });

  test('reads a captured request from standard input', async () => {
    terminal.input =
      'request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=127.0.0.1\nclient_name=localhost\nhelo_name=foe\nsender=\nrecipient=b@elsewhere.test\nmail_version=3.12\n\n';
    expect(await explain()).toBe(0);
    expect(printed()).toMatch(/^reject: 554 5\.7\.1 <foe>/);
    expect(printed()).not.toContain('assumed');
  });

  test('refuses more than a request on standard input, instead of explaining its start', async () => {
    terminal.input = `client_address=127.0.0.1\n${'x=y\n'.repeat(20_000)}recipient=b@example.org\n\n`;
    expect(await explain()).toBe(1);
    expect(terminal.errors).toContain('postward: standard input has more than 65536 bytes\n');
  });

  test('is for programs, too', async () => {
    expect(await explain('--json', 'client_address=203.0.113.2', 'helo_name=foe')).toBe(0);
    const report = JSON.parse(terminal.output);
    expect(report).toMatchObject({
      verdict: 'reject',
      policy: 'mx',
      reply: { code: 554, dsn: '5.7.1' },
      decided_by: {
        list: 'client',
        restriction: 'reject_rbl_client',
        file: join(directory, 'mx.cf'),
        line: 3,
        column: 48,
      },
      request: { client_address: '203.0.113.2', helo_name: 'foe' },
      trace: [
        {
          list: 'client',
          result: 'rejected',
          entries: [
            { outcome: { kind: 'dunno' } },
            { outcome: { kind: 'reject' }, dns: [{ type: 'A' }, {}] },
          ],
        },
      ],
      lists_not_run: [{ list: 'helo', reason: 'not reached' }, { list: 'recipient' }],
    });
  });

  test.each([
    [
      ['client_adress=192.0.2.1'],
      'postward: `client_adress` is no attribute of a policy request\nhelp: did you mean',
    ],
    [['--policy', 'nowhere.cf', 'sender='], 'no such file or directory'],
    [[], 'postward: there is no request to explain\nhelp: give attributes'],
  ])('%j is a mistake', async (words, message) => {
    expect(await explain(...words)).toBe(1);
    expect(terminal.errors).toContain(message);
    expect(terminal.output).toBe('');
  });

  test('tells the mistakes of a policy, and decides as Postfix would with them', async () => {
    writeFileSync(join(directory, 'broken.cf'), 'smtpd_client_restrictions = permit_mynetwork\n');
    expect(await explain('--policy', 'broken.cf', 'client_address=203.0.113.2')).toBe(0);
    expect(terminal.errors).toContain('did you mean `permit_mynetworks`?');
    expect(printed()).toMatch(/^defer: 451 4\.3\.5 Server configuration error\n/);
  });
});
