/**
 * An immutable index of address ranges in which the first range that holds an
 * address wins, as in a cidr table or a match list.
 *
 * The ranges of a builder are flattened into sorted, disjoint intervals, so a
 * lookup is one binary search in a typed array and allocates nothing. A
 * million networks take 8 bytes an IPv4 boundary.
 */
import { compareWords, copyWords, incrementWords } from './address-words.ts';
import { type IpAddress, parseIpv4, parseIpv6Into } from './ip-address.ts';

/** No range holds the address, or it is no address. */
const NOT_FOUND = -1;

const STEPS_PER_SLICE = 50_000;

export class NetworkIntervals {
  readonly #ipv4: FlatIntervals;
  readonly #ipv6: FlatIntervals;
  /** Reused by every lookup; lookups are synchronous and never nest. */
  readonly #scratch = new Uint32Array(4);

  constructor(ipv4: FlatIntervals, ipv6: FlatIntervals) {
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
  }

  /** The value of the first range that holds the address written in `text`. */
  findText(text: string): number {
    if (text.includes(':')) {
      return parseIpv6Into(text, this.#scratch) ? search(this.#ipv6, this.#scratch, 4) : NOT_FOUND;
    }
    const value = parseIpv4(text);
    if (value < 0) return NOT_FOUND;
    this.#scratch[0] = value;
    return search(this.#ipv4, this.#scratch, 1);
  }

  find(address: IpAddress): number {
    return address.family === 4 ? search(this.#ipv4, address.words, 1) : search(this.#ipv6, address.words, 4);
  }
}

/** Interval i reaches from boundary i to just before boundary i + 1; addresses before boundary 0 are in none. */
export interface FlatIntervals {
  readonly boundaries: Uint32Array;
  readonly values: Int32Array;
}

function search(flat: FlatIntervals, words: Uint32Array, width: number): number {
  let low = 0;
  let high = flat.values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareWords(flat.boundaries, middle, words, 0, width) <= 0) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? NOT_FOUND : (flat.values[low - 1] ?? NOT_FOUND);
}

/**
 * Flattens `count` ranges, given by their first and last addresses. The lower a
 * range's index, the higher its rank; `values[i]` is what range i answers.
 *
 * A sweep over the sorted starts keeps the ranges that are open in a heap
 * ordered by rank. Ranges that have ended leave the heap when they reach its top.
 * Yields every few milliseconds.
 */
export function* flattenRanges(
  starts: Uint32Array,
  ends: Uint32Array,
  values: Int32Array,
  count: number,
  width: number,
): Generator<undefined, FlatIntervals> {
  const order = yield* sortedByStart(starts, count, width);
  const out = new IntervalWriter(count, width);
  const heap = new RankHeap(count);
  const position = new Uint32Array(width);
  let next = 0;
  for (let step = 1; ; step++) {
    if (step % STEPS_PER_SLICE === 0) yield;
    if (heap.isEmpty) {
      if (next === count) break;
      copyWords(position, 0, starts, order[next] ?? 0, width);
    }
    while (next < count && compareWords(starts, order[next] ?? 0, position, 0, width) <= 0) {
      heap.push(order[next++] ?? 0);
    }
    const top = heap.top;
    out.write(position, values[top] ?? NOT_FOUND);
    if (next < count && compareWords(starts, order[next] ?? 0, ends, top, width) <= 0) {
      copyWords(position, 0, starts, order[next] ?? 0, width);
      continue;
    }
    copyWords(position, 0, ends, top, width);
    if (!incrementWords(position, 0, width)) return out.finish();
    while (!heap.isEmpty && compareWords(ends, heap.top, position, 0, width) < 0) heap.pop();
    if (heap.isEmpty) out.write(position, NOT_FOUND);
  }
  return out.finish();
}

/** Indices in the order of their starts: a radix sort by 16 bits at a time, which needs no comparisons. */
function* sortedByStart(
  starts: Uint32Array,
  count: number,
  width: number,
): Generator<undefined, Uint32Array> {
  let order = new Uint32Array(count);
  let sorted = new Uint32Array(count);
  const offsets = new Uint32Array(0x10000 + 1);
  for (let at = 0; at < count; at++) order[at] = at;
  for (let digit = 2 * width - 1; digit >= 0; digit--) {
    const shift = digit & 1 ? 0 : 16;
    const word = digit >> 1;
    offsets.fill(0);
    for (let at = 0; at < count; at++) {
      const value = ((starts[at * width + word] ?? 0) >>> shift) & 0xffff;
      offsets[value + 1] = (offsets[value + 1] ?? 0) + 1;
    }
    for (let value = 0; value < 0x10000; value++) {
      offsets[value + 1] = (offsets[value + 1] ?? 0) + (offsets[value] ?? 0);
    }
    for (let at = 0; at < count; at++) {
      const index = order[at] ?? 0;
      const value = ((starts[index * width + word] ?? 0) >>> shift) & 0xffff;
      const place = offsets[value] ?? 0;
      offsets[value] = place + 1;
      sorted[place] = index;
    }
    [order, sorted] = [sorted, order];
    yield;
  }
  return order;
}

/** Collects boundaries, joining neighbours of equal value and replacing empty intervals. */
class IntervalWriter {
  readonly #boundaries: Uint32Array;
  readonly #values: Int32Array;
  readonly #width: number;
  #length = 0;

  constructor(ranges: number, width: number) {
    this.#boundaries = new Uint32Array((2 * ranges + 1) * width);
    this.#values = new Int32Array(2 * ranges + 1);
    this.#width = width;
  }

  write(position: Uint32Array, value: number): void {
    if (
      this.#length > 0 &&
      compareWords(this.#boundaries, this.#length - 1, position, 0, this.#width) === 0
    ) {
      this.#length--;
    }
    if ((this.#length === 0 ? NOT_FOUND : this.#values[this.#length - 1]) === value) return;
    copyWords(this.#boundaries, this.#length, position, 0, this.#width);
    this.#values[this.#length++] = value;
  }

  finish(): FlatIntervals {
    return {
      boundaries: this.#boundaries.slice(0, this.#length * this.#width),
      values: this.#values.slice(0, this.#length),
    };
  }
}

/** A binary heap of range indices, smallest on top. */
class RankHeap {
  readonly #items: Uint32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#items = new Uint32Array(capacity);
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  get top(): number {
    return this.#items[0] ?? 0;
  }

  push(item: number): void {
    const items = this.#items;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] ?? 0;
      if (above <= item) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  pop(): void {
    const items = this.#items;
    const item = items[--this.#size] ?? 0;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && (items[child + 1] ?? 0) < (items[child] ?? 0)) child++;
      const below = items[child] ?? 0;
      if (below >= item) break;
      items[at] = below;
      at = child;
    }
    items[at] = item;
  }
}
