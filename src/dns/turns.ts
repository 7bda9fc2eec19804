/**
 * Whose turn it is: so many lookups on their way at a time, so many waiting.
 *
 * Of two kinds neither can take all turns. A sender chooses the domain that is
 * looked up, and whose name servers stay silent; were all turns gone to such
 * domains, no DNSBL could be asked, and a list that is not asked rejects
 * nobody.
 */

/** Something that wants a turn. */
export interface Waiter {
  start(): void;
}

export interface TurnsOptions {
  /** On their way at a time. */
  readonly maxRunning: number;
  /** That may wait, of each kind. */
  readonly maxWaiting: number;
  /** Are there two kinds? If not, one may take all. */
  readonly hasKinds: boolean;
}

/** What one of two kinds may take at the most. */
const MOST_OF_ONE_KIND = 3 / 4;

/** Where a waiter stands in its kind. */
export type Place = 'running' | 'waiting' | 'refused';

export class Turns<W extends Waiter> {
  readonly #maxRunning: number;
  readonly #maxOfKind: number;
  readonly #maxWaiting: number;
  /** The kind that comes first when a turn is free, then the other. */
  readonly #kinds = [new Kind<W>(), new Kind<W>()] as const;
  #isAdmitting = false;

  constructor({ maxRunning, maxWaiting, hasKinds }: TurnsOptions) {
    this.#maxRunning = maxRunning;
    this.#maxOfKind = hasKinds ? Math.max(1, Math.floor(maxRunning * MOST_OF_ONE_KIND)) : maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  get running(): number {
    return this.#kinds[0].running.size + this.#kinds[1].running.size;
  }

  get waiting(): number {
    return this.#kinds[0].waiting.size + this.#kinds[1].waiting.size;
  }

  /** What one more of the kind would be told. */
  placeFor(isFirstKind: boolean): Place {
    const kind = this.#kindOf(isFirstKind);
    if (this.#hasTurn(kind)) return 'running';
    return kind.waiting.size < this.#maxWaiting ? 'waiting' : 'refused';
  }

  /** Takes the place that it was told. */
  add(waiter: W, isFirstKind: boolean, place: 'running' | 'waiting'): void {
    const kind = this.#kindOf(isFirstKind);
    if (place === 'waiting') kind.waiting.add(waiter);
    else {
      kind.running.add(waiter);
      waiter.start();
    }
  }

  /** It is done, or has given up; its turn goes to the next. */
  leave(waiter: W): void {
    for (const kind of this.#kinds) {
      kind.running.delete(waiter);
      kind.waiting.delete(waiter);
    }
    this.#admit();
  }

  /** All there are, those that wait first. */
  *all(): Generator<W> {
    for (const { waiting } of this.#kinds) yield* [...waiting];
    for (const { running } of this.#kinds) yield* [...running];
  }

  #kindOf(isFirstKind: boolean): Kind<W> {
    return this.#kinds[isFirstKind ? 0 : 1];
  }

  #hasTurn({ running }: Kind<W>): boolean {
    return running.size < this.#maxOfKind && this.running < this.#maxRunning;
  }

  /** A loop, not a recursion: a lookup whose time is over ends while it is started. */
  #admit(): void {
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    for (const kind of this.#kinds) {
      while (this.#hasTurn(kind)) {
        const [next] = kind.waiting;
        if (next === undefined) break;
        kind.waiting.delete(next);
        kind.running.add(next);
        next.start();
      }
    }
    this.#isAdmitting = false;
  }
}

class Kind<W> {
  readonly running = new Set<W>();
  readonly waiting = new Set<W>();
}
