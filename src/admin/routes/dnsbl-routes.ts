/** `/v1/dnsbl`: how the DNSBLs are that policies ask, and what each has been worth in the last day. */
import { Type } from 'typebox';
import { cureOf } from '../../dns/dnsbl-faults.ts';
import type { DnsblHealth } from '../../dns/dnsbl-health.ts';
import type { WatchedList } from '../../dns/watched-list.ts';
import type { WatchedZone } from '../../dns/watched-zone.ts';
import type { ZoneMask } from '../../dns/zone-mask.ts';
import { closed, timeOf } from '../closed.ts';
import type { Routes } from '../server.ts';

export interface DnsblPort {
  readonly dnsbl: Pick<DnsblHealth, 'lists' | 'probeAll'>;
  readonly mask: ZoneMask;
  /** Addresses of the DNS servers that a zone is asked through. */
  readonly serversOf: (zone: string) => readonly string[];
  /** Milliseconds that never go back: the clock of `dnsbl`. */
  readonly now: () => number;
}

const count = (description: string) => Type.Integer({ minimum: 0, description });
const latency = (description: string) => Type.Optional(Type.Number({ description }));

const LIST = closed({
  list: Type.String({ description: 'As policies name it, with its filter; a key in it is masked.' }),
  subject: Type.Enum(['address', 'domain'], { description: 'What it is asked about.' }),
  state: Type.Enum(['unknown', 'healthy', 'unproven', 'faulty', 'set_aside']),
  reason: Type.Optional(
    Type.String({ description: 'Why it is faulty or set aside, or what is odd about it.' }),
  ),
  help: Type.Optional(Type.String({ description: 'What to do about it.' })),
  since: Type.Optional(timeOf({ description: 'Since when it is faulty or set aside.' })),
  probed_at: Type.Optional(timeOf({ description: 'When its last probe ended; missing: none has yet.' })),
  skipped: count('Questions since the start that were not asked because it is set aside.'),
  refuted: count('Listings since the start that did not count: it listed everybody, or might have.'),
  last_day: closed({
    asked: count('Decisions that asked it.'),
    listed: count('Decisions that it told of a listing.'),
    error_answers: count('Answers that were no listings.'),
    failures: count('Questions without an answer.'),
    compared: count('Listings of which it is known what other lists said.'),
    alone: count('Of these, those that no other list had.'),
    overlaps: Type.Array(closed({ list: Type.String(), count: count('Listings that it had as well.') })),
  }),
  latency_ms: closed({
    median: latency('Of answers over the network, since the start.'),
    p90: latency('Nine of ten were quicker.'),
    p99: latency('Ninety-nine of a hundred were quicker.'),
  }),
});

const LISTS = closed({ lists: Type.Array(LIST) });

const tags = ['dns'];

export function dnsblRoutes({ dnsbl, mask, serversOf, now }: DnsblPort): Routes {
  const report = () =>
    mask.value({
      lists: Array.from(dnsbl.lists(), ({ list, zone }) => listJson(list, zone, now(), serversOf)).sort(
        (a, b) => (a.list < b.list ? -1 : 1),
      ),
    });

  return (server) => {
    server.get(
      '/v1/dnsbl',
      {
        config: { access: ['read'] },
        schema: {
          tags,
          summary: 'The DNSBLs that policies ask: their health, and what they are worth.',
          response: { 200: LISTS },
        },
      },
      async () => report(),
    );

    server.post(
      '/v1/dnsbl/probe',
      {
        config: { access: ['policies'] },
        schema: {
          tags,
          summary: 'Probe all DNSBLs now (RFC 5782), and tell how they are.',
          response: { 200: LISTS },
        },
      },
      async () => {
        await dnsbl.probeAll();
        return report();
      },
    );
  };
}

function listJson(list: WatchedList, zone: WatchedZone, nowMs: number, serversOf: DnsblPort['serversOf']) {
  const { errorAnswers, overlaps, ...worth } = list.worth.read(nowMs);
  const { fault } = list;
  const [doubt] = list.doubts;
  const percentile = (share: number): number | undefined => {
    const seconds = zone.latencies.quantile(share);
    return seconds === undefined ? undefined : Math.round(seconds * 10_000) / 10;
  };
  const [median, p90, p99] = [percentile(0.5), percentile(0.9), percentile(0.99)];
  return {
    list: list.shown,
    subject: list.subject,
    state: list.state,
    ...(fault === undefined
      ? doubt && { reason: doubt.reason, help: doubt.cure }
      : {
          reason: fault.reason,
          help: cureOf(fault, list.argument.domain, serversOf(list.argument.domain)),
          since: new Date(Date.now() - (nowMs - list.sinceMs)).toISOString(),
        }),
    ...(zone.probedAt === undefined ? {} : { probed_at: zone.probedAt.toISOString() }),
    skipped: list.skipped,
    refuted: list.refuted,
    last_day: {
      ...worth,
      error_answers: errorAnswers,
      overlaps: overlaps.map(({ list: other, count: times }) => ({ list: other, count: times })),
    },
    latency_ms: {
      ...(median === undefined ? {} : { median }),
      ...(p90 === undefined ? {} : { p90 }),
      ...(p99 === undefined ? {} : { p99 }),
    },
  };
}
