/**
 * Addresses of one length to values: open addressing in typed arrays, of one
 * word a key (IPv4) or four (IPv6).
 *
 * Cut into many small tables, so that none takes long to grow: an edit of a
 * list of a million costs no more than one of a hundred.
 */
const SHARD_BITS = 8;
const FIRST_CAPACITY = 4;
/** Marks a free slot. */
const FREE = -1;

export class AddressMap {
  readonly #width: number;
  readonly #shards: (Shard | undefined)[] = new Array(1 << SHARD_BITS);
  size = 0;

  constructor(width: 1 | 4) {
    this.#width = width;
  }

  /** -1 when there is none. */
  get(words: Uint32Array): number {
    const hash = hashWords(words, this.#width);
    const shard = this.#shards[hash >>> (32 - SHARD_BITS)];
    return shard === undefined ? FREE : shard.get(hash, words);
  }

  /** @returns the value that was there; -1 when there was none */
  set(words: Uint32Array, value: number): number {
    const hash = hashWords(words, this.#width);
    const at = hash >>> (32 - SHARD_BITS);
    let shard = this.#shards[at];
    if (shard === undefined) {
      shard = new Shard(this.#width);
      this.#shards[at] = shard;
    }
    const before = shard.set(hash, words, value);
    if (before === FREE) this.size += 1;
    return before;
  }

  /** @returns the value that was there; -1 when there was none */
  delete(words: Uint32Array): number {
    const hash = hashWords(words, this.#width);
    const before = this.#shards[hash >>> (32 - SHARD_BITS)]?.delete(hash, words) ?? FREE;
    if (before !== FREE) this.size -= 1;
    return before;
  }

  *values(): Generator<number> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.values();
  }
}

class Shard {
  readonly #width: number;
  #keys: Uint32Array;
  #values: Float64Array;
  #size = 0;

  constructor(width: number) {
    this.#width = width;
    this.#keys = new Uint32Array(FIRST_CAPACITY * width);
    this.#values = new Float64Array(FIRST_CAPACITY).fill(FREE);
  }

  get(hash: number, words: Uint32Array): number {
    return this.#values[this.#find(hash, words)] ?? FREE;
  }

  set(hash: number, words: Uint32Array, value: number): number {
    let slot = this.#find(hash, words);
    const before = this.#values[slot] ?? FREE;
    if (before === FREE) {
      if (4 * (this.#size + 1) > 3 * this.#values.length) {
        this.#grow();
        slot = this.#find(hash, words);
      }
      for (let at = 0; at < this.#width; at++) this.#keys[slot * this.#width + at] = words[at] ?? 0;
      this.#size += 1;
    }
    this.#values[slot] = value;
    return before;
  }

  /** Moves those that follow into the gap, so that no slot needs a mark for what was there. */
  delete(hash: number, words: Uint32Array): number {
    let gap = this.#find(hash, words);
    const before = this.#values[gap] ?? FREE;
    if (before === FREE) return FREE;
    const mask = this.#values.length - 1;
    for (let slot = (gap + 1) & mask; this.#values[slot] !== FREE; slot = (slot + 1) & mask) {
      const home = hashAt(this.#keys, slot * this.#width, this.#width) & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      this.#move(slot, gap);
      gap = slot;
    }
    this.#values[gap] = FREE;
    this.#size -= 1;
    return before;
  }

  *values(): Generator<number> {
    for (const value of this.#values) if (value !== FREE) yield value;
  }

  /** The slot of the key, or the free one where it belongs. */
  #find(hash: number, words: Uint32Array): number {
    const mask = this.#values.length - 1;
    let slot = hash & mask;
    while (this.#values[slot] !== FREE && !this.#isAt(slot, words)) slot = (slot + 1) & mask;
    return slot;
  }

  #isAt(slot: number, words: Uint32Array): boolean {
    const start = slot * this.#width;
    for (let at = 0; at < this.#width; at++) if (this.#keys[start + at] !== words[at]) return false;
    return true;
  }

  #move(from: number, to: number): void {
    const start = from * this.#width;
    this.#keys.copyWithin(to * this.#width, start, start + this.#width);
    this.#values[to] = this.#values[from] ?? FREE;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Uint32Array(2 * keys.length);
    this.#values = new Float64Array(2 * values.length).fill(FREE);
    const mask = this.#values.length - 1;
    for (let slot = 0; slot < values.length; slot++) {
      const value = values[slot] ?? FREE;
      if (value === FREE) continue;
      const start = slot * this.#width;
      let free = hashAt(keys, start, this.#width) & mask;
      while (this.#values[free] !== FREE) free = (free + 1) & mask;
      for (let at = 0; at < this.#width; at++) this.#keys[free * this.#width + at] = keys[start + at] ?? 0;
      this.#values[free] = value;
    }
  }
}

function hashWords(words: Uint32Array, width: number): number {
  return hashAt(words, 0, width);
}

/** Unsigned; every bit depends on all words. */
function hashAt(words: Uint32Array, start: number, width: number): number {
  let hash = 0;
  for (let at = 0; at < width; at++) {
    hash = Math.imul(hash ^ (words[start + at] ?? 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}
