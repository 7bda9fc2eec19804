/**
 * The names that a DNSBL is asked about to see whether it works.
 *
 * The test points of RFC 5782 §5: 127.0.0.2 is listed and 127.0.0.1 is not,
 * ::FFFF:7F00:2 and ::FFFF:7F00:1 where a list has IPv6, TEST and INVALID in a
 * list of domains; or those the list itself publishes. Beside them fresh
 * points, names that nobody has asked for before and nobody can list: no cache
 * has an answer to them.
 */
import { randomBytes } from 'node:crypto';
import { dnsblAddressPoint } from './dnsbl.ts';
import { findDnsbl, type TestPoints } from './dnsbl-knowledge.ts';

/** What a list is asked about. */
export type DnsblSubject = 'address' | 'domain';

/** What a name below a zone stands for. What lists every address of one family may know nothing of the other. */
export type PointKind = 'ipv4' | 'ipv6' | 'domain';

const ADDRESS_POINTS: TestPoints = {
  listed: [dnsblAddressPoint('127.0.0.2'), dnsblAddressPoint('::ffff:127.0.0.2')],
  unlisted: [dnsblAddressPoint('127.0.0.1'), dnsblAddressPoint('::ffff:127.0.0.1')],
};
const DOMAIN_POINTS: TestPoints = { listed: ['test'], unlisted: ['invalid'] };

const IPV4_POINT = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6_POINT = /^[\da-f](?:\.[\da-f]){31}$/i;

/** The test points of a zone, as names below it. */
export function testPointsOf(zone: string, subject: DnsblSubject): TestPoints {
  return findDnsbl(zone)?.testPoints ?? (subject === 'address' ? ADDRESS_POINTS : DOMAIN_POINTS);
}

/** @param point a name, without the zone */
export function pointKind(point: string, subject: DnsblSubject = 'address'): PointKind {
  if (subject === 'domain') return 'domain';
  if (IPV4_POINT.test(point)) return 'ipv4';
  return IPV6_POINT.test(point) ? 'ipv6' : 'domain';
}

/**
 * One fresh point of a kind: listed when everything of its kind is.
 *
 * Of 127.0.0.0/8 it is not: where a zone has the test entry 2.0.0.127, a
 * wildcard at its top does not match the neighbours (RFC 4592 §2.2.2), while
 * it matches every client.
 */
export function freshPoint(zone: string, subject: DnsblSubject, kind: PointKind): string {
  const random = randomBytes(12);
  const listsReserved = testPointsOf(zone, subject).listsLoopback === true;
  switch (kind) {
    case 'domain':
      return `postward-${random.subarray(0, 8).toString('hex')}`;
    case 'ipv4':
      return ipv4Point(listsReserved ? IN_USE_IPV4 : reservedIpv4(random), random);
    case 'ipv6':
      return dnsblAddressPoint(`${listsReserved ? IN_USE_IPV6 : DOCUMENTATION_IPV6}${groups(random)}`);
  }
}

/** Fresh points of every kind that a list may know. */
export function freshPoints(zone: string, subject: DnsblSubject): string[] {
  const label = freshPoint(zone, subject, 'domain');
  if (subject === 'domain') return [label];
  const points = [label, freshPoint(zone, subject, 'ipv4'), freshPoint(zone, subject, 'ipv6')];
  if (testPointsOf(zone, subject).listsLoopback === true) return points;
  // Loopback addresses far from the test entries: unicast, and yet nobody's.
  const random = randomBytes(4);
  return [...points, ipv4Point(127, Buffer.from([0, 128 | random.readUInt8(1), ...random.subarray(2)]))];
}

/** RFC 3849. It lies inside 2000::/3, which all mail over IPv6 comes from. */
const DOCUMENTATION_IPV6 = '2001:db8';

/** For lists of reserved networks: what has been in use for decades, each by one owner (Apple, Google). */
const IN_USE_IPV4 = 17;
const IN_USE_IPV6 = '2001:4860';

/** 0.0.0.0/8 and 240.0.0.0/4 (RFC 1122 §3.2.1.3, RFC 1112 §4): one at either end, since a mistake may list half of the world. */
function reservedIpv4(random: Buffer): number {
  const octet = random.readUInt8(0);
  return octet < 128 ? 0 : 240 + (octet % 15);
}

function ipv4Point(first: number, random: Buffer): string {
  return dnsblAddressPoint([first, ...random.subarray(1, 4)].join('.'));
}

function groups(random: Buffer): string {
  return random.toString('hex').replace(/..../g, ':$&');
}
