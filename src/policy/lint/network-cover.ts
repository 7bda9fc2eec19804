/** How much of the Internet a list of networks has. */
import type { Token } from '../../language/tokenizer.ts';
import type { IpFamily } from '../../net/ip-address.ts';
import { type IpNetwork, isNetworkSyntaxError, parseIpNetwork } from '../../net/ip-network.ts';

/** The addresses that clients come from: all of IPv4, and global unicast of IPv6 (RFC 4291 §2.4: 2000::/3). */
const WHOLE: Readonly<Record<IpFamily, Range>> = {
  4: { start: 0n, end: 1n << 32n },
  6: { start: 1n << 125n, end: 1n << 126n },
};

interface Range {
  readonly start: bigint;
  /** The first address behind it. */
  readonly end: bigint;
}

/** The words that together have half of all addresses or more of a family; none: there are no such. */
export function wordsForEverybody(tokens: readonly Token[]): readonly Token[] {
  const everybody = tokens.filter(({ text }) => text.startsWith('static:'));
  if (everybody.length > 0) return everybody;
  for (const family of [4, 6] as const) {
    const found: { token: Token; range: Range }[] = [];
    for (const token of tokens) {
      const network = parseIpNetwork(token.text);
      if (isNetworkSyntaxError(network) || network.family !== family) continue;
      const range = within(rangeOf(network), WHOLE[family]);
      if (range.end > range.start) found.push({ token, range });
    }
    const { start, end } = WHOLE[family];
    if (sizeOf(found.map(({ range }) => range)) * 2n < end - start) continue;
    const alone = found.find(({ range }) => (range.end - range.start) * 2n >= end - start);
    return alone === undefined ? found.map(({ token }) => token) : [alone.token];
  }
  return [];
}

function rangeOf({ family, words, prefixLength }: IpNetwork): Range {
  const bits = family === 4 ? 32 : 128;
  let start = 0n;
  for (const word of words.slice(0, bits / 32)) start = (start << 32n) + BigInt(word);
  return { start, end: start + (1n << BigInt(bits - prefixLength)) };
}

function within(range: Range, { start, end }: Range): Range {
  return {
    start: range.start > start ? range.start : start,
    end: range.end < end ? range.end : end,
  };
}

/** Of all together; what they share counts once. */
function sizeOf(ranges: readonly Range[]): bigint {
  let size = 0n;
  let last = -1n;
  for (const { start, end } of ranges.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    const from = start > last ? start : last;
    if (end <= from) continue;
    size += end - from;
    last = end;
  }
  return size;
}
