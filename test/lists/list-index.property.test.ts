/**
 * Lookups in a managed list against a model: networks by longest prefix,
 * everything else as a `hash:` table with the same content answers.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Source } from '../../src/language/source.ts';
import { ActionPool } from '../../src/lists/action-pool.ts';
import { isKeyMistake, parseKey } from '../../src/lists/key.ts';
import { ListIndex } from '../../src/lists/list-index.ts';
import { type IpAddress, parseIpAddress } from '../../src/net/ip-address.ts';
import { isNetworkSyntaxError, parseIpNetwork } from '../../src/net/ip-network.ts';
import { readPostmapFile } from '../../src/tables/indexed-table.ts';
import type { TableContent } from '../../src/tables/table-content.ts';
import { TableSet } from '../../src/tables/table-set.ts';

const NOW = Date.UTC(2030, 0, 1);

function indexOf(entries: ReadonlyMap<string, string>): ListIndex {
  const index = new ListIndex(new ActionPool(), () => NOW);
  for (const [key, action] of entries) index.set(key, action, null);
  return index;
}

/** The bits of an address, as text: an oracle that shares nothing with the index. */
function bits(address: IpAddress): string {
  return [...address.octets()].map((octet) => octet.toString(2).padStart(8, '0')).join('');
}

/** The leading bits that a key stands for; undefined: it is no network. */
function prefixOf(key: string): { family: number; prefix: string; rank: number } | undefined {
  if (/^\d+(\.\d+){0,2}$/.test(key)) {
    const prefix = key
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
    return { family: 4, prefix, rank: 0 };
  }
  if (/^[0-9a-f]+(:[0-9a-f]+){1,6}$/.test(key)) {
    const prefix = key
      .split(':')
      .map((field) => Number.parseInt(field, 16).toString(2).padStart(16, '0'))
      .join('');
    return { family: 6, prefix, rank: 0 };
  }
  const network = parseIpNetwork(key);
  if (isNetworkSyntaxError(network)) return undefined;
  const address = parseIpAddress(key.replace(/\/.*$/, ''));
  if (address === undefined) return undefined;
  return { family: network.family, prefix: bits(address).slice(0, network.prefixLength), rank: 1 };
}

/** Every entry is looked at; the longest prefix wins, of equals the one with a length. */
function modelLookup(entries: ReadonlyMap<string, string>, search: string): string | undefined {
  const address = parseIpAddress(search);
  if (address === undefined) return undefined;
  const text = bits(address);
  let best: { length: number; rank: number; key: string } | undefined;
  for (const key of entries.keys()) {
    const found = prefixOf(key);
    if (found === undefined || found.family !== address.family || !text.startsWith(found.prefix)) continue;
    const { length } = found.prefix;
    if (best === undefined || length > best.length || (length === best.length && found.rank > best.rank)) {
      best = { length, rank: found.rank, key };
    }
  }
  return best?.key;
}

/** Few different octets, so that networks hold each other and addresses fall into them. */
const octet = fc.constantFrom(0, 1, 10, 127, 192, 255);
const field = fc.constantFrom(0, 1, 0xdb8, 0x2001, 0xffff);
const ipv4 = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join('.'));
const ipv6 = fc
  .array(field, { minLength: 8, maxLength: 8 })
  .map((fields) => fields.map((each) => each.toString(16)).join(':'));

/** The network of that length around an address, as people write it. */
function network(address: string, length: number): string {
  const parsed = parseIpNetwork(`${address}/${length}`);
  if (!isNetworkSyntaxError(parsed)) return `${address}/${length}`;
  return /`(\S+\/\d+)`/.exec(parsed.help)?.[1] ?? address;
}

const networkKeys = fc.oneof(
  ipv4,
  ipv6,
  fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([address, length]) => network(address, length)),
  fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })).map(([address, length]) => network(address, length)),
  fc.array(octet, { minLength: 1, maxLength: 3 }).map((octets) => octets.join('.')),
  fc
    .array(field, { minLength: 2, maxLength: 7 })
    .map((fields) => fields.map((each) => each.toString(16)).join(':')),
);

/** As they are stored; keys that are refused are none. */
function canonical(keys: readonly string[]): Map<string, string> {
  const entries = new Map<string, string>();
  for (const written of keys) {
    const parsed = parseKey(written, 'any');
    if (!isKeyMistake(parsed)) entries.set(parsed.key, `REJECT ${parsed.key}`);
  }
  return entries;
}

const label = fc.constantFrom('a', 'mail', 'EXAMPLE', 'example', 'com', 'x-y', '127', 'b1');
const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const local = fc.constantFrom('user', 'User', 'user+ext', '"a b"', 'jörg', 'o.k');
const otherKeys = fc.oneof(
  domain,
  domain.map((name) => `.${name}`),
  fc.tuple(local, domain).map(([part, name]) => `${part}@${name}`),
  local.map((part) => `${part}@`),
  fc.constant('<>'),
);

describe('a lookup', () => {
  it('finds the longest prefix, in IPv4 and IPv6', () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.array(networkKeys, { minLength: 5, maxLength: 60 }),
        fc.array(fc.oneof(ipv4, ipv6), { minLength: 1, maxLength: 20 }),
        (keys, searches) => {
          const entries = canonical(keys);
          const index = indexOf(entries);
          for (const search of searches) {
            const expected = modelLookup(entries, search);
            if (expected !== undefined) found++;
            expect(index.lookup(search)).toBe(expected === undefined ? undefined : entries.get(expected));
            expect(index.find(search)?.key).toBe(expected);
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(found).toBeGreaterThan(200);
  });

  it('answers as a hash: table with the same content for all other keys', () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.array(otherKeys, { minLength: 10, maxLength: 60 }),
        fc.array(otherKeys, { minLength: 1, maxLength: 20 }),
        (keys, searches) => {
          const entries = canonical(keys);
          const index = indexOf(entries);
          const table = hashTable(entries);
          for (const search of searches) {
            const answer = index.lookup(search);
            if (answer !== undefined) found++;
            expect(answer).toBe(table.lookup(search));
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(found).toBeGreaterThan(200);
  });

  it('finds nothing that was taken out, and everything that was not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(networkKeys, otherKeys), { maxLength: 60 }),
        fc.array(fc.nat(59), { maxLength: 60 }),
        (keys, gone) => {
          const entries = canonical(keys);
          const index = indexOf(entries);
          const names = [...entries.keys()];
          for (const at of gone) {
            const key = names[at];
            if (key === undefined) continue;
            index.delete(key);
            entries.delete(key);
          }
          expect(index.size).toBe(entries.size);
          for (const key of names) {
            const isAddress = parseIpAddress(key) !== undefined;
            const expected = isAddress ? modelLookup(entries, key) : key;
            expect(index.lookup(key)).toBe(key.includes('/') ? undefined : entries.get(expected ?? ''));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds an internationalized domain in either form', () => {
    const index = indexOf(canonical(['bücher.example', 'user@straße.example', '.bücher.example']));
    expect(index.lookup('bücher.example')).toBe('REJECT xn--bcher-kva.example');
    expect(index.lookup('xn--bcher-kva.example')).toBe('REJECT xn--bcher-kva.example');
    expect(index.lookup('.BÜCHER.example')).toBe('REJECT .xn--bcher-kva.example');
    expect(index.lookup('User@straße.example')).toBeDefined();
  });
});

describe('an entry that expires', () => {
  it('is out of force at its second, and the network around it in force again', () => {
    let now = NOW;
    const index = new ListIndex(new ActionPool(), () => now);
    index.set('192.0.2.7', 'REJECT', NOW + 5000);
    index.set('192.0.2.0/24', 'OK', NOW + 8000);
    index.set('example.com', 'REJECT', NOW + 5000);
    const look = () => [index.lookup('192.0.2.7'), index.lookup('example.com')];
    now = NOW + 4999;
    expect(look()).toEqual(['REJECT', 'REJECT']);
    now = NOW + 5000;
    expect(look()).toEqual(['OK', undefined]);
    now = NOW + 8000;
    expect(look()).toEqual([undefined, undefined]);
    expect(index.size).toBe(3);
    for (const key of ['192.0.2.7', '192.0.2.0/24', 'example.com']) index.deleteExpired(key, now);
    expect(index.size).toBe(0);
  });

  it('stays when it was renewed meanwhile', () => {
    const index = new ListIndex(new ActionPool(), () => NOW);
    index.set('192.0.2.7', 'REJECT', NOW - 1000);
    index.set('192.0.2.7', 'REJECT', NOW + 1000);
    index.deleteExpired('192.0.2.7', NOW);
    expect(index.lookup('192.0.2.7')).toBe('REJECT');
  });
});

describe('actions', () => {
  it('are kept once, and forgotten with their last entry', () => {
    const pool = new ActionPool();
    const index = new ListIndex(pool, () => NOW);
    for (let at = 0; at < 1000; at++) index.set(`host${at}.example`, `REJECT ${at % 3}`, null);
    expect(pool.size).toBe(3);
    for (let at = 0; at < 1000; at++) index.set(`host${at}.example`, 'OK', null);
    expect(pool.size).toBe(1);
    index.clear();
    expect(pool.size).toBe(0);
    expect(index.size).toBe(0);
  });
});

function hashTable(entries: ReadonlyMap<string, string>): TableContent {
  const text = [...entries].map(([key, action]) => `${key} ${action}\n`).join('');
  const reader = readPostmapFile(new Source('/table', text), () => {}, new TableSet());
  for (let slice = reader.next(); ; slice = reader.next()) if (slice.done === true) return slice.value;
}
