/** The store that servers share DNS answers through, as this part needs it; redis/ has one. */
export interface SharedStore {
  /** False while it is known not to answer, or has too much to do: then it is not asked. */
  readonly isUsable: boolean;

  /**
   * A value, cut after `maxBytes`, with the milliseconds it has left; a
   * negative number of them: it would never end. `undefined`: there is none.
   * Settles within a bounded time; rejects when the store fails or is late.
   */
  get(key: string, maxBytes: number): Promise<SharedValue | undefined>;

  /** Keeps a value so long. Nobody waits for it, and it may be lost. */
  set(key: string, value: string, ttlMs: number): void;

  /** Removes values. Rejects when that is not certain. */
  delete(keys: readonly string[]): Promise<void>;

  /** Removes all values whose keys begin so. Rejects when that is not certain. */
  deleteAll(keyPrefix: string): Promise<void>;
}

export interface SharedValue {
  readonly text: string;
  readonly remainingMs: number;
}
