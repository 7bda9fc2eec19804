/**
 * Addresses and networks to values; the longest prefix that holds an address
 * and is in force wins. Networks that were written as leading octets
 * (`192.0.2`) are told apart from those with a length (`192.0.2.0/24`): of both
 * the one with a length wins, as Postfix asks for the whole address first.
 *
 * A map for each length that there is: few in practice, and each can be edited.
 */
import type { IpFamily } from '../net/ip-address.ts';
import { wordMask } from '../net/ip-network.ts';
import { type EntryValue, isExpired } from './action-pool.ts';
import { AddressMap } from './address-map.ts';

const NONE = -1;

/** A network and how it was written. */
export interface NetworkKey {
  readonly family: IpFamily;
  readonly words: Uint32Array;
  readonly prefixLength: number;
  /** By its leading octets or fields. */
  readonly isOctets: boolean;
}

/** All networks of one length. */
interface Level {
  readonly prefixLength: number;
  readonly isOctets: boolean;
  readonly networks: AddressMap;
}

export class NetworkIndex {
  /** By family, the longest prefix first. */
  readonly #levels: Record<IpFamily, Level[]> = { 4: [], 6: [] };
  /** Reused by every lookup; lookups are synchronous and never nest. */
  readonly #masked = new Uint32Array(4);
  size = 0;

  /** What the last `find` that found something has found it by. */
  foundPrefixLength = 0;
  foundIsOctets = false;

  /** @returns the value that was there; -1 when there was none */
  set(key: NetworkKey, value: EntryValue): EntryValue {
    const before = this.#levelFor(key).networks.set(key.words, value);
    if (before === NONE) this.size += 1;
    return before;
  }

  /** Exactly this network. -1 when it is not there. */
  get(key: NetworkKey): EntryValue {
    return this.#level(key)?.networks.get(key.words) ?? NONE;
  }

  /** @returns the value that was there; -1 when there was none */
  delete(key: NetworkKey): EntryValue {
    const level = this.#level(key);
    const before = level?.networks.delete(key.words) ?? NONE;
    if (before === NONE) return NONE;
    this.size -= 1;
    if (level?.networks.size === 0) {
      this.#levels[key.family] = this.#levels[key.family].filter((each) => each !== level);
    }
    return before;
  }

  /** The value for an address, of `words` as IpAddress has them; -1 when none holds it. */
  find(family: IpFamily, words: Uint32Array, now: () => number): EntryValue {
    const masked = this.#masked;
    for (const { prefixLength, isOctets, networks } of this.#levels[family]) {
      masked[0] = (words[0] ?? 0) & wordMask(prefixLength);
      if (family === 6) {
        masked[1] = (words[1] ?? 0) & wordMask(prefixLength - 32);
        masked[2] = (words[2] ?? 0) & wordMask(prefixLength - 64);
        masked[3] = (words[3] ?? 0) & wordMask(prefixLength - 96);
      }
      const value = networks.get(masked);
      if (value === NONE || isExpired(value, now)) continue;
      this.foundPrefixLength = prefixLength;
      this.foundIsOctets = isOctets;
      return value;
    }
    return NONE;
  }

  *values(): Generator<EntryValue> {
    for (const levels of [this.#levels[4], this.#levels[6]]) {
      for (const { networks } of levels) yield* networks.values();
    }
  }

  #level({ family, prefixLength, isOctets }: NetworkKey): Level | undefined {
    return this.#levels[family].find(
      (level) => level.prefixLength === prefixLength && level.isOctets === isOctets,
    );
  }

  #levelFor(key: NetworkKey): Level {
    const known = this.#level(key);
    if (known !== undefined) return known;
    const { family, prefixLength, isOctets } = key;
    const level = { prefixLength, isOctets, networks: new AddressMap(family === 4 ? 1 : 4) };
    const rank = (each: Level) => 2 * each.prefixLength + (each.isOctets ? 0 : 1);
    this.#levels[family].push(level);
    this.#levels[family].sort((a, b) => rank(b) - rank(a));
    return level;
  }
}
