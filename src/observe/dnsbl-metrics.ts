/** The metrics of DNSBLs and DNS servers: what their watch counts, read when somebody scrapes. */
import type { DnsServer } from '../dns/dns-server.ts';
import type { DnsblHealth } from '../dns/dnsbl-health.ts';
import type { WatchedList } from '../dns/watched-list.ts';
import type { WatchedZone, ZoneCounts } from '../dns/watched-zone.ts';
import { formatSocketAddress } from '../net/socket-address.ts';
import { histogramSamples } from './histogram-samples.ts';
import type { Metrics, Sample } from './metrics.ts';

export interface DnsblParts {
  readonly dnsbl: DnsblHealth;
  readonly client: { readonly servers: readonly DnsServer[] };
  readonly zoneClients: ReadonlyMap<string, { readonly servers: readonly DnsServer[] }>;
}

/** The names of what network answers are counted as. */
const RESULTS: Readonly<Record<Exclude<keyof ZoneCounts, 'probes'>, string>> = {
  listed: 'listed',
  notListed: 'not_listed',
  errorAnswers: 'error_answer',
  failures: 'failure',
};

export function measureDnsbl(metrics: Metrics, { dnsbl, client, zoneClients }: DnsblParts): void {
  const byList = (read: (list: WatchedList) => number): Sample[] =>
    Array.from(dnsbl.lists(), ({ list }) => ({
      labels: { dnsbl: list.shown, subject: list.subject },
      value: read(list),
    }));
  const zones = (): Map<WatchedZone, string> =>
    new Map(Array.from(dnsbl.lists(), ({ list, zone }) => [zone, list.argument.shown]));

  metrics.read('postward_dnsbl_up', () => byList(({ fault }) => (fault === undefined ? 1 : 0)));
  metrics.read('postward_dnsbl_skipped_total', () => byList(({ skipped }) => skipped));
  metrics.read('postward_dnsbl_refuted_total', () => byList(({ refuted }) => refuted));
  metrics.read('postward_dnsbl_probes_total', () =>
    Array.from(zones(), ([{ subject, counts }, zone]) => ({
      labels: { zone, subject },
      value: counts.probes,
    })),
  );
  metrics.read('postward_dnsbl_answers_total', () =>
    Array.from(zones()).flatMap(([{ subject, counts }, zone]) =>
      Object.entries(RESULTS).map(([key, result]) => ({
        labels: { zone, subject, result },
        value: counts[key as keyof typeof RESULTS],
      })),
    ),
  );
  metrics.read('postward_dnsbl_duration_seconds', () =>
    Array.from(zones()).flatMap(([{ subject, latencies }, zone]) => [
      ...histogramSamples({ zone, subject }, latencies.cumulated(), latencies.sum),
    ]),
  );
  metrics.read('postward_dns_server_up', () => {
    const servers = new Map<string, boolean>();
    for (const { servers: own } of [client, ...zoneClients.values()]) {
      for (const { host, port, isDown } of own) {
        const name = formatSocketAddress({ kind: 'tcp', host, port });
        servers.set(name, (servers.get(name) ?? true) && !isDown);
      }
    }
    return Array.from(servers, ([server, isUp]) => ({ labels: { server }, value: isUp ? 1 : 0 }));
  });
}
