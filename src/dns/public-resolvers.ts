/**
 * Open resolvers that anybody may use. Operators of DNSBLs cannot tell their
 * users apart and refuse them, or answer them with an error code, so that a
 * DNSBL asked through one protects nobody.
 */
import { parseIpAddress } from '../net/ip-address.ts';

/** Each service with its addresses, from its own pages. */
const PUBLIC_RESOLVERS: Readonly<Record<string, readonly string[]>> = {
  // https://developers.google.com/speed/public-dns/docs/using
  'Google Public DNS': ['8.8.8.8', '8.8.4.4', '2001:4860:4860::8888', '2001:4860:4860::8844'],
  // https://developers.cloudflare.com/1.1.1.1/ip-addresses/
  'Cloudflare 1.1.1.1': [
    ...['1.1.1.1', '1.0.0.1', '1.1.1.2', '1.0.0.2', '1.1.1.3', '1.0.0.3'],
    ...['2606:4700:4700::1111', '2606:4700:4700::1001', '2606:4700:4700::1112', '2606:4700:4700::1002'],
  ],
  // https://quad9.net/service/service-addresses-and-features/
  Quad9: [
    ...['9.9.9.9', '149.112.112.112', '9.9.9.10', '149.112.112.10', '9.9.9.11', '149.112.112.11'],
    ...['2620:fe::fe', '2620:fe::9', '2620:fe::10', '2620:fe::fe:10', '2620:fe::11', '2620:fe::fe:11'],
  ],
  // https://support.opendns.com/hc/en-us/articles/228006047
  OpenDNS: ['208.67.222.222', '208.67.220.220', '2620:119:35::35', '2620:119:53::53'],
  // https://adguard-dns.io/en/public-dns.html
  'AdGuard DNS': ['94.140.14.14', '94.140.15.15', '94.140.14.140', '94.140.14.141', '2a10:50c0::ad1:ff'],
  // https://vercara.digicert.com/ultra-dns-public
  'UltraDNS Public': ['64.6.64.6', '64.6.65.6', '156.154.70.1', '156.154.71.1'],
  // Level 3, known by these addresses rather than by a page.
  'Level 3': ['4.2.2.1', '4.2.2.2', '4.2.2.3', '4.2.2.4', '4.2.2.5', '4.2.2.6'],
  // https://dns.yandex.com/
  'Yandex.DNS': ['77.88.8.8', '77.88.8.1', '77.88.8.88', '77.88.8.2', '2a02:6b8::feed:ff'],
  // https://dns.sb/guide/
  'DNS.SB': ['185.222.222.222', '45.11.45.11', '2a09::', '2a11::'],
};

const BY_ADDRESS: ReadonlyMap<string, string> = new Map(
  Object.entries(PUBLIC_RESOLVERS).flatMap(([service, addresses]) =>
    addresses.map((address) => [canonical(address), service] as const),
  ),
);

/** Whose open resolver an address is, as in `Google Public DNS`; undefined: nobody's that we know. */
export function publicResolver(address: string): string | undefined {
  return BY_ADDRESS.get(canonical(address));
}

function canonical(address: string): string {
  return parseIpAddress(address)?.octets().join('.') ?? address;
}
