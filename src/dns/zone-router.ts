/**
 * Sends questions about some zones to servers of their own: an rbldnsd on the
 * next machine, a mirror of a list. All others go to the usual servers.
 */
import type { PromiseOrValue } from '../util/promise-or-value.ts';
import type { DnsAnswer, DnsType, Resolver } from './resolver.ts';
import { ZoneMap } from './zone-map.ts';

export class ZoneRouter<R extends Resolver> implements Resolver {
  readonly #usual: R;
  readonly #byZone: ZoneMap<R>;

  /** @param byZone names of zones, each for itself and all below it; the longest counts */
  constructor(usual: R, byZone: ReadonlyMap<string, R>) {
    this.#usual = usual;
    this.#byZone = new ZoneMap(byZone);
  }

  lookup(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    return this.route(name).lookup(name, type);
  }

  /** Who is asked about a name. */
  route(name: string): R {
    return this.#byZone.get(name) ?? this.#usual;
  }
}
