/**
 * Tells of lists that have no test entry, or have it no longer, and whether all
 * are without one at once: then it is the resolver that keeps the answers back,
 * or that lists refuse without saying so, and no list is to blame.
 */
import type { WatchedList } from './watched-list.ts';
import type { WatchedZone } from './watched-zone.ts';

export class UnprovenLists {
  readonly #zones: () => Iterable<WatchedZone>;
  readonly #tell: (list: WatchedList, isEverywhere: boolean) => void;
  #looking: Promise<void> | undefined;

  /** @param zones those under watch */
  constructor(zones: () => Iterable<WatchedZone>, tell: (list: WatchedList, isEverywhere: boolean) => void) {
    this.#zones = zones;
    this.#tell = tell;
  }

  /** Tells of a list once it is known how the others are. */
  async note(list: WatchedList): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
    this.#tell(list, this.#isEverywhere(list));
  }

  /** What was seen of the others earlier was before this. */
  async #look(): Promise<void> {
    const others = this.#usual().filter((zone) => !isUnproven(zone));
    await Promise.all(others.map((zone) => zone.probe()));
  }

  #isEverywhere(list: WatchedList): boolean {
    const zones = this.#usual();
    const isUsual = zones.some(({ lists }) => Array.from(lists.values()).includes(list));
    return isUsual && zones.length > 1 && zones.every(isUnproven);
  }

  /** Those that are asked through the same servers as everything else. */
  #usual(): WatchedZone[] {
    return Array.from(this.#zones()).filter(({ hasOwnServers }) => !hasOwnServers);
  }
}

function isUnproven({ lists }: WatchedZone): boolean {
  return Array.from(lists.values()).every(({ state }) => state === 'unproven');
}
