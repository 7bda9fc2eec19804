/** The metrics of the DNS: what its parts count themselves, read when somebody scrapes. */
import type { CachingResolver } from '../dns/caching-resolver.ts';
import { type DnsServer, QUERY_OUTCOMES } from '../dns/dns-server.ts';
import type { SharedAnswers } from '../dns/shared-answers.ts';
import type { WireClientStats } from '../dns/wire-client.ts';
import { formatSocketAddress } from '../net/socket-address.ts';
import { histogramSamples } from './histogram-samples.ts';
import type { Metrics, Sample } from './metrics.ts';

interface Client {
  readonly stats: WireClientStats;
  readonly servers: readonly DnsServer[];
}

export interface DnsParts {
  readonly resolver: CachingResolver;
  readonly client: Client;
  /** Of zones with servers of their own. */
  readonly zoneClients: ReadonlyMap<string, Client>;
  readonly shared: SharedAnswers | undefined;
}

export function measureDns(metrics: Metrics, { resolver, client, zoneClients, shared }: DnsParts): void {
  const clients = [client, ...zoneClients.values()];
  const total = (read: (stats: WireClientStats) => number): number =>
    clients.reduce((sum, { stats }) => sum + read(stats), 0);

  metrics.read('postward_dns_lookups_total', () => {
    const { hits, misses, shared: joined, stale } = resolver.stats;
    const fromStore = shared?.stats.hits ?? 0;
    // Of what memory did not have, the store had its part.
    return labelled('source', {
      cache: hits,
      stale,
      in_flight: joined,
      shared_cache: fromStore,
      server: misses - fromStore,
    });
  });
  metrics.readValue('postward_dns_cache_entries', () => resolver.stats.entries);
  metrics.readValue('postward_dns_cache_bytes', () => resolver.stats.bytes);
  metrics.readValue('postward_dns_cache_evictions_total', () => resolver.stats.evictions);
  if (shared !== undefined) {
    metrics.read('postward_dns_shared_cache_total', () => {
      const { hits, misses, errors, invalid, skipped } = shared.stats;
      return labelled('result', { hit: hits, miss: misses, error: errors, invalid, skipped });
    });
    metrics.readValue('postward_dns_shared_cache_writes_total', () => shared.stats.writes);
  }
  metrics.read('postward_dns_queries_total', () =>
    labelled('transport', {
      udp: total(({ udpQueries }) => udpQueries),
      tcp: total(({ tcpQueries }) => tcpQueries),
    }),
  );
  metrics.readValue('postward_dns_failures_total', () => total(({ failures }) => failures));
  metrics.readValue('postward_dns_timeouts_total', () => total(({ timeouts }) => timeouts));
  metrics.readValue('postward_dns_ignored_messages_total', () =>
    total(({ ignoredMessages }) => ignoredMessages),
  );
  metrics.readValue('postward_dns_in_flight', () => total(({ inFlight }) => inFlight));
  metrics.read('postward_dns_query_duration_seconds', () => querySamples(clients));
}

/** By server, also one that several clients ask. */
function* querySamples(clients: readonly Client[]): Generator<Sample> {
  const byServer = Map.groupBy(
    clients.flatMap(({ servers }) => servers),
    ({ host, port }) => formatSocketAddress({ kind: 'tcp', host, port }),
  );
  for (const [server, same] of byServer) {
    for (const outcome of QUERY_OUTCOMES) {
      const [first = [], ...others] = same.map(({ durations }) => durations[outcome].cumulated());
      const counts = first.map((count, at) => others.reduce((sum, other) => sum + (other[at] ?? 0), count));
      const seconds = same.reduce((sum, { durations }) => sum + durations[outcome].sum, 0);
      yield* histogramSamples({ server, outcome }, counts, seconds);
    }
  }
}

function labelled(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
