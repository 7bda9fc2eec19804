/**
 * Sends questions about some zones to servers of their own: an rbldnsd on the
 * next machine, a mirror of a list. All others go to the usual servers.
 */
import type { PromiseOrValue } from '../util/promise-or-value.ts';
import type { DnsAnswer, DnsType, Resolver } from './resolver.ts';

export class ZoneRouter<R extends Resolver> implements Resolver {
  readonly #usual: R;
  readonly #byZone: ReadonlyMap<string, R>;

  /** @param byZone lower-case names of zones, each for itself and all below it; the longest counts */
  constructor(usual: R, byZone: ReadonlyMap<string, R>) {
    this.#usual = usual;
    this.#byZone = byZone;
  }

  lookup(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    return this.route(name).lookup(name, type);
  }

  /** Who is asked about a name. */
  route(name: string): R {
    if (this.#byZone.size === 0) return this.#usual;
    const lower = name.toLowerCase();
    for (let start = 0; ; ) {
      const found = this.#byZone.get(lower.slice(start));
      if (found !== undefined) return found;
      const dot = lower.indexOf('.', start);
      if (dot < 0) return this.#usual;
      start = dot + 1;
    }
  }
}
