/**
 * Takes expired entries out of memory: housekeeping, since they are out of force
 * at their second. Puts them back where the clock was ahead, and is right again.
 */
import type { ExpiryPlace } from '../store/list-reads.ts';
import type { Store } from '../store/store.ts';
import { StoreFailure } from '../store/store-failure.ts';
import type { ListMemory } from './list-memory.ts';
import { MAX_ENTRIES } from './list-room.ts';

/** Between two sweeps. */
export const SWEEP_MS = 60_000;
/** About a millisecond, in which no lookup is answered. */
const CHUNK = 1000;

export class Expiry {
  readonly #store: Store;
  readonly #memory: ListMemory;
  readonly #now: () => number;
  #sweptUntil: number;

  constructor(store: Store, memory: ListMemory, now: () => number) {
    this.#store = store;
    this.#memory = memory;
    this.#now = now;
    this.#sweptUntil = now();
  }

  async sweep(): Promise<void> {
    const now = this.#now();
    const until = Math.max(this.#sweptUntil, this.#memory.expiredUntil);
    const isBack = now < until;
    this.#memory.expiredUntil = now;
    if (isBack && !(await this.#putBack(now, until))) {
      this.#sweptUntil = until;
      return;
    }
    // When it went back nobody knows: what has expired since is among all that ever has.
    if (await this.#takeOut(isBack ? 0 : this.#sweptUntil, now)) this.#sweptUntil = now;
  }

  #takeOut(since: number, until: number): Promise<boolean> {
    return this.#walk('expiringEntries', since, until, ({ list, key }) =>
      this.#memory.list(list).index.deleteExpired(key, until),
    );
  }

  /** The store's answer comes in the order of the edits: nothing is put back that has changed meanwhile. */
  #putBack(since: number, until: number): Promise<boolean> {
    return this.#walk('expiringAfterEdits', since, until, ({ list, key, action, expires }) => {
      // What others have taken the place of meanwhile stays out.
      if (this.#memory.entries < MAX_ENTRIES) this.#memory.list(list).index.set(key, action, expires);
    });
  }

  /** Entries whose time comes in between. @returns false when the store could not tell all of them */
  async #walk(
    operation: 'expiringEntries' | 'expiringAfterEdits',
    since: number,
    until: number,
    visit: (entry: ExpiryPlace & { readonly action: string }) => void,
  ): Promise<boolean> {
    // No list has the name ''.
    let after: ExpiryPlace = { expires: since + 1, list: '', key: '' };
    for (;;) {
      const found = await this.#store.ask(operation, { after, until, limit: CHUNK });
      if (found instanceof StoreFailure) return false;
      for (const entry of found) visit(entry);
      const last = found.at(-1);
      if (last === undefined || found.length < CHUNK) return true;
      after = last;
    }
  }
}
