/**
 * What holds for a zone and all below it, by name; of several zones that a
 * name is in, the longest counts.
 */
export class ZoneMap<T> {
  readonly #byZone: ReadonlyMap<string, T>;

  constructor(zones: Iterable<readonly [zone: string, value: T]>) {
    this.#byZone = new Map(Array.from(zones, ([zone, value]) => [zone.toLowerCase(), value]));
  }

  /** undefined: the name is in none of the zones. */
  get(name: string): T | undefined {
    if (this.#byZone.size === 0) return undefined;
    const lower = name.toLowerCase();
    for (let start = 0; ; ) {
      const found = this.#byZone.get(lower.slice(start));
      if (found !== undefined) return found;
      const dot = lower.indexOf('.', start);
      if (dot < 0) return undefined;
      start = dot + 1;
    }
  }
}
