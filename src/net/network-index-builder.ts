/**
 * Collects networks in their order and makes a NetworkIntervals of them.
 * Knows the two things a cidr table adds to a plain list: `!network` (every
 * other address of the same family) and `if network … endif` blocks.
 */
import { compareWords, copyWords, decrementWords, incrementWords } from './address-words.ts';
import { type IpNetwork, wordMask } from './ip-network.ts';
import { flattenRanges, NetworkIntervals } from './network-intervals.ts';

/** First and last address, of one family. */
interface Range {
  readonly first: Uint32Array;
  readonly last: Uint32Array;
}

/** What an `if` lets through: addresses of one family, in disjoint ranges. */
interface Condition {
  readonly family: number;
  readonly ranges: readonly Range[];
}

export class NetworkIndexBuilder {
  readonly #ipv4 = new RangeList(1);
  readonly #ipv6 = new RangeList(4);
  readonly #conditions: Condition[] = [];

  /** Adds a network after all others; `value` (0 or more) is what a lookup that ends here answers. */
  add(network: IpNetwork, isNegated: boolean, value: number): void {
    const list = network.family === 4 ? this.#ipv4 : this.#ipv6;
    const condition = this.#conditions.at(-1);
    if (condition === undefined && !isNegated) {
      list.addNetwork(network, value);
      return;
    }
    for (const range of this.#restrict(network.family, rangesOf(network, isNegated))) list.add(range, value);
  }

  /** Networks added until endIf count only for the addresses that the condition covers. */
  beginIf(network: IpNetwork, isNegated: boolean): void {
    const ranges = this.#restrict(network.family, rangesOf(network, isNegated));
    this.#conditions.push({ family: network.family, ranges });
  }

  endIf(): void {
    this.#conditions.pop();
  }

  build(): NetworkIntervals {
    const slices = this.buildInSlices();
    for (;;) {
      const slice = slices.next();
      if (slice.done === true) return slice.value;
    }
  }

  /** Yields every few milliseconds, for indexes that are built while requests are served. */
  *buildInSlices(): Generator<undefined, NetworkIntervals> {
    const ipv4 = yield* this.#ipv4.flatten();
    return new NetworkIntervals(ipv4, yield* this.#ipv6.flatten());
  }

  #restrict(family: number, ranges: readonly Range[]): readonly Range[] {
    const condition = this.#conditions.at(-1);
    if (condition === undefined) return ranges;
    if (condition.family !== family) return [];
    return ranges.flatMap((range) =>
      condition.ranges.flatMap((allowed) => intersect(range, allowed, family === 4 ? 1 : 4)),
    );
  }
}

function intersect(a: Range, b: Range, width: number): Range[] {
  const first = compareWords(a.first, 0, b.first, 0, width) >= 0 ? a.first : b.first;
  const last = compareWords(a.last, 0, b.last, 0, width) <= 0 ? a.last : b.last;
  return compareWords(first, 0, last, 0, width) <= 0 ? [{ first, last }] : [];
}

function rangesOf(network: IpNetwork, isNegated: boolean): Range[] {
  const width = network.family === 4 ? 1 : 4;
  const first = network.words.slice(0, width);
  const last = new Uint32Array(width);
  for (let at = 0; at < width; at++) last[at] = lastWord(network, at);
  if (!isNegated) return [{ first, last }];
  const ranges: Range[] = [];
  if (decrementWords(first, 0, width)) ranges.push({ first: new Uint32Array(width), last: first });
  if (incrementWords(last, 0, width)) {
    ranges.push({ first: last, last: new Uint32Array(width).fill(0xffffffff) });
  }
  return ranges;
}

function lastWord(network: IpNetwork, at: number): number {
  return ((network.words[at] ?? 0) | ~wordMask(network.prefixLength - 32 * at)) >>> 0;
}

/** Ranges of one family in growing flat arrays. */
class RangeList {
  readonly #width: number;
  #starts: Uint32Array;
  #ends: Uint32Array;
  #values: Int32Array;
  #count = 0;

  constructor(width: number) {
    this.#width = width;
    this.#starts = new Uint32Array(16 * width);
    this.#ends = new Uint32Array(16 * width);
    this.#values = new Int32Array(16);
  }

  addNetwork(network: IpNetwork, value: number): void {
    this.#reserve();
    for (let at = 0; at < this.#width; at++) {
      this.#starts[this.#count * this.#width + at] = network.words[at] ?? 0;
      this.#ends[this.#count * this.#width + at] = lastWord(network, at);
    }
    this.#values[this.#count++] = value;
  }

  add(range: Range, value: number): void {
    this.#reserve();
    copyWords(this.#starts, this.#count, range.first, 0, this.#width);
    copyWords(this.#ends, this.#count, range.last, 0, this.#width);
    this.#values[this.#count++] = value;
  }

  flatten(): ReturnType<typeof flattenRanges> {
    return flattenRanges(this.#starts, this.#ends, this.#values, this.#count, this.#width);
  }

  #reserve(): void {
    if (this.#count < this.#values.length) return;
    const starts = new Uint32Array(2 * this.#starts.length);
    const ends = new Uint32Array(2 * this.#ends.length);
    const values = new Int32Array(2 * this.#values.length);
    starts.set(this.#starts);
    ends.set(this.#ends);
    values.set(this.#values);
    this.#starts = starts;
    this.#ends = ends;
    this.#values = values;
  }
}
