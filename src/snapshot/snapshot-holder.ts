/**
 * The snapshot in force. A reload either swaps it whole or, on any error,
 * leaves it and reports every mistake.
 */
import type { Diagnostic } from '../language/diagnostic.ts';
import type { LoadedSnapshot } from './load-snapshot.ts';
import type { Snapshot } from './snapshot.ts';

export interface ReloadResult {
  readonly isSwapped: boolean;
  readonly version: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly at: Date;
}

export interface SnapshotHolderOptions {
  readonly load: (version: number) => Promise<LoadedSnapshot>;
  /** Take a snapshot with mistakes all the same (`--lenient`), unless one without is in force. */
  readonly isLenient: boolean;
}

export class SnapshotHolder {
  readonly #options: SnapshotHolderOptions;
  #current: Snapshot | undefined;
  #isCurrentClean = false;
  #version = 0;
  #lastReload: ReloadResult | undefined;
  #running: Promise<ReloadResult> | undefined;
  /** One more, for all who asked while it ran. */
  #waiting: Promise<ReloadResult> | undefined;

  constructor(options: SnapshotHolderOptions) {
    this.#options = options;
  }

  /** The snapshot in force. Throws before the first successful load: a bug. */
  get current(): Snapshot {
    if (this.#current === undefined) throw new Error('no snapshot has been loaded');
    return this.#current;
  }

  get lastReload(): ReloadResult | undefined {
    return this.#lastReload;
  }

  /** Loads everything anew. Calls that come while one runs are served together by one more. */
  reload(): Promise<ReloadResult> {
    if (this.#running === undefined) {
      this.#running = this.#load().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    const again = () => {
      this.#waiting = undefined;
      return this.reload();
    };
    this.#waiting ??= this.#running.then(again, again);
    return this.#waiting;
  }

  close(): void {
    this.#current?.retire();
  }

  async #load(): Promise<ReloadResult> {
    const { snapshot, diagnostics } = await this.#options.load(this.#version + 1);
    const isClean = !diagnostics.some(({ severity }) => severity === 'error');
    const isAcceptable = isClean || (this.#options.isLenient && !this.#isCurrentClean);
    const isSwapped = snapshot !== undefined && isAcceptable;
    if (isSwapped) {
      this.#isCurrentClean = isClean;
      this.#version = snapshot.version;
      this.#current?.retire();
      this.#current = snapshot;
    } else {
      snapshot?.retire();
    }
    this.#lastReload = { isSwapped, version: this.#version, diagnostics, at: new Date() };
    return this.#lastReload;
  }
}
