/** A store of shared DNS answers within the process: values with an end, on a clock of the test's. */
import type { SharedStore, SharedValue } from '../../src/dns/shared-store.ts';

export class MemoryStore implements SharedStore {
  readonly isUsable = true;
  readonly #values = new Map<string, { readonly text: string; readonly endMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  async get(key: string): Promise<SharedValue | undefined> {
    const value = this.#values.get(key);
    const remainingMs = value === undefined ? 0 : value.endMs - this.#now();
    return value === undefined || remainingMs <= 0 ? undefined : { text: value.text, remainingMs };
  }

  set(key: string, text: string, ttlMs: number): void {
    this.#values.set(key, { text, endMs: this.#now() + ttlMs });
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#values.delete(key);
  }

  async deleteAll(keyPrefix: string): Promise<void> {
    await this.delete([...this.#values.keys()].filter((key) => key.startsWith(keyPrefix)));
  }

  /** Drops what is over; returns how much is left. */
  sweep(): number {
    const nowMs = this.#now();
    for (const [key, { endMs }] of this.#values) if (endMs <= nowMs) this.#values.delete(key);
    return this.#values.size;
  }
}
