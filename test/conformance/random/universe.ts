/**
 * The clients, names and addresses that random cases are about: sound ones,
 * odd ones, and those that the zone has trouble with. Tables are made of the
 * same ones, so that lookups hit.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chooser } from './chooser.ts';

export interface RandomClient {
  readonly address: string;
  readonly name: string;
  readonly reverseName: string;
}

const client = (address: string, name: string, reverseName = name): RandomClient => ({
  address,
  name,
  reverseName,
});

/** Names of clients agree with the zone, since Postward asks it where Postfix does not tell. */
const CLIENTS: readonly RandomClient[] = [
  client('192.0.2.10', 'mail.client.test'),
  client('2001:db8::10', 'mail.client.test'),
  client('192.0.2.11', '[UNAVAILABLE]'),
  client('192.0.2.12', '[TEMPUNAVAIL]'),
  client('192.0.2.13', '[UNAVAILABLE]', 'forged.client.test'),
  client('192.0.2.14', '[TEMPUNAVAIL]', 'abroken.test'),
  client('192.0.2.15', 'MX.Relay.TEST'),
  client('192.0.2.16', 'gw.sub.relay.test'),
  client('192.0.2.17', 'badmx.test'),
  client('192.0.2.18', 'sub.badns.test'),
  client('192.0.2.19', 'under_score.test'),
  client('198.51.100.1', 'host.spam.test'),
  client('198.51.100.2', 'bad.spam.test'),
  client('198.51.100.3', 'spam.test', 'bada.test'),
  client('198.51.100.4', '[UNAVAILABLE]'),
  client('198.51.100.5', 'good.test'),
  client('198.51.100.80', 'bada.test'),
  client('203.0.113.5', 'tmp.test'),
  client('203.0.113.6', 'broken.test', 'badns.test'),
  client('10.1.2.3', 'inside.dest.test'),
  client('127.0.0.1', 'localhost'),
  client('2001:db8:bad::1', '[UNAVAILABLE]'),
  client('2001:db8:1:2::3', 'six.client.test'),
  client('::1', 'localhost'),
];

const HELO_NAMES: readonly string[] = [
  'mail.client.test',
  'Mail.CLIENT.Test',
  'mx.relay.test',
  'short',
  'localhost',
  'nx.test',
  'aonly.test',
  'aaaaonly.test',
  'sender.test',
  'nullmx.test',
  'broken.test',
  'abroken.test',
  'mxbroken.test',
  'txtonly.test',
  'dangling.test',
  'alias.test',
  'deadalias.test',
  'spam.test',
  'helo.spam.test',
  'bad.spam.test',
  'tmp.test',
  'good.test',
  'badmx.test',
  'badns.test',
  'sub.badns.test',
  'bada.test',
  'loopmx.test',
  'ipmx.test',
  'dest.test',
  'sender.test.',
  'sender.test..',
  'a..b.test',
  '.test',
  'under_score.test',
  '-dash.test',
  'dash-.test',
  '1.2.3.4.5',
  '123',
  '192.0.2.10',
  '192.0.2.256',
  '2001:db8::10',
  '[192.0.2.10]',
  '[198.51.100.80]',
  '[192.0.2]',
  '[IPv6:2001:db8::10]',
  '[ipv6:2001:DB8::1]',
  '[2001:db8::10]',
  '[192.0.2.10',
  '[]',
  'hélo.test',
  'a,b.test',
  'a/b.test',
  '<x>.test',
  'u@sender.test',
  'x;y"z.test',
  '*.test',
  'a{b}.test',
  'xn--hlo-bma.test',
  `${'l'.repeat(64)}.test`,
  `${'l'.repeat(63)}.test`,
];

/** Domains of sender and recipient addresses. */
const DOMAINS: readonly string[] = [
  'sender.test',
  'Sender.TEST',
  'sub.sender.test',
  'client.test',
  'aonly.test',
  'aaaaonly.test',
  'nullmx.test',
  'txtonly.test',
  'dangling.test',
  'alias.test',
  'deadalias.test',
  'broken.test',
  'mxbroken.test',
  'abroken.test',
  'refused.test',
  'nx.test',
  'spam.test',
  'bad.spam.test',
  'tmp.test',
  'good.test',
  'badmx.test',
  'badns.test',
  'sub.badns.test',
  'bada.test',
  'loopmx.test',
  'ipmx.test',
  'other.test',
  'backup.test',
  'backup-ip.test',
  'primary.test',
];

/** Domains of this host. */
const OUR_DOMAINS: readonly string[] = [
  'dest.test',
  'Dest.Test',
  'host.dest.test',
  'relay.test',
  'sub.relay.test',
  'vmbox.test',
  'valias.test',
];

const LOCAL_PARTS: readonly string[] = ['alice', 'bob', 'carol', 'Bob', 'bob+ext', 'bob-ext', 'nobody'];

const ODD_LOCAL_PARTS: readonly string[] = [
  '"alice b"',
  '"bob"',
  '"bob+x y"',
  'postmaster',
  'Postmaster',
  'postmaster+x',
  'mailer-daemon',
  'owner-list',
  'list-request',
  'list-request+x',
  'double-bounce',
  '+ext',
  'bob+',
  'bob+a+b',
  'bob+a-b',
  'bob%other.test',
  'bob%dest.test',
  'bob%nx.test',
  'other.test!bob',
  'dest.test!bob',
  '"bob@other.test"',
  '"bob%other.test"',
  'a/b',
  "o'brien",
  'prvs=1=alice',
  'a{b}',
  '$user',
  'ünï',
];

const ODD_DOMAINS: readonly string[] = [
  'short',
  'dest.test.',
  'sender.test.',
  '[192.0.2.10]',
  '[127.0.0.1]',
  '[198.51.100.80]',
  '[IPv6:2001:db8::10]',
  'under_score.test',
  '-dash.test',
  'a..b.test',
  '1.2.3.4',
  'xn--hlo-bma.test',
];

/** Whole addresses, taken as they are. */
const WHOLE_ADDRESSES: readonly string[] = [
  'alice',
  'bob',
  'postmaster',
  'bob%dest.test',
  '@hop.test:bob@dest.test',
  '@a,@b:bob@other.test',
];

export const LOGINS: readonly string[] = ['alice', 'Bob', 'carol@dest.test', 'a b'];

const ETRN_NAMES: readonly string[] = [
  'relay.test',
  'sub.relay.test',
  'Other.TEST',
  '[192.0.2.10]',
  'short',
  '#x.test',
];

/** Hosts that MX, NS and A records of the zone name. */
export const SERVER_HOSTS: readonly string[] = [
  'mx.sender.test',
  'ns1.goodns.test',
  'mx.badhost.test',
  'ns.badhost.test',
  'lo.loopmx.test',
  'badhost.test',
  'mx.dest.test',
  'aonly.test',
];

export const SERVER_ADDRESSES: readonly string[] = [
  '192.0.2.20',
  '192.0.2.53',
  '198.51.100.25',
  '198.51.100.53',
  '198.51.100.80',
  '127.0.0.1',
  '2001:db8::21',
];

/** DNSBLs of the zone with filters, none of which is an error answer in all cases. */
export const DENY_LISTS: readonly string[] = [
  'bl.test',
  'bl.test=127.0.0.2',
  'bl.test=127.0.0.[2..4]',
  'bl.test=127.0.[0..2].[4;10;11]',
  'bl.test=127.[1..3].2.3',
  'nolist.test',
  'rhs.test',
];

export const DENY_DOMAIN_LISTS: readonly string[] = [
  'rhs.test',
  'rhs.test=127.0.0.[3..5]',
  'rhs.test=127.0.0.2',
];

export const ALLOW_LISTS: readonly string[] = ['wl.test', 'wl.test=127.0.[0..5].[1..3]', 'bl.test=127.0.0.4'];

export const ALLOW_DOMAIN_LISTS: readonly string[] = ['rhswl.test', 'rhs.test'];

/** What one case is about: few enough that tables and probes meet. */
export interface Cast {
  readonly clients: readonly RandomClient[];
  readonly heloNames: readonly string[];
  readonly localParts: readonly string[];
  readonly domains: readonly string[];
  readonly ourDomains: readonly string[];
  readonly wholeAddresses: readonly string[];
  readonly etrnNames: readonly string[];
}

export function randomCast(choose: Chooser): Cast {
  return {
    clients: choose.some(CLIENTS, 8),
    heloNames: choose.some(HELO_NAMES, 12),
    localParts: [...choose.some(LOCAL_PARTS, 3), ...choose.some(ODD_LOCAL_PARTS, 3)],
    domains: [...choose.some(DOMAINS, 7), choose.of(ODD_DOMAINS)],
    ourDomains: choose.some(OUR_DOMAINS, 4),
    wholeAddresses: choose.some(WHOLE_ADDRESSES, 2),
    etrnNames: choose.some(ETRN_NAMES, 3),
  };
}

const read = (...path: string[]): string[] =>
  readFileSync(join(import.meta.dirname, ...path), 'utf8')
    .split('\n')
    .filter((line) => /^[^#\s]/.test(line));
const nameIn = (line: string): string => line.split(/\s/)[0] ?? '';
const IN_EACH_CASE = new Set(read('../base.zone').map(nameIn));

/**
 * The names of the tests' own zone beyond those of every case, and what the clients here need. Of the hosts none has two
 * addresses: getaddrinfo(3) sorts them by what the machine can reach.
 */
export const ZONE: string = [
  ...read('../../fixtures/base.zone').filter(
    (line) => !IN_EACH_CASE.has(nameIn(line)) && !/TIMEOUT|DELAY|AAAA +2001:db8::10$/.test(line),
  ),
  '@ptr 192.0.2.13 forged.client.test',
  '@ptr 192.0.2.14 abroken.test',
  '12.2.0.192.in-addr.arpa !SERVFAIL',
  // Domains that this host is a mail exchanger of, by name or by address.
  'backup.test MX 10 mx.other.test',
  'backup.test MX 20 host.dest.test',
  'backup-ip.test MX 10 mx.sender.test',
  'backup-ip.test MX 20 lo.loopmx.test',
  'primary.test MX 10 host.dest.test',
].join('\n');
