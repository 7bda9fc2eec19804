/** What the settings make of the resolver. */
import { expect, onTestFinished, test } from 'vitest';
import { isDnsblArgumentError, parseDnsblArgument } from '../../src/dns/dnsbl.ts';
import { dnsblUse } from '../../src/dns/dnsbl-health.ts';
import { type Dns, type DnsSetting, openDns } from '../../src/dns/open-dns.ts';
import { loadSettings } from '../../src/settings/load.ts';

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

test('prefetch holds for a zone and all below it', () => {
  const zones =
    '{zen.dq.Spamhaus.net: {prefetch: no}, k2.zen.dq.spamhaus.net: {prefetch: yes}, k3.zen.dq.spamhaus.net: {private: yes}}';
  const { dnsbl } = open(settingWith(zones));
  const mayPrefetch = (zone: string) => {
    const list = parseDnsblArgument(zone);
    if (isDnsblArgumentError(list)) throw new Error(list.error);
    return dnsbl.mayPrefetch(dnsblUse(list, 'address', 'enforce', false));
  };
  expect(mayPrefetch('K1.zen.dq.spamhaus.net=127.0.0.2')).toBe(false);
  expect(mayPrefetch('zen.dq.spamhaus.net')).toBe(false);
  expect(mayPrefetch('k2.zen.dq.spamhaus.net')).toBe(true);
  expect(mayPrefetch('k3.zen.dq.spamhaus.net')).toBe(false);
  expect(mayPrefetch('dbl.dq.spamhaus.net')).toBe(true);
  expect(mayPrefetch('k1.xzen.dq.spamhaus.net')).toBe(true);
});
