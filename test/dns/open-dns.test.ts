/** What the settings make of the resolver. */
import { expect, onTestFinished, test } from 'vitest';
import { isDnsblArgumentError, parseDnsblArgument } from '../../src/dns/dnsbl.ts';
import { type DnsblUse, dnsblUse } from '../../src/dns/dnsbl-health.ts';
import { type Dns, type DnsSetting, openDns } from '../../src/dns/open-dns.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { testEntries } from './watch-lists.ts';

function settingWith(dns: string): DnsSetting {
  const { settings, diagnostics } = loadSettings({
    file: undefined,
    environment: { POSTWARD_DNS__ZONES: dns },
    flags: {},
    directory: '/',
  });
  if (settings === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return settings.dns;
}

function open(setting: DnsSetting): Dns {
  const dns = openDns(setting, undefined);
  onTestFinished(() => dns.close());
  return dns;
}

function use(zone: string): DnsblUse {
  const list = parseDnsblArgument(zone);
  if (isDnsblArgumentError(list)) throw new Error(list.error);
  return dnsblUse(list, 'address', 'enforce', false);
}

test('prefetch holds for a zone and all below it', () => {
  const zones =
    '{zen.dq.Spamhaus.net: {prefetch: no}, k2.zen.dq.spamhaus.net: {prefetch: yes}, k3.zen.dq.spamhaus.net: {private: yes}}';
  const { dnsbl } = open(settingWith(zones));
  const mayPrefetch = (zone: string) => dnsbl.mayPrefetch(use(zone));
  expect(mayPrefetch('K1.zen.dq.spamhaus.net=127.0.0.2')).toBe(false);
  expect(mayPrefetch('zen.dq.spamhaus.net')).toBe(false);
  expect(mayPrefetch('k2.zen.dq.spamhaus.net')).toBe(true);
  expect(mayPrefetch('k3.zen.dq.spamhaus.net')).toBe(false);
  expect(mayPrefetch('dbl.dq.spamhaus.net')).toBe(true);
  expect(mayPrefetch('k1.xzen.dq.spamhaus.net')).toBe(true);
});

test('more domains with silent servers than are looked up at a time: the DNSBL answers', async () => {
  const fixture = await startFixtureDns({
    zone: `*.hole.test !TIMEOUT\n${testEntries('bl.test')}@dnsbl bl.test 192.0.2.10 127.0.0.2\n`,
  });
  onTestFinished(() => fixture.stop());
  const patient = { timeout_ms: 30_000, total_ms: 60_000, servers: [`127.0.0.1:${fixture.port}`] };
  const { resolver, client, dnsbl } = open({ ...settingWith('{}'), ...patient });
  dnsbl.watch([use('bl.test')]);
  await dnsbl.probeAll();
  for (let index = 0; index < 1_100; index += 1) void resolver.lookup(`n${index}.hole.test`, 'A');
  expect(client.stats.queued).toBeGreaterThan(0);
  expect((await resolver.lookup('10.2.0.192.bl.test', 'A')).status).toBe('found');
  expect((await resolver.lookup('11.2.0.192.bl.test', 'A')).status).toBe('nxdomain');
  expect(client.stats.queued).toBeGreaterThan(0);
});
