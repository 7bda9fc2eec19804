import { expect, onTestFinished, test } from 'vitest';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import { SharedAnswers } from '../../src/dns/shared-answers.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import { measureDns } from '../../src/observe/dns-metrics.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { MemoryStore } from '../support/memory-store.ts';

/** The lines about the DNS. */
async function exposed(metrics: Metrics): Promise<string[]> {
  const lines = (await metrics.exposition()).split('\n');
  return lines.filter((line) => line.startsWith('postward_dns_') && !line.endsWith(' 0'));
}

test('lookups by where the answer came from, and both tiers of the cache', async () => {
  const dns = await startFixtureDns({ zone: 'a.test 100 A 192.0.2.1\nb.test 0 A 192.0.2.2\n' });
  onTestFinished(() => dns.stop());
  const client = new WireClient({ servers: [dns.server] });
  onTestFinished(() => client.close());
  const store = new MemoryStore();
  store.set('dns:1:A:c.test', '[1,"c.test","A","nxdomain",60,"",[]]', 60_000);
  const shared = new SharedAnswers(store, 604_800);
  let nowMs = 0;
  const resolver = new CachingResolver(client, {
    shared,
    headStartMs: 1_000,
    revalidateSeconds: 60,
    now: () => nowMs,
  });
  const metrics = new Metrics('1.2.3');
  measureDns(metrics, { resolver, client, shared });

  await Promise.all([resolver.lookup('a.test', 'A'), resolver.lookup('a.test', 'A')]);
  await resolver.lookup('a.test', 'A');
  await resolver.lookup('c.test', 'A');
  nowMs = 110_000;
  await resolver.lookup('a.test', 'A');
  await resolver.lookup('d.test', 'A');
  const { bytes } = resolver.stats;
  expect(await exposed(metrics)).toEqual([
    'postward_dns_lookups_total{source="cache"} 1',
    'postward_dns_lookups_total{source="stale"} 1',
    'postward_dns_lookups_total{source="in_flight"} 1',
    'postward_dns_lookups_total{source="shared_cache"} 2',
    'postward_dns_lookups_total{source="server"} 2',
    'postward_dns_shared_cache_total{result="hit"} 2',
    'postward_dns_shared_cache_total{result="miss"} 2',
    'postward_dns_shared_cache_writes_total 2',
    'postward_dns_queries_total{transport="udp"} 2',
    'postward_dns_cache_entries 3',
    `postward_dns_cache_bytes ${bytes}`,
  ]);
});
