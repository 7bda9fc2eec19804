/**
 * Tells whether a pattern matches, one table step for each character: a
 * deterministic automaton whose states are made when a text first reaches them, as
 * in Russ Cox, "Regular Expression Matching in the Wild". The number of states kept is
 * bounded; when there are too many it begins anew.
 *
 * For programs without word boundaries and line anchors, on texts without newlines:
 * there, whether an anchor holds depends only on being at the start or the end.
 */
import type { LinearProgram } from './linear-program.ts';

const MAX_STATES = 500;
const PLAIN_ANCHORS: readonly string[] = ['start', 'end', 'end-or-last-newline'];

interface State {
  /** The character instructions that the threads have come to, ascending. */
  readonly threads: readonly number[];
  readonly isMatch: boolean;
  /** A match if the text ends here. */
  readonly isMatchAtEnd: boolean;
  /** The next state for each class of characters. */
  readonly next: (State | undefined)[];
}

export class LazyAutomaton {
  readonly #program: LinearProgram;
  /** Characters that no set of the program tells apart are one class. */
  readonly #classOf = new Uint8Array(256);
  readonly #classCount: number;
  readonly #states = new Map<string, State>();
  readonly #first: State;

  /** Undefined for a program it is not made for. */
  static of(program: LinearProgram): LazyAutomaton | undefined {
    const isSuitable = program.instructions.every(
      (each) => each.op !== 'anchor' || PLAIN_ANCHORS.includes(each.place),
    );
    return isSuitable ? new LazyAutomaton(program) : undefined;
  }

  private constructor(program: LinearProgram) {
    this.#program = program;
    this.#classCount = this.#classify();
    this.#first = this.#stateOf([0], true);
    // Only the first state is at the start of the text, so no other may be taken for it.
    this.#states.clear();
  }

  /** `text` has no newline. */
  test(text: string): boolean {
    const classOf = this.#classOf;
    let state = this.#first;
    for (let at = 0; at < text.length && !state.isMatch; at++) {
      const code = text.charCodeAt(at);
      state = state.next[classOf[code] ?? 0] ?? this.#step(state, code);
    }
    return state.isMatch || state.isMatchAtEnd;
  }

  #classify(): number {
    let count = 1;
    for (const instruction of this.#program.instructions) {
      if (instruction.op !== 'set') continue;
      const split = new Map<string, number>();
      for (let code = 0; code < 256; code++) {
        const key = `${this.#classOf[code]} ${instruction.set.has(code)}`;
        let own = split.get(key);
        if (own === undefined) {
          own = split.size;
          split.set(key, own);
        }
        this.#classOf[code] = own;
      }
      count = split.size;
    }
    return count;
  }

  #step(state: State, code: number): State {
    // A match may begin at any place, so every state has a thread that begins here.
    const starts = [0];
    for (const thread of state.threads) {
      const instruction = this.#program.instructions[thread];
      if (instruction?.op === 'set' && instruction.set.has(code)) starts.push(instruction.next);
    }
    const next = this.#stateOf(starts, false);
    state.next[this.#classOf[code] ?? 0] = next;
    return next;
  }

  #stateOf(starts: readonly number[], isAtStart: boolean): State {
    const here = this.#follow(starts, isAtStart, false);
    const atEnd = this.#follow(starts, isAtStart, true);
    const threads = here.threads.sort((a, b) => a - b);
    const key = `${threads.join()} ${here.isMatch} ${atEnd.isMatch}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= MAX_STATES) this.#forget();
    const next = new Array<State | undefined>(this.#classCount).fill(undefined);
    const state: State = { threads, isMatch: here.isMatch, isMatchAtEnd: atEnd.isMatch, next };
    this.#states.set(key, state);
    return state;
  }

  /** Lets go of all states but the first, which lets go of its successors. */
  #forget(): void {
    this.#states.clear();
    this.#first.next.fill(undefined);
  }

  /** What can be reached without taking a character. */
  #follow(
    starts: readonly number[],
    isAtStart: boolean,
    isAtEnd: boolean,
  ): { threads: number[]; isMatch: boolean } {
    const threads: number[] = [];
    const seen = new Set<number>();
    const stack = [...starts];
    let isMatch = false;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const instruction = this.#program.instructions[at];
      switch (instruction?.op) {
        case 'jump':
          stack.push(instruction.target);
          break;
        case 'split':
          stack.push(instruction.first, instruction.second);
          break;
        case 'save':
          stack.push(at + 1);
          break;
        case 'anchor':
          if (instruction.place === 'start' ? isAtStart : isAtEnd) stack.push(at + 1);
          break;
        case 'match':
          isMatch = true;
          break;
        default:
          threads.push(at);
      }
    }
    return { threads, isMatch };
  }
}
