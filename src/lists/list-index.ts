/**
 * The entries of one list as lookups see them: canonical keys to actions,
 * edited in place. An entry that is set is in force at the next lookup.
 */
import { asciiDomain } from '../net/domain-name.ts';
import { IpAddress, parseIpAddress, parseIpv4, parseIpv6Into } from '../net/ip-address.ts';
import { isNetworkSyntaxError, parseIpNetwork, wordMask } from '../net/ip-network.ts';
import { foldCase } from '../tables/fold-case.ts';
import { type ActionPool, type EntryValue, expiryOf, isExpired } from './action-pool.ts';
import { NameIndex } from './name-index.ts';
import { NetworkIndex, type NetworkKey } from './network-index.ts';

const NONE = -1;

/** In lower case already, and neither an address nor the beginning of one. */
const PLAIN_NAME = /^[^0-9A-Z:\x80-\uffff][^A-Z:\x80-\uffff]*$/;

/** What a lookup has found: the entry's key may be a network around the address. */
export interface IndexHit {
  readonly key: string;
  readonly action: string;
}

export class ListIndex {
  readonly #pool: ActionPool;
  readonly #now: () => number;
  #names = new NameIndex();
  #networks = new NetworkIndex();
  /** Reused by every lookup. */
  readonly #words = new Uint32Array(4);
  /** Reused for every key that is an IPv4 address: most of them are, and there may be a million. */
  readonly #ipv4Key: NetworkKey = {
    family: 4,
    words: new Uint32Array(1),
    prefixLength: 32,
    isOctets: false,
  };

  constructor(pool: ActionPool, now: () => number) {
    this.#pool = pool;
    this.#now = now;
  }

  /** Entries, except those that have expired and were taken out. */
  get size(): number {
    return this.#names.size + this.#networks.size;
  }

  /** @param expires milliseconds since 1970; null: never */
  set(key: string, action: string, expires: number | null): void {
    const value = this.#pool.take(action, expires);
    const network = this.#networkKey(key);
    const before = network === undefined ? this.#names.set(key, value) : this.#networks.set(network, value);
    if (before !== NONE) this.#pool.release(before);
  }

  delete(key: string): void {
    const network = this.#networkKey(key);
    const before = network === undefined ? this.#names.delete(key) : this.#networks.delete(network);
    if (before !== NONE) this.#pool.release(before);
  }

  /** Takes an entry out that has expired, unless it was renewed meanwhile. */
  deleteExpired(key: string, nowMs: number): void {
    const network = this.#networkKey(key);
    const value = network === undefined ? this.#names.get(key) : this.#networks.get(network);
    const expires = value === NONE ? undefined : expiryOf(value);
    if (expires !== undefined && expires <= nowMs) this.delete(key);
  }

  /** Also for an entry that has expired and was not taken out yet. */
  has(key: string): boolean {
    const network = this.#networkKey(key);
    return (network === undefined ? this.#names.get(key) : this.#networks.get(network)) !== NONE;
  }

  clear(): void {
    this.#pool.releaseAll(this.#names.values());
    this.#pool.releaseAll(this.#networks.values());
    this.#names = new NameIndex();
    this.#networks = new NetworkIndex();
  }

  /** The action for a search string of Postfix; undefined when there is none in force. */
  lookup(search: string): string | undefined {
    const value = this.#find(search);
    return value === NONE ? undefined : this.#pool.action(value);
  }

  /** The same, with the key that the entry has. */
  find(search: string): IndexHit | undefined {
    const value = this.#find(search);
    if (value === NONE) return undefined;
    const address = parseIpAddress(search);
    const key =
      address === undefined
        ? this.#nameOf(search)
        : networkText(address, this.#networks.foundPrefixLength, this.#networks.foundIsOctets);
    return { key, action: this.#pool.action(value) };
  }

  /** The network that a canonical key is, until the next call; undefined: it is a name or a mail address. */
  #networkKey(key: string): NetworkKey | undefined {
    const ipv4 = parseIpv4(key);
    if (ipv4 < 0) return networkKey(key);
    this.#ipv4Key.words[0] = ipv4;
    return this.#ipv4Key;
  }

  #find(search: string): EntryValue {
    if (search.includes(':')) {
      if (parseIpv6Into(search, this.#words)) return this.#networks.find(6, this.#words, this.#now);
    } else {
      const ipv4 = parseIpv4(search);
      if (ipv4 >= 0) {
        this.#words[0] = ipv4;
        return this.#networks.find(4, this.#words, this.#now);
      }
    }
    const value = PLAIN_NAME.test(search) ? this.#names.get(search) : this.#findOther(this.#nameOf(search));
    return value === NONE || isExpired(value, this.#now) ? NONE : value;
  }

  #findOther(name: string): EntryValue {
    const octets = octetsKey(name);
    return octets === undefined ? this.#names.get(name) : this.#networks.get(octets);
  }

  /** A name as it is stored: folded, its domain as the DNS has it. */
  #nameOf(search: string): string {
    const folded = foldCase(search);
    if (!/[^\0-\x7f]/.test(folded)) return folded;
    const at = folded.lastIndexOf('@') + 1;
    const domain = folded.slice(at);
    const isBelow = domain.startsWith('.');
    const ascii = asciiDomain(isBelow ? domain.slice(1) : domain);
    return ascii === undefined ? folded : `${folded.slice(0, at)}${isBelow ? '.' : ''}${ascii}`;
  }
}

function networkKey(key: string): NetworkKey | undefined {
  if (!canEndNetwork(key.charCodeAt(key.length - 1))) return undefined;
  const octets = octetsKey(key);
  if (octets !== undefined) return octets;
  if (!/^[0-9a-f.:/]+$/.test(key)) return undefined;
  const network = parseIpNetwork(key);
  return isNetworkSyntaxError(network) ? undefined : { ...network, isOctets: false };
}

/** A digit, a to f, or a colon: most names end otherwise, and need no closer look. */
function canEndNetwork(code: number): boolean {
  return (code >= 0x30 && code <= 0x3a) || (code >= 0x61 && code <= 0x66);
}

/** Up to three octets, or up to seven fields with a colon among them. */
const OCTETS = /^(?:\d{1,3}(?:\.\d{1,3}){0,2}|[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){1,6})$/;

function octetsKey(key: string): NetworkKey | undefined {
  if (key.length > MAX_OCTETS_LENGTH || !OCTETS.test(key)) return undefined;
  const words = new Uint32Array(4);
  if (!key.includes(':')) {
    const octets = key.split('.');
    for (const [at, octet] of octets.entries()) {
      if (Number(octet) > 255 || String(Number(octet)) !== octet) return undefined;
      words[0] = ((words[0] ?? 0) | (Number(octet) << (24 - 8 * at))) >>> 0;
    }
    return { family: 4, words: words.subarray(0, 1), prefixLength: 8 * octets.length, isOctets: true };
  }
  const fields = key.split(':');
  for (const [at, field] of fields.entries()) {
    const value = Number.parseInt(field, 16);
    // Postfix compares text: only the short form is one that it would look up.
    if (value.toString(16) !== field) return undefined;
    words[at >> 1] = ((words[at >> 1] ?? 0) | (value << (at & 1 ? 0 : 16))) >>> 0;
  }
  return { family: 6, words, prefixLength: 16 * fields.length, isOctets: true };
}

const MAX_OCTETS_LENGTH = 34;

/** The key of the network of that length around an address. */
function networkText(address: IpAddress, prefixLength: number, isOctets: boolean): string {
  const { family } = address;
  if (isOctets) {
    const octets = address.octets();
    if (family === 4) return octets.slice(0, prefixLength / 8).join('.');
    const fields: string[] = [];
    for (let at = 0; at < prefixLength / 8; at += 2) {
      fields.push((((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)).toString(16));
    }
    return fields.join(':');
  }
  if (prefixLength === (family === 4 ? 32 : 128)) return address.toString();
  const words = address.words.map((word, at) => word & wordMask(prefixLength - 32 * at));
  return `${new IpAddress(family, words).toString()}/${prefixLength}`;
}
