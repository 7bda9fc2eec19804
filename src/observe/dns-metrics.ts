/** The metrics of the DNS: what its parts count themselves, read when somebody scrapes. */
import type { CachingResolver } from '../dns/caching-resolver.ts';
import type { SharedAnswers } from '../dns/shared-answers.ts';
import type { WireClientStats } from '../dns/wire-client.ts';
import type { Metrics, Sample } from './metrics.ts';

export interface DnsParts {
  readonly resolver: CachingResolver;
  readonly client: { readonly stats: WireClientStats };
  readonly shared: SharedAnswers | undefined;
}

export function measureDns(metrics: Metrics, { resolver, client, shared }: DnsParts): void {
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
    labelled('transport', { udp: client.stats.udpQueries, tcp: client.stats.tcpQueries }),
  );
  metrics.readValue('postward_dns_failures_total', () => client.stats.failures);
  metrics.readValue('postward_dns_timeouts_total', () => client.stats.timeouts);
  metrics.readValue('postward_dns_ignored_messages_total', () => client.stats.ignoredMessages);
  metrics.readValue('postward_dns_in_flight', () => client.stats.inFlight);
}

function labelled(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
