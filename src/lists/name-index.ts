/**
 * Names and mail addresses to values. Cut into many small maps: a map that
 * grows past a million is copied in one go, and mail would wait for that.
 */
const SHARDS = 512;

export class NameIndex {
  readonly #shards: (Map<string, number> | undefined)[] = new Array(SHARDS);
  size = 0;

  /** -1 when there is none. */
  get(name: string): number {
    return this.#shards[shardOf(name)]?.get(name) ?? -1;
  }

  /** @returns the value that was there; -1 when there was none */
  set(name: string, value: number): number {
    const at = shardOf(name);
    let shard = this.#shards[at];
    if (shard === undefined) {
      shard = new Map();
      this.#shards[at] = shard;
    }
    const before = shard.get(name) ?? -1;
    shard.set(name, value);
    if (before < 0) this.size += 1;
    return before;
  }

  /** @returns the value that was there; -1 when there was none */
  delete(name: string): number {
    const shard = this.#shards[shardOf(name)];
    const before = shard?.get(name) ?? -1;
    if (before < 0) return -1;
    shard?.delete(name);
    this.size -= 1;
    return before;
  }

  *values(): Generator<number> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.values();
  }
}

/** FNV-1a over some of the characters: names differ in more than one place. */
function shardOf(name: string): number {
  const { length } = name;
  const step = 1 + (length >> 3);
  let hash = 0x811c9dc5 ^ length;
  for (let at = length - 1; at >= 0; at -= step) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % SHARDS;
}
