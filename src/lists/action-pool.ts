/**
 * The distinct actions of all lists, each kept once: an entry holds a number.
 * The number and the expiry make one value, small for entries that never
 * expire.
 */

/** Distinct actions at a time. */
export const MAX_ACTIONS = 2 ** 21;
/** Well below a millisecond. */
const RELEASED_AT_A_TIME = 5000;
/** Seconds are counted from 2020-01-01 on, so that they fit; milliseconds since 1970. */
const EPOCH_MS = Date.UTC(2020, 0, 1);
/** Expiries from then on cannot be held: 2088. */
export const MAX_EXPIRES_MS = EPOCH_MS + (2 ** 31 - 1) * 1000;

/** An action's number, and when it expires: below MAX_ACTIONS for never. */
export type EntryValue = number;

export class ActionPool {
  readonly #most: number;
  readonly #texts: string[] = [];
  readonly #uses: number[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #free: number[] = [];
  /** Values of entries that are gone, and have not been released yet. */
  readonly #leaving: Iterator<EntryValue>[] = [];

  /** @param most distinct actions, at most MAX_ACTIONS */
  constructor(most = MAX_ACTIONS) {
    this.#most = most;
  }

  /** Distinct actions. */
  get size(): number {
    return this.#numbers.size;
  }

  /** The value for one more entry. `expires` in milliseconds since 1970; null: never. */
  take(action: string, expires: number | null): EntryValue {
    let number = this.#numbers.get(action);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#texts.length;
      if (number >= this.#most) {
        this.#releaseSome(Number.POSITIVE_INFINITY);
        number = this.#free.pop() ?? number;
      }
      if (number >= this.#most) throw new Error('too many distinct actions');
      this.#texts[number] = action;
      this.#uses[number] = 0;
      this.#numbers.set(action, number);
    }
    this.#uses[number] = (this.#uses[number] ?? 0) + 1;
    if (expires === null) return number;
    return Math.max(1, Math.ceil((expires - EPOCH_MS) / 1000)) * MAX_ACTIONS + number;
  }

  /** An entry with that value is gone. */
  release(value: EntryValue): void {
    const number = value % MAX_ACTIONS;
    const uses = (this.#uses[number] ?? 0) - 1;
    this.#uses[number] = uses;
    if (uses > 0) return;
    this.#numbers.delete(this.#texts[number] ?? '');
    this.#texts[number] = '';
    this.#free.push(number);
  }

  /** Entries with those values are gone. There may be a million, for which no lookup shall wait. */
  releaseAll(values: Iterator<EntryValue>): void {
    this.#leaving.push(values);
    if (this.#leaving.length === 1) this.#releaseOn();
  }

  #releaseOn(): void {
    if (this.#releaseSome(RELEASED_AT_A_TIME)) setImmediate(() => this.#releaseOn());
  }

  /** @returns whether there are more */
  #releaseSome(count: number): boolean {
    let left = count;
    for (let values = this.#leaving[0]; values !== undefined; values = this.#leaving[0]) {
      for (let next = values.next(); next.done !== true; next = values.next()) {
        this.release(next.value);
        left -= 1;
        if (left === 0) return true;
      }
      this.#leaving.shift();
    }
    return false;
  }

  action(value: EntryValue): string {
    return this.#texts[value % MAX_ACTIONS] ?? '';
  }
}

/** Milliseconds since 1970; undefined: never. */
export function expiryOf(value: EntryValue): number | undefined {
  return value < MAX_ACTIONS ? undefined : Math.floor(value / MAX_ACTIONS) * 1000 + EPOCH_MS;
}

/** Looks at the clock only for what can expire. */
export function isExpired(value: EntryValue, now: () => number): boolean {
  return value >= MAX_ACTIONS && Math.floor(value / MAX_ACTIONS) * 1000 + EPOCH_MS <= now();
}
