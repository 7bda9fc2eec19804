/**
 * Deletes what dropped lists have left in the store, slice by slice behind the
 * edits: it counts for nothing any more. Takes a rest as long as each slice, so
 * that edits find the store free.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BurialPlace } from '../store/burial.ts';
import type { Store } from '../store/store.ts';
import { StoreFailure } from '../store/store-failure.ts';
import type { ListMemory } from './list-memory.ts';

const SLICE = 2000;
const LONGEST_REST_MS = 1000;
/** While the store takes nothing. */
const RETRY_MS = 10_000;

export class Burial {
  readonly #store: Store;
  readonly #memory: ListMemory;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #isAsked = false;

  constructor(store: Store, memory: ListMemory) {
    this.#store = store;
    this.#memory = memory;
  }

  /** A list has been dropped, or the process has just begun. */
  wake(): void {
    this.#isAsked = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when nothing is left that is known of. */
  async done(): Promise<void> {
    await this.#running;
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    let place: BurialPlace | undefined;
    while (!this.#closing.signal.aborted) {
      this.#isAsked = false;
      const began = performance.now();
      const buried = await this.#store.ask('buryRows', { place, limit: SLICE });
      if (buried instanceof StoreFailure) {
        if (buried.code === 'closed') return;
        await this.#rest(RETRY_MS);
        continue;
      }
      if (buried === undefined) {
        if (this.#isAsked) continue;
        return;
      }
      // Most are out of memory already, or have never been there.
      const { index } = this.#memory.list(buried.list);
      if (index.size > 0) for (const key of buried.keys) index.delete(key);
      place = buried.next;
      await this.#rest(Math.min(performance.now() - began, LONGEST_REST_MS));
    }
  }

  async #rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {});
  }
}
