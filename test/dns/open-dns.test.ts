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

test.each([
  ['refused', 5_000, 30_000],
  ['kept waiting', 3_000, 400],
])(
  'a silent DNSBL takes all turns: no other list is blamed for what is %s',
  async (_how, count, timeoutMs) => {
    const fixture = await startFixtureDns({ zone: `*.dead.test !TIMEOUT\n${testEntries('bl.test')}` });
    onTestFinished(() => fixture.stop());
    const setting = settingWith('{}');
    const { resolver, client, dnsbl } = open({
      ...setting,
      servers: [`127.0.0.1:${fixture.port}`],
      timeout_ms: timeoutMs,
      total_ms: 30_000,
      attempts: 1,
      dnsbl: { ...setting.dnsbl, slow_ms: 300 },
    });
    dnsbl.watch([use('bl.test')]);
    await dnsbl.probeAll();
    const list = dnsbl.list(use('bl.test'));
    const zone = Array.from(dnsbl.lists(), (each) => each.zone)[0];
    dnsbl.watch([use('bl.test'), use('dead.test')]);
    for (let n = 0; n < 3; n += 1) {
      for (let index = 0; index < count; index += 1) {
        void resolver.lookup(`${index >> 8}.${index & 255}.${n}.192.dead.test`, 'A');
      }
      expect(client.stats.queued).toBeGreaterThan(1_000);
      await zone?.probe();
    }
    expect(list?.state).toBe('healthy');
    expect(list?.fault).toBeUndefined();
    expect(list?.doubts).toEqual([]);
  },
);
