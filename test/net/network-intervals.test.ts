import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IpAddress } from '../../src/net/ip-address.ts';
import { type IpNetwork, isNetworkSyntaxError, parseIpNetwork, wordMask } from '../../src/net/ip-network.ts';
import { NetworkIndexBuilder } from '../../src/net/network-index-builder.ts';

type Rule =
  | { readonly kind: 'add' | 'if'; readonly network: IpNetwork; readonly isNegated: boolean }
  | { readonly kind: 'endif' };

function network(text: string): IpNetwork {
  const result = parseIpNetwork(text);
  if (isNetworkSyntaxError(result)) throw new Error(result.error);
  return result;
}

function covers(rule: { network: IpNetwork; isNegated: boolean }, address: IpAddress): boolean {
  if (rule.network.family !== address.family) return false;
  const inside = [0, 1, 2, 3].every(
    (at) =>
      ((address.words[at] ?? 0) & wordMask(rule.network.prefixLength - 32 * at)) >>> 0 ===
      rule.network.words[at],
  );
  return inside !== rule.isNegated;
}

/** The obvious way: one rule after the other, as Postfix walks its list. */
function naive(rules: readonly Rule[], address: IpAddress): number {
  const conditions: boolean[] = [];
  for (const [index, rule] of rules.entries()) {
    if (rule.kind === 'endif') conditions.pop();
    else if (rule.kind === 'if') conditions.push(covers(rule, address));
    else if (conditions.every(Boolean) && covers(rule, address)) return index;
  }
  return -1;
}

function build(rules: readonly Rule[]) {
  const builder = new NetworkIndexBuilder();
  for (const [index, rule] of rules.entries()) {
    if (rule.kind === 'endif') builder.endIf();
    else if (rule.kind === 'if') builder.beginIf(rule.network, rule.isNegated);
    else builder.add(rule.network, rule.isNegated, index);
  }
  return builder.build();
}

/** Words with few distinct bits, so that networks nest and touch. */
const word = fc.oneof(
  fc.constantFrom(0, 1, 2, 0xffffffff, 0xfffffffe, 0x80000000, 0x0a000000, 0x7fffffff),
  fc.nat(0xffffffff),
);
const address = fc.oneof(
  word.map((value) => new IpAddress(4, Uint32Array.of(value, 0, 0, 0))),
  fc.tuple(word, word, word, word).map((words) => new IpAddress(6, Uint32Array.of(...words))),
);
const anyNetwork = fc.tuple(address, fc.nat(128)).map(([{ family, words }, bits]): IpNetwork => {
  const prefixLength = family === 4 ? bits % 33 : bits;
  return {
    family,
    words: words.map((value, at) => value & wordMask(prefixLength - 32 * at)),
    prefixLength,
  };
});
const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('add' as const, 'add' as const, 'add' as const, 'if' as const),
      anyNetwork,
      fc.boolean(),
    )
    .map(([kind, network, isNegated]): Rule => ({ kind, network, isNegated })),
  fc.constant<Rule>({ kind: 'endif' }),
);

describe('NetworkIntervals', () => {
  test('first match wins, also where the first is the wider one', () => {
    const builder = new NetworkIndexBuilder();
    builder.add(network('10.1.2.0/24'), false, 0);
    builder.add(network('10.0.0.0/8'), false, 1);
    builder.add(network('10.9.9.0/24'), false, 2);
    builder.add(network('2001:db8::/32'), false, 3);
    const index = builder.build();
    expect(index.findText('10.1.2.3')).toBe(0);
    expect(index.findText('10.1.3.0')).toBe(1);
    expect(index.findText('10.9.9.9')).toBe(1);
    expect(index.findText('11.0.0.0')).toBe(-1);
    expect(index.findText('9.255.255.255')).toBe(-1);
    expect(index.findText('2001:db8:ffff::1')).toBe(3);
    expect(index.findText('2001:db9::')).toBe(-1);
    expect(index.findText('::ffff:10.1.2.3')).toBe(-1);
    expect(index.findText('unknown')).toBe(-1);
    expect(index.findText('')).toBe(-1);
  });

  test('negation covers the rest of its own family only', () => {
    const builder = new NetworkIndexBuilder();
    builder.add(network('192.168.0.0/16'), true, 0);
    builder.add(network('0.0.0.0/0'), false, 1);
    const index = builder.build();
    expect(index.findText('192.168.1.1')).toBe(1);
    expect(index.findText('192.169.0.0')).toBe(0);
    expect(index.findText('::1')).toBe(-1);
  });

  test('an index without networks finds nothing', () => {
    const index = new NetworkIndexBuilder().build();
    expect(index.findText('0.0.0.0')).toBe(-1);
    expect(index.findText('::')).toBe(-1);
  });

  test('finds what walking the list finds, for random lists with `!` and `if`', () => {
    let hits = 0;
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 24 }),
        fc.array(address, { minLength: 1, maxLength: 12 }),
        (rules, addresses) => {
          const index = build(rules);
          const edges = rules.flatMap((each) =>
            each.kind === 'endif' ? [] : [new IpAddress(each.network.family, each.network.words)],
          );
          for (const probe of [...addresses, ...edges]) {
            const expected = naive(rules, probe);
            if (expected >= 0) hits++;
            expect(index.find(probe)).toBe(expected);
            expect(index.findText(probe.toString())).toBe(expected);
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(hits).toBeGreaterThan(2000);
  });

  test('holds many networks, each found by its first and last address', () => {
    const builder = new NetworkIndexBuilder();
    for (let at = 0; at < 20_000; at++) builder.add(network(`10.${at >> 8}.${at & 255}.64/26`), false, at);
    const index = builder.build();
    for (let at = 0; at < 20_000; at += 37) {
      expect(index.findText(`10.${at >> 8}.${at & 255}.63`)).toBe(-1);
      expect(index.findText(`10.${at >> 8}.${at & 255}.64`)).toBe(at);
      expect(index.findText(`10.${at >> 8}.${at & 255}.127`)).toBe(at);
      expect(index.findText(`10.${at >> 8}.${at & 255}.128`)).toBe(-1);
    }
  });
});
