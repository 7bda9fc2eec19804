/**
 * How much work a policy may make while it is loaded, all its values together:
 * a few lines that refer to each other can stand for millions of words. Counted,
 * not timed, so that a text is too large on every machine or on none.
 *
 * Promises: once there is no more, nothing is granted any more, and the place
 * where it ran out is reported once, as an error.
 */
import type { Report } from './diagnostic.ts';
import { quote } from './quote.ts';
import type { Span } from './source.ts';

/** What a word costs besides its characters. */
export const WORD_WORK = 32;

export interface WorkLimits {
  /** Characters read and written, each word counted as WORD_WORK more. */
  readonly work: number;
  /** Names that misspelt ones are compared with. When they are used up, mistakes are told without a guess. */
  readonly guesses: number;
}

/** For the files of whoever runs the server: beyond what a large table written out in a policy takes. */
export const FILE_LIMITS: WorkLimits = Object.freeze({ work: 64 * 1024 * 1024, guesses: 1_000_000 });

export class WorkBudget {
  readonly #limits: WorkLimits;
  readonly #report: Report;
  #spent = 0;
  #guessed = 0;
  #isOver = false;
  #isClosed = false;

  constructor(limits: WorkLimits, report: Report) {
    this.#limits = limits;
    this.#report = report;
  }

  /** True when something was not granted: what was loaded is not whole. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get spent(): number {
    return this.#spent;
  }

  /**
   * False when it is too much.
   *
   * @param what the author's words that ask for it
   * @param place where they stand
   */
  spend(work: number, what: string, place: () => Span | undefined): boolean {
    if (this.#isOver || this.#isClosed) return !this.#isOver;
    if (this.#spent + work <= this.#limits.work) {
      this.#spent += work;
      return true;
    }
    this.#isOver = true;
    this.#report({
      severity: 'error',
      code: 'policy-too-large',
      message: `with ${quote(what)} the values of the policy add up to more than ${this.#limits.work} characters, each word counted as ${WORD_WORK} more`,
      span: place(),
      help: 'values that refer to each other several times double at each step; keep long lists in tables',
    });
    return false;
  }

  /**
   * What `find` makes of a misspelt name, as long as there is room for guesses.
   *
   * @param names how many it looks at
   */
  guess(names: number, find: () => string | undefined): string | undefined {
    if (this.#guessed >= this.#limits.guesses) return undefined;
    this.#guessed += names;
    return find();
  }

  /** The policy is loaded: what it does from now on is not its loading. */
  close(): void {
    this.#isClosed = true;
  }
}

/** How many words a value has, braces aside: what it costs to take them up. */
export function wordWork(text: string): number {
  let words = 0;
  let isBetween = true;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isSeparator = code === 0x2c || code === 0x20 || (code >= 9 && code <= 13);
    if (isBetween && !isSeparator) words += 1;
    isBetween = isSeparator;
  }
  return text.length + words * WORD_WORK;
}
