/**
 * When live answers give reason to probe a DNSBL: bad ones in a row, and not
 * so often that a list pays for what its clients look like.
 */

/** So many bad answers more than good ones are suspicious. */
const MAX_TROUBLE = 4;
/** Between probes that suspicion asks for, doubled while they find nothing. */
const SPACING_MS = 10_000;

export class Suspicion {
  readonly #maxSpacingMs: number;
  #trouble = 0;
  #spacingMs = SPACING_MS;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(maxSpacingMs: number) {
    this.#maxSpacingMs = maxSpacingMs;
  }

  /** Takes an answer; true when there have been too many bad ones. */
  note(isBad: boolean): boolean {
    this.#trouble = Math.max(0, this.#trouble + (isBad ? 1 : -1));
    if (this.#trouble < MAX_TROUBLE) return false;
    this.#trouble = 0;
    return true;
  }

  /** Whether it is time for another probe, which is taken to follow. */
  isDue(nowMs: number): boolean {
    const sinceMs = nowMs - this.#lastMs;
    if (sinceMs < this.#spacingMs) return false;
    const isNew = sinceMs > 4 * this.#spacingMs;
    this.#spacingMs = isNew ? SPACING_MS : Math.min(2 * this.#spacingMs, this.#maxSpacingMs);
    this.#lastMs = nowMs;
    return true;
  }
}
