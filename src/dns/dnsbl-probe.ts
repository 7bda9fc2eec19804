/**
 * Asks a DNSBL about names whose answers are known, and says what is wrong
 * with it.
 *
 * The test points of RFC 5782 §5: 127.0.0.2 is listed and 127.0.0.1 is not,
 * ::FFFF:7F00:2 and ::FFFF:7F00:1 where a list has IPv6, TEST and INVALID in a
 * list of domains; or those the list itself publishes. Beside them names that
 * nobody has asked for before and nobody can list: the resolver's cache has no
 * answer to them, and a wildcard matches them even where it cannot match the
 * neighbours of the test entry (RFC 4592 §2.2.2).
 */
import { randomBytes } from 'node:crypto';
import { parseIpv4 } from '../net/ip-address.ts';
import { type DnsblArgument, dnsblAddressName, readDnsblAnswer } from './dnsbl.ts';
import { DNSBL_FAULTS, type DnsblFault } from './dnsbl-faults.ts';
import { findDnsbl, type TestPoints } from './dnsbl-knowledge.ts';
import type { DnsAnswer, Resolver } from './resolver.ts';

/** What a list is asked about. */
export type DnsblSubject = 'address' | 'domain';

/** `full`: every test point. `fresh`: only what no cache can answer. */
export type ProbeKind = 'full' | 'fresh';

interface Answered {
  /** As it was asked, without the zone. */
  readonly point: string;
  readonly answer: DnsAnswer;
}

/** What a list said to the questions of one probe. */
export interface ProbeReport {
  readonly listed: readonly Answered[];
  readonly unlisted: readonly Answered[];
  readonly fresh: readonly Answered[];
  /** NS records of the zone; asked for only when no test point is listed. */
  readonly zone: DnsAnswer | undefined;
  /** Of the slowest test point. */
  readonly durationMs: number;
}

const ADDRESS_POINTS: TestPoints = {
  listed: [addressPoint('127.0.0.2'), addressPoint('::ffff:127.0.0.2')],
  unlisted: [addressPoint('127.0.0.1'), addressPoint('::ffff:127.0.0.1')],
};
const DOMAIN_POINTS: TestPoints = { listed: ['test'], unlisted: ['invalid'] };

/** The test points of a zone, as names below it. */
export function testPointsOf(zone: string, subject: DnsblSubject): TestPoints {
  return findDnsbl(zone)?.testPoints ?? (subject === 'address' ? ADDRESS_POINTS : DOMAIN_POINTS);
}

/** Asks, all at once. Never rejects. */
export async function probeDnsbl(
  resolver: Resolver,
  zone: string,
  subject: DnsblSubject,
  kind: ProbeKind,
): Promise<ProbeReport> {
  const points = testPointsOf(zone, subject);
  let durationMs = 0;
  const ask = (names: readonly string[]): Promise<Answered[]> =>
    Promise.all(
      names.map(async (point) => {
        const started = performance.now();
        const answer = await resolver.lookup(`${point}.${zone}`, 'A');
        durationMs = Math.max(durationMs, performance.now() - started);
        return { point, answer };
      }),
    );
  const isFull = kind === 'full';
  const [listed, unlisted, fresh] = await Promise.all([
    ask(isFull ? points.listed : []),
    ask(isFull ? points.unlisted : []),
    ask(freshPoints(subject, points.listsLoopback === true)),
  ]);
  const isSilent = isFull && listed.every(({ answer }) => answer.status !== 'found');
  return {
    listed,
    unlisted,
    fresh,
    durationMs,
    zone: isSilent ? await resolver.lookup(zone, 'NS') : undefined,
  };
}

/**
 * Nothing is wrong: `proven`, the test entry is there; `unproven`, it is not,
 * so that nothing shows that the list lives; `clean`, nobody can say.
 */
export type ProbeVerdict = 'proven' | 'unproven' | 'clean' | DnsblFault;

/** What a probe says of a list as one policy asks it, with its filter. */
export function judgeProbe(report: ProbeReport, list: DnsblArgument, slowMs: number): ProbeVerdict {
  return (
    worldFault(report, list) ??
    refusal(report, list) ??
    silence(report, list) ??
    (report.durationMs > slowMs ? DNSBL_FAULTS.slow(report.durationMs) : undefined) ??
    presence(report)
  );
}

function presence({ listed }: ProbeReport): 'proven' | 'unproven' | 'clean' {
  if (listed.some(({ answer }) => answer.status === 'found')) return 'proven';
  const isAnswered = listed.length > 0 && listed.every(({ answer }) => answer.status !== 'tempfail');
  return isAnswered ? 'unproven' : 'clean';
}

function worldFault(report: ProbeReport, list: DnsblArgument): DnsblFault | undefined {
  const wrong = [...report.unlisted, ...report.fresh].flatMap(({ point, answer }) => {
    const result = readDnsblAnswer(answer, list);
    return result.kind === 'listed' ? [{ point, address: result.addresses[0] ?? '', answer }] : [];
  });
  const [first] = wrong;
  if (first !== undefined) {
    const ttlSeconds = Math.max(...wrong.map(({ answer }) => answer.ttlSeconds));
    return DNSBL_FAULTS.listsTheWorld(first.point, first.address, ttlSeconds);
  }
  for (const { point, answer } of [...report.listed, ...report.unlisted, ...report.fresh]) {
    const outside = answer.records.find(({ data }) => parseIpv4(data) >>> 24 !== 127);
    if (outside !== undefined) return DNSBL_FAULTS.outsideLoopback(point, outside.data);
  }
  return undefined;
}

/**
 * An error code where nothing should be, or in place of the test entry one
 * that is an error in any list. Some operators' codes of their own are
 * entries elsewhere, so that the test entry alone tells nothing of them.
 */
function refusal({ listed, unlisted, fresh }: ProbeReport, list: DnsblArgument): DnsblFault | undefined {
  const errorOf = ({ answer }: Answered) => {
    const result = readDnsblAnswer(answer, { ...list, filter: undefined });
    return result.kind === 'error_answer' ? result : undefined;
  };
  // A resolver may still keep good answers to the fixed names from before; one odd name alone may be an error.
  const newest = fresh.every((answered) => errorOf(answered) !== undefined) ? fresh : [];
  for (const answered of [...unlisted, ...newest]) {
    const error = errorOf(answered);
    if (error !== undefined) return DNSBL_FAULTS.refuses(error.address, error.reason);
  }
  for (const answered of listed) {
    const error = errorOf(answered);
    if (error?.address.startsWith('127.255.255.') === true) {
      return DNSBL_FAULTS.refuses(error.address, error.reason);
    }
  }
  return undefined;
}

/** Nobody answers, or the zone is gone. Judged by what no cache on the way can have answered. */
function silence({ fresh, zone }: ProbeReport, { shown }: DnsblArgument): DnsblFault | undefined {
  const reasons = fresh.map(({ answer }) => (answer.status === 'tempfail' ? answer.reason : undefined));
  if (reasons.every((reason) => reason !== undefined)) {
    const [reason = ''] = reasons;
    return reason === 'timeout' ? DNSBL_FAULTS.timesOut() : DNSBL_FAULTS.fails(reason);
  }
  return zone?.status === 'nxdomain' ? DNSBL_FAULTS.vanished(shown) : undefined;
}

/** Names below the zone that have never been asked for. */
function freshPoints(subject: DnsblSubject, listsLoopback: boolean): string[] {
  const random = randomBytes(12);
  const label = `postward-${random.subarray(0, 8).toString('hex')}`;
  if (subject === 'domain' || listsLoopback) return [label];
  // A loopback address far from the test entries.
  const address = `127.${128 + (random.readUInt8(8) % 127)}.${random.readUInt8(9)}.${random.readUInt8(10)}`;
  return [label, addressPoint(address)];
}

function addressPoint(address: string): string {
  return dnsblAddressName(address, '')?.slice(0, -1) ?? '';
}
