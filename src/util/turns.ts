/** At most so many at a time; the others wait for their turn, first come, first served. */
export class Turns {
  readonly #limit: number;
  readonly #maxWaiting: number;
  #taken = 0;
  readonly #waiting = new Set<(isMine: boolean) => void>();

  /** @param maxWaiting more than so many do not wait */
  constructor(limit: number, maxWaiting: number = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
    this.#maxWaiting = maxWaiting;
  }

  /** False if there was no turn within so long, too many wait already, or `cancel` was called. */
  take(maxMs: number): boolean | Promise<boolean> {
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return true;
    }
    if (this.#waiting.size >= this.#maxWaiting) return false;
    return new Promise((resolve) => {
      const settle = (isMine: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        resolve(isMine);
      };
      const timer = setTimeout(settle, maxMs, false);
      this.#waiting.add(settle);
    });
  }

  /** Ends a turn that was taken. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#taken -= 1;
    else next(true);
  }

  /** Nobody who waits gets a turn any more. */
  cancel(): void {
    for (const settle of [...this.#waiting]) settle(false);
  }
}
