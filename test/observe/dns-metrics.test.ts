import { expect, onTestFinished, test } from 'vitest';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import { isDnsblArgumentError, parseDnsblArgument } from '../../src/dns/dnsbl.ts';
import { DnsblHealth, dnsblUse } from '../../src/dns/dnsbl-health.ts';
import { SharedAnswers } from '../../src/dns/shared-answers.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import { measureDns } from '../../src/observe/dns-metrics.ts';
import { measureDnsbl } from '../../src/observe/dnsbl-metrics.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import { testEntries } from '../dns/watch-lists.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { MemoryStore } from '../support/memory-store.ts';

/** The lines about the DNS. */
async function exposed(metrics: Metrics): Promise<string[]> {
  const lines = (await metrics.exposition()).split('\n');
  return lines.filter(
    (line) => line.startsWith('postward_dns_') && !line.includes('_duration_') && !line.endsWith(' 0'),
  );
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
  measureDns(metrics, { resolver, client, zoneClients: new Map(), shared });

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

test('questions by server and outcome, those to servers of zones too, and what DNSBLs say', async () => {
  const dns = await startFixtureDns({
    zone: `a.test A 192.0.2.1
b.test !SERVFAIL
c.test !TIMEOUT
${testEntries('bl.test')}@dnsbl bl.test 192.0.2.9 127.0.0.2
`,
  });
  onTestFinished(() => dns.stop());
  const down = await startFixtureDns({ zone: '' });
  await down.stop();
  const ofZone = new WireClient({ servers: [dns.server], timeoutMs: 5_000, attempts: 1 });
  const client = new WireClient({
    servers: [down.server, dns.server],
    timeoutMs: 150,
    attempts: 1,
    totalMs: 5_000,
  });
  const zoneClients = new Map([['bl.test', ofZone]]);
  const dnsbl = new DnsblHealth({
    resolver: ofZone,
    events: { setAside: () => {}, returned: () => {}, unproven: () => {}, doubted: () => {} },
    probeMs: 3_600_000,
    retryMs: 3_600_000,
    confirmMs: 60_000,
    slowMs: 60_000,
    minHoldMs: 0,
    graceMs: 0,
    noPrefetch: new Set(),
    now: () => performance.now(),
  });
  onTestFinished(() => {
    dnsbl.close();
    client.close();
    ofZone.close();
  });
  const metrics = new Metrics('1.2.3');
  measureDns(metrics, { resolver: new CachingResolver(client), client, zoneClients, shared: undefined });
  measureDnsbl(metrics, { dnsbl, client, zoneClients });

  // The one that is down is asked first, then last.
  for (const name of ['a.test', 'b.test', 'c.test']) await client.lookup(name, 'A');
  const argument = parseDnsblArgument('bl.test');
  if (isDnsblArgumentError(argument)) throw new Error(argument.error);
  dnsbl.watch([dnsblUse(argument, 'address', 'enforce', false)]);
  await dnsbl.probeAll();
  const probes = dns.queries.filter(({ name }) => name.endsWith('.bl.test')).length;
  const listed = dnsbl.observed(ofZone);
  await listed.lookup('9.2.0.192.bl.test', 'A');
  await listed.lookup('8.2.0.192.bl.test', 'A');

  const lines = (await metrics.exposition()).split('\n');
  const counts = lines.filter(
    (line) => / [1-9][0-9]*$/.test(line) && /_seconds_count|answers_total|_up/.test(line),
  );
  const [dead, live] = [down, dns].map(({ server: { host, port } }) => `${host}:${port}`);
  expect(counts.map((line) => line.replace('postward_', '')).sort()).toEqual(
    [
      `dns_query_duration_seconds_count{server="${dead}",outcome="network_error"} 3`,
      `dns_query_duration_seconds_count{server="${live}",outcome="answer"} ${1 + probes + 2}`,
      `dns_query_duration_seconds_count{server="${live}",outcome="failure"} 1`,
      `dns_query_duration_seconds_count{server="${live}",outcome="timeout"} 1`,
      `dns_server_up{server="${live}"} 1`,
      'dnsbl_answers_total{zone="bl.test",subject="address",result="listed"} 1',
      'dnsbl_answers_total{zone="bl.test",subject="address",result="not_listed"} 1',
      'dnsbl_duration_seconds_count{zone="bl.test",subject="address"} 2',
      'dnsbl_up{dnsbl="bl.test",subject="address"} 1',
    ].sort(),
  );
  expect(lines).toContain(`postward_dns_server_up{server="${dead}"} 0`);
  expect(lines).toContain(`postward_dns_queries_total{transport="udp"} ${6 + probes + 2}`);
});
