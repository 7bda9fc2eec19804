/** What random cases find in DNS: servers of domains, DNS lists, and the zone that has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  'cname.sender.test',
  'gone.nx.test',
  'txtonly.test',
  'multi.test',
  'mxself.test',
  'abroken.test',
  'mx_1.sender.test',
];

export const SERVER_ADDRESSES: readonly string[] = [
  '192.0.2.20',
  '192.0.2.53',
  '192.0.2.71',
  '198.51.100.25',
  '198.51.100.53',
  '198.51.100.80',
  '198.51.100.81',
  '127.0.0.1',
  '2001:db8::21',
];

/** DNSBLs of the zone, with filters. */
export const DENY_LISTS: readonly string[] = [
  'bl.test',
  'bl.test',
  'bl.test=127.0.0.2',
  'bl.test=127.0.0.[2..4]',
  'bl.test=127.0.[0..2].[4;10;11]',
  'bl.test=127.[1..3].2.3',
  'bl.test=[126..128].0.0.[2;4;10..11]',
  'BL.test=127.0.0.11',
  'cn.test',
  'out.test',
  'out.test=127.0.0.2',
  'wide.test=127.0.0.[1..3]',
  'wide.test=127.0.0.2',
  'nolist.test',
  'rhs.test',
];

export const DENY_DOMAIN_LISTS: readonly string[] = [
  'rhs.test',
  'rhs.test',
  'rhs.test=127.0.0.[3..5]',
  'rhs.test=127.0.0.2',
  'RHS.test=127.0.0.[5;6]',
  'wide.test',
  'wide.test=127.0.0.4',
];

export const ALLOW_LISTS: readonly string[] = [
  'wl.test',
  'wl.test=127.0.[0..5].[1..3]',
  'wl.test=127.0.5.1',
  'bl.test=127.0.0.4',
  'wide.test',
];

export const ALLOW_DOMAIN_LISTS: readonly string[] = [
  'rhswl.test',
  'rhswl.test=127.0.0.[2..8]',
  'rhs.test',
  'wide.test',
];

const read = (...path: string[]): string[] =>
  readFileSync(join(import.meta.dirname, ...path), 'utf8')
    .split('\n')
    .filter((line) => /^[^#\s]/.test(line));
const nameIn = (line: string): string => line.split(/\s/)[0] ?? '';
const IN_EACH_CASE = new Set(read('../base.zone').map(nameIn));

/** The names of the tests' own zone beyond those of every case, without those that take long, and random.zone. */
export const ZONE: string = [
  ...read('../../fixtures/base.zone').filter(
    (line) => !IN_EACH_CASE.has(nameIn(line)) && !/TIMEOUT|DELAY|AAAA +2001:db8::10$/.test(line),
  ),
  ...read('random.zone'),
].join('\n');
