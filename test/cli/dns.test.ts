import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { ADMIN_TOKEN, ApiDaemon } from '../admin/api-daemon.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';

const ZONE = `
host.test                300 A    192.0.2.1
host.test                300 A    192.0.2.2
host.test                 60 MX   20 b.mx.test
host.test                 60 MX   10 a.mx.test
nullmx.test                  MX   0 .
text.test                    TXT  "ring\u0007 the bell"
broken.test                  !SERVFAIL
@ptr 192.0.2.1 host.test
@ptr 2001:db8::1 six.test
secretkey.zen.dq.spamhaus.net A 127.0.0.2
`;

async function startDns(zone = ZONE): Promise<FixtureDns> {
  const dns = await startFixtureDns({ zone });
  onTestFinished(() => dns.stop());
  return dns;
}

function at({ address, port }: FixtureDns): string {
  return `${address}:${port}`;
}

async function type(words: readonly string[], environment: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'postward-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const terminal = new FakeTerminal(directory);
  terminal.environment = environment;
  const exitCode = await run(['node', 'postward', 'dns', ...words], terminal);
  return { exitCode, output: terminal.output, errors: terminal.errors };
}

/** Times differ from run to run. */
function withoutTimes(output: string): string {
  return output.replace(/\d+\.\d ms/g, 'N ms');
}

describe('dns lookup', () => {
  test('shows what each server says, with its TTL and time', async () => {
    const [one, two] = [await startDns(), await startDns('host.test !REFUSED\n')];
    const { exitCode, output, errors } = await type([
      'lookup',
      'host.test',
      '--dns',
      at(one),
      '--dns',
      at(two),
    ]);
    expect(errors).toBe('');
    expect(withoutTimes(output)).toBe(`\
host.test A
  ${at(one)}  found, TTL 300 s, N ms
    192.0.2.1
    192.0.2.2
  ${at(two)}  tempfail, REFUSED, N ms
`);
    expect(exitCode).toBe(0);
  });

  test.each([
    ['host.test mx', 'host.test MX', 'found, TTL 60 s, N ms\n    10 a.mx.test\n    20 b.mx.test\n'],
    ['nullmx.test. MX', 'nullmx.test MX', 'found, TTL 60 s, N ms\n    0 .\n'],
    ['text.test TXT', 'text.test TXT', 'found, TTL 60 s, N ms\n    ring\u2407 the bell\n'],
    ['nowhere.test', 'nowhere.test A', 'nxdomain, TTL 5 s, N ms\n'],
    ['host.test TXT', 'host.test TXT', 'nodata, TTL 5 s, N ms\n'],
    ['192.0.2.1', '1.2.0.192.in-addr.arpa PTR', 'found, TTL 60 s, N ms\n    host.test\n'],
    [
      '2001:db8::1',
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR',
      'found, TTL 60 s, N ms\n    six.test\n',
    ],
    ['secretkey.zen.dq.spamhaus.net', '*.zen.dq.spamhaus.net A', 'found, TTL 60 s, N ms\n    127.0.0.2\n'],
  ])('%s', async (words, question, answer) => {
    const dns = await startDns();
    const { exitCode, output } = await type(['lookup', ...words.split(' '), '--dns', at(dns)]);
    expect(withoutTimes(output)).toBe(`${question}\n  ${at(dns)}  ${answer}`);
    expect(exitCode).toBe(0);
  });

  test('a zone with servers of its own is asked there', async () => {
    const [usual, own] = [await startDns(), await startDns('1.2.0.192.list.test A 127.0.0.4\n')];
    const environment = { POSTWARD_DNS__ZONES: `{ list.test: { servers: ["${at(own)}"] } }` };
    const words = ['lookup', '1.2.0.192.list.test', '--dns', at(usual)];
    expect((await type(words, environment)).output).toContain(`${at(own)}  found`);
    expect(usual.received).toBe(0);
  });

  test('--json', async () => {
    const dns = await startDns();
    const { output } = await type(['lookup', 'host.test', 'MX', '--dns', at(dns), '--json']);
    expect(JSON.parse(output)).toEqual({
      name: 'host.test',
      type: 'MX',
      answers: [
        {
          server: at(dns),
          status: 'found',
          reason: '',
          ttl_seconds: 60,
          milliseconds: expect.any(Number),
          records: [
            { data: 'a.mx.test', preference: 10 },
            { data: 'b.mx.test', preference: 20 },
          ],
        },
      ],
    });
  });

  test('exits with 1 when no server has answered', async () => {
    const dns = await startDns();
    expect((await type(['lookup', 'broken.test', '--dns', at(dns)])).exitCode).toBe(1);
  });

  test.each([
    ['a name that cannot be', ['lookup', 'foo bar'], 1, '`foo bar` is no name that can be in the DNS'],
    ['a type that we do not ask for', ['lookup', 'host.test', 'SRV'], 2, 'It is one of A, AAAA, MX'],
  ])('%s is told', async (_, words, code, message) => {
    const { exitCode, errors } = await type(words);
    expect(exitCode).toBe(code);
    expect(errors).toContain(message);
  });
});

describe('the cache of a running daemon', () => {
  async function start() {
    const dns = await startDns();
    const daemon = await ApiDaemon.start({
      policy: 'smtpd_sender_restrictions = reject_unknown_sender_domain\n',
      settings: { DNS__SERVERS: at(dns) },
    });
    onTestFinished(() => daemon.stop());
    return { daemon, environment: { POSTWARD_API: daemon.url, POSTWARD_TOKEN: ADMIN_TOKEN } };
  }

  test('lookup --daemon shows it, flush forgets a name or all', async () => {
    const { daemon, environment } = await start();
    expect(await type(['lookup', 'host.test', '--daemon'], environment)).toMatchObject({
      exitCode: 1,
      output: 'nothing is kept of host.test\n',
    });
    expect(await daemon.decide({ sender: 'a@host.test' })).toBe('DUNNO');
    expect(await daemon.decide({ sender: 'a@nowhere.test' })).toContain('Domain not found');
    const shown = await type(['lookup', 'host.test', '--daemon'], environment);
    expect(shown.exitCode).toBe(0);
    expect(shown.output.replace(/\d+ s {2}/g, 'N s  ')).toBe(`\
tier    type  answer  left  records
memory  MX    found   N s  10 a.mx.test, 20 b.mx.test
`);
    const one = await type(['lookup', 'host.test', 'mx', '--daemon', '--json'], environment);
    expect(JSON.parse(one.output)).toMatchObject({ name: 'host.test', answers: [{ type: 'MX' }] });
    expect((await type(['flush', 'host.test'], environment)).output).toBe('1 answer forgotten\n');
    expect((await type(['flush', '--json'], environment)).output).toBe('{"entries":3}\n');
  });

  test('nobody there', async () => {
    const { exitCode, errors } = await type(['flush']);
    expect(exitCode).toBe(1);
    expect(errors).toContain('nobody answers at `unix:');
  });
});
