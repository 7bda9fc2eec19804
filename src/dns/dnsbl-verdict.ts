/** What the answers to a probe say of a list as one policy asks it, with its filter. */
import { parseIpv4 } from '../net/ip-address.ts';
import { type DnsblArgument, readDnsblAnswer } from './dnsbl.ts';
import { DNSBL_DOUBTS, type DnsblDoubt } from './dnsbl-doubts.ts';
import { DNSBL_FAULTS, type DnsblFault } from './dnsbl-faults.ts';
import type { PointKind } from './dnsbl-points.ts';
import type { Answered, ProbeReport } from './dnsbl-probe.ts';

/**
 * `there`: the test entry is, as nothing else is, so that the list lives and
 * we are told what it says; `missing`: nothing shows that; `unsure`: not all
 * answers came.
 */
export type TestEntry = 'there' | 'missing' | 'unsure';

export interface ProbeVerdict {
  /** Why it must not be asked; undefined: nothing is wrong. */
  readonly fault: DnsblFault | undefined;
  readonly testEntry: TestEntry;
  readonly doubts: readonly DnsblDoubt[];
  /** Kinds of names of which it is shown that they are not all listed. */
  readonly clean: readonly PointKind[];
}

/** @param slowMs an answer that takes longer is as bad as none */
export function judgeProbe(report: ProbeReport, list: DnsblArgument, slowMs: number): ProbeVerdict {
  const fault =
    worldFault([...report.unlisted, ...report.fresh], list) ??
    outsideFault([...report.listed, ...report.unlisted, ...report.fresh]) ??
    refusal(report, list) ??
    silence(report, list) ??
    slowness(report, slowMs);
  const silent = silentFamilies(report);
  return {
    fault,
    testEntry: testEntry(report, list, silent),
    doubts: [...filtered(report, list), ...silent.map((kind) => DNSBL_DOUBTS.silentFamily(FAMILIES[kind]))],
    clean: fault === undefined ? cleanKinds(report.fresh) : [],
  };
}

/** What one fresh point says: a fault; that nothing of its kind is wrong; an error code; or nothing. */
export function judgeFreshPoint(
  answered: Answered,
  list: DnsblArgument,
): DnsblFault | 'clean' | 'error_answer' | 'silent' {
  if (answered.answer.status === 'tempfail') return 'silent';
  const fault = worldFault([answered], list) ?? outsideFault([answered]);
  if (fault !== undefined) return fault;
  return errorOf(answered, list) === undefined ? 'clean' : 'error_answer';
}

function worldFault(points: readonly Answered[], list: DnsblArgument): DnsblFault | undefined {
  const wrong = points.flatMap(({ point, answer }) => {
    const result = readDnsblAnswer(answer, list);
    return result.kind === 'listed' ? [{ point, address: result.addresses[0] ?? '', answer }] : [];
  });
  const [first] = wrong;
  if (first === undefined) return undefined;
  const ttlSeconds = Math.max(...wrong.map(({ answer }) => answer.ttlSeconds));
  return DNSBL_FAULTS.listsTheWorld(first.point, first.address, ttlSeconds);
}

function outsideFault(points: readonly Answered[]): DnsblFault | undefined {
  for (const { point, answer } of points) {
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
  // A resolver may still keep good answers to the fixed names from before; one odd name alone may be an error.
  const newest = fresh.every((answered) => errorOf(answered, list) !== undefined) ? fresh : [];
  for (const answered of [...unlisted, ...newest]) {
    const error = errorOf(answered, list);
    if (error !== undefined) return DNSBL_FAULTS.refuses(error.address, error.reason);
  }
  for (const answered of listed) {
    const error = errorOf(answered, list);
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

/** By what is answered: what is not has a time limit, not a speed. */
function slowness({ listed, unlisted, fresh }: ProbeReport, slowMs: number): DnsblFault | undefined {
  const slowestMs = Math.max(
    0,
    ...[...listed, ...unlisted, ...fresh].filter(isAnswered).map(({ durationMs }) => durationMs),
  );
  return slowestMs > slowMs ? DNSBL_FAULTS.slow(slowestMs) : undefined;
}

/** An answer that names get that nobody lists is no test entry, whatever a filter makes of it. */
function testEntry(
  { listed, fresh }: ProbeReport,
  list: DnsblArgument,
  silent: readonly PointKind[],
): TestEntry {
  const toEverything = new Set(fresh.flatMap(({ answer }) => answer.records.map(({ data }) => data)));
  const isThere = listed.some(({ answer }) => {
    const result = readDnsblAnswer(answer, { ...list, filter: undefined });
    return result.kind === 'listed' && result.addresses.some((address) => !toEverything.has(address));
  });
  if (isThere) return 'there';
  return listed.every((point) => isAnswered(point) || silent.includes(point.kind)) ? 'missing' : 'unsure';
}

const FAMILIES = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;
type Family = keyof typeof FAMILIES;

/** Families of which nothing is answered, several points all the same, while others are. */
function silentFamilies({ listed, unlisted, fresh }: ProbeReport): Family[] {
  const points = [...listed, ...unlisted, ...fresh];
  if (!points.some(isAnswered)) return [];
  return (Object.keys(FAMILIES) as Family[]).filter((family) => {
    const own = points.filter(({ kind }) => kind === family);
    return own.length > 1 && !own.some(isAnswered);
  });
}

/** What would be a listing if there were no filter. */
function filtered({ unlisted, fresh }: ProbeReport, list: DnsblArgument): DnsblDoubt[] {
  if (list.filter === undefined) return [];
  for (const { point, answer } of [...fresh, ...unlisted]) {
    const result = readDnsblAnswer(answer, { ...list, filter: undefined });
    if (result.kind !== 'listed') continue;
    return [DNSBL_DOUBTS.answersEverything(point, result.addresses[0] ?? '')];
  }
  return [];
}

function cleanKinds(fresh: readonly Answered[]): PointKind[] {
  const kinds = new Set(fresh.map(({ kind }) => kind));
  return [...kinds].filter((kind) => fresh.every((point) => point.kind !== kind || isAnswered(point)));
}

function errorOf({ answer }: Answered, list: DnsblArgument) {
  const result = readDnsblAnswer(answer, { ...list, filter: undefined });
  return result.kind === 'error_answer' ? result : undefined;
}

function isAnswered({ answer }: Answered): boolean {
  return answer.status !== 'tempfail';
}
