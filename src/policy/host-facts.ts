/**
 * What Postfix reads off its host when main.cf does not say: the host's name
 * and the networks of its interfaces (postconf(5), myhostname, mynetworks_style).
 */
import { hostname, networkInterfaces } from 'node:os';
import { IpAddress, type IpFamily, parseIpAddress } from '../net/ip-address.ts';
import { wordMask } from '../net/ip-network.ts';

export interface HostFacts {
  readonly hostname: string;
  /** Interface addresses as `address/prefix length`. */
  readonly interfaces: readonly string[];
}

export function readHostFacts(): HostFacts {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ cidr }) => (cidr === null ? [] : [cidr.toLowerCase()])),
  );
  return { hostname: hostname().toLowerCase(), interfaces };
}

/** The address families that inet_protocols names. */
export function familiesOf(protocols: readonly string[]): readonly IpFamily[] {
  const words = new Set(protocols.map((word) => word.toLowerCase()));
  const isNamed = (word: string) => words.has('all') || words.has(word);
  return [...(isNamed('ipv4') ? [4 as const] : []), ...(isNamed('ipv6') ? [6 as const] : [])];
}

/** A host as Postfix sees it, which leaves addresses of other families out. */
export function withFamilies(host: HostFacts, families: readonly IpFamily[]): HostFacts {
  const isSeen = (cidr: string) => families.includes(cidr.includes(':') ? 6 : 4);
  return { ...host, interfaces: host.interfaces.filter(isSeen) };
}

/** The default of myhostname: the host's name, made fully qualified with mydomain or `localdomain`. */
export function defaultHostname({ hostname: name }: HostFacts, mydomain: string | undefined): string {
  return name.includes('.') ? name : `${name}.${mydomain ?? 'localdomain'}`;
}

/** The default of mydomain: myhostname less its first label. */
export function defaultDomain(myhostname: string): string {
  const dot = myhostname.indexOf('.');
  return dot < 0 ? 'localdomain' : myhostname.slice(dot + 1);
}

/**
 * The default of mynetworks: of the interfaces that Postfix listens on.
 *
 * @param style `host`, `subnet` or `class`
 * @param listening the words of inet_interfaces. Of host names only `localhost`
 *   says which interface it is; the others are left out rather than trusted.
 */
export function defaultNetworks(
  { interfaces }: HostFacts,
  style: string,
  listening: readonly string[],
): string {
  const words = listening.map((word) => word.toLowerCase().replace(/^\[(.*)\]$/, '$1'));
  const isListening = (address: string): boolean =>
    words.includes('all') ||
    words.includes(address) ||
    (words.includes('localhost') && address === '127.0.0.1') ||
    (words.includes('loopback-only') && (address.startsWith('127.') || address === '::1'));
  const networks = new Set<string>();
  for (const cidr of interfaces) {
    const slash = cidr.indexOf('/');
    const address = parseIpAddress(cidr.slice(0, slash));
    if (address === undefined || !isListening(address.toString())) continue;
    const length = prefixLength(address, Number(cidr.slice(slash + 1)), style);
    const bits = address.words.map((word, i) => word & wordMask(length - 32 * i));
    const network = new IpAddress(address.family, bits).toString();
    networks.add(address.family === 6 ? `[${network}]/${length}` : `${network}/${length}`);
  }
  return [...networks].join(' ');
}

function prefixLength({ family, words: [first = 0] }: IpAddress, onInterface: number, style: string): number {
  const octet = first >>> 24;
  if (style === 'host') return family === 4 ? 32 : 128;
  // RFC 791 address classes; IPv6 has none.
  if (style === 'class' && family === 4) return octet < 128 ? 8 : octet < 192 ? 16 : 24;
  return onInterface;
}
