/**
 * Asks a DNSBL about names whose answers are known (dnsbl-points.ts), all at
 * once. What the answers say of it is in dnsbl-verdict.ts.
 */
import {
  type DnsblSubject,
  freshPoint,
  freshPoints,
  type PointKind,
  pointKind,
  testPointsOf,
} from './dnsbl-points.ts';
import type { DnsAnswer, Resolver } from './resolver.ts';

export interface Answered {
  /** As it was asked, without the zone. */
  readonly point: string;
  readonly kind: PointKind;
  readonly answer: DnsAnswer;
  readonly durationMs: number;
}

/** What a list said to the questions of one probe. */
export interface ProbeReport {
  readonly listed: readonly Answered[];
  readonly unlisted: readonly Answered[];
  readonly fresh: readonly Answered[];
  /** NS records of the zone; asked for only when no test point is listed. */
  readonly zone: DnsAnswer | undefined;
}

/** Every point. Never rejects. */
export async function probeDnsbl(
  resolver: Resolver,
  zone: string,
  subject: DnsblSubject,
): Promise<ProbeReport> {
  const points = testPointsOf(zone, subject);
  const ask = (names: readonly string[]): Promise<Answered[]> =>
    Promise.all(names.map((point) => askPoint(resolver, zone, subject, point)));
  const [listed, unlisted, fresh] = await Promise.all([
    ask(points.listed),
    ask(points.unlisted),
    ask(freshPoints(zone, subject)),
  ]);
  const isSilent = listed.every(({ answer }) => answer.status !== 'found');
  return { listed, unlisted, fresh, zone: isSilent ? await resolver.lookup(zone, 'NS') : undefined };
}

/** One fresh point: does the zone list everything of a kind? Never rejects. */
export function askFreshPoint(
  resolver: Resolver,
  zone: string,
  subject: DnsblSubject,
  kind: PointKind,
): Promise<Answered> {
  return askPoint(resolver, zone, subject, freshPoint(zone, subject, kind));
}

async function askPoint(
  resolver: Resolver,
  zone: string,
  subject: DnsblSubject,
  point: string,
): Promise<Answered> {
  const started = performance.now();
  const answer = await resolver.lookup(`${point}.${zone}`, 'A');
  return { point, kind: pointKind(point, subject), answer, durationMs: performance.now() - started };
}
