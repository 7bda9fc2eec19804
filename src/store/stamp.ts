/**
 * Stamps of a hybrid logical clock: the order in which edits on any number of
 * servers count, whatever their clocks say. The newer stamp of one entry wins.
 *
 * A stamp is text that sorts as the clock does: 12 hexadecimal digits of
 * milliseconds since 1970, a counter of 4, and the node that made it, such as
 * `019aa1b2c3d4-0000-k3j9x2ab`. No two edits have the same one.
 */
export type Stamp = string;

/** Older than any edit: lists that nobody has made, but a policy names. */
export const NO_STAMP: Stamp = '000000000000-0000-00000000';

/**
 * A stamp that is further ahead of the clock of whoever looks at it is of a
 * clock that is wrong beyond use: it would win over every edit for days.
 */
export const MAX_AHEAD_MS = 86_400_000;

const STAMP = /^[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-z]{8}$/;
const MAX_COUNTER = 0xffff;

export function isStamp(text: string): boolean {
  return STAMP.test(text);
}

/** Milliseconds since 1970. */
export function stampTime(stamp: Stamp): number {
  return Number.parseInt(stamp.slice(0, 12), 16);
}

/** The last stamp that there can be at that time, in milliseconds since 1970. */
export function stampAt(ms: number): Stamp {
  return `${ms.toString(16).padStart(12, '0')}-ffff-zzzzzzzz`;
}

/** Makes stamps that are newer than all that it has made or seen. */
export class StampClock {
  readonly node: string;
  #ms: number;
  #counter: number;

  /** @param last the newest stamp that is known */
  constructor(node: string, last: Stamp = NO_STAMP) {
    this.node = node;
    this.#ms = stampTime(last);
    this.#counter = counterOf(last);
  }

  next(nowMs: number): Stamp {
    if (nowMs > this.#ms) {
      this.#ms = nowMs;
      this.#counter = 0;
    } else if (this.#counter < MAX_COUNTER) {
      this.#counter += 1;
    } else {
      this.#ms += 1;
      this.#counter = 0;
    }
    return this.last;
  }

  /** Nothing that it has made or seen is newer. */
  get last(): Stamp {
    const ms = this.#ms.toString(16).padStart(12, '0');
    return `${ms}-${this.#counter.toString(16).padStart(4, '0')}-${this.node}`;
  }

  /** Not even what it has made itself counts, if it is newer than this one. */
  setBack(last: Stamp): void {
    this.#ms = stampTime(last);
    this.#counter = counterOf(last);
  }

  /** A stamp from elsewhere. */
  see(stamp: Stamp): void {
    const ms = stampTime(stamp);
    const counter = counterOf(stamp);
    if (ms < this.#ms || (ms === this.#ms && counter <= this.#counter)) return;
    this.#ms = ms;
    this.#counter = counter;
  }
}

function counterOf(stamp: Stamp): number {
  return Number.parseInt(stamp.slice(13, 17), 16);
}
