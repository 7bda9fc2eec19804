/**
 * All that decides at one moment: the policies and the tables behind them.
 * Immutable; a reload makes a new one and swaps it in. A request pins the
 * snapshot it began with, and an old one is closed when its last request ends.
 */
import type { Policy } from '../policy/policy.ts';

export interface SnapshotOptions {
  readonly version: number;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly close: () => void;
}

export class Snapshot {
  readonly version: number;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly loadedAt = new Date();
  readonly #close: () => void;
  #pins = 0;
  #isRetired = false;

  constructor({ version, policies, close }: SnapshotOptions) {
    this.version = version;
    this.policies = policies;
    this.#close = close;
  }

  pin(): void {
    this.#pins += 1;
  }

  unpin(): void {
    this.#pins -= 1;
    if (this.#isRetired && this.#pins === 0) this.#close();
  }

  /** Another snapshot has taken its place. */
  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    if (this.#pins === 0) this.#close();
  }
}
