/**
 * Runs a pattern in time proportional to the length of the text, whatever the
 * pattern: all threads of the program advance together, one character at a time
 * (Pike's machine). Slower than a backtracking matcher on easy input, never slow.
 */
import { WORD } from './char-set.ts';
import type { Instruction, LinearProgram } from './linear-program.ts';
import type { AnchorPlace } from './syntax-tree.ts';

/** Start and end of each group, 2n and 2n + 1; -1 where it took no part. */
export type Slots = readonly number[];

/** Which of the matches that begin leftmost: the one a backtracker finds first (PCRE), or the longest (POSIX). */
export type MatchPreference = 'first' | 'longest';

export class LinearMatcher {
  readonly #instructions: readonly Instruction[];
  readonly #slotCount: number;
  readonly #seen: Uint32Array;
  #generation = 0;

  constructor(program: LinearProgram) {
    this.#instructions = program.instructions;
    this.#slotCount = program.slotCount;
    this.#seen = new Uint32Array(program.instructions.length);
  }

  test(text: string): boolean {
    return this.#run(text, undefined) !== undefined;
  }

  exec(text: string, preference: MatchPreference): Slots | undefined {
    return this.#run(text, preference);
  }

  /** Without a preference any match will do and no groups are noted. */
  #run(text: string, preference: MatchPreference | undefined): Slots | undefined {
    let current: Thread[] = [];
    let best: Slots | undefined;
    const none = new Array<number>(this.#slotCount).fill(-1);
    for (let at = 0; at <= text.length; at++) {
      const next: Thread[] = [];
      // A match that begins further left wins, so no new one is begun once there is one.
      if (best === undefined) {
        this.#beginStep(current);
        this.#follow(0, startSlots(none, at, preference), text, at, current, preference !== undefined);
      }
      this.#nextGeneration();
      const code = text.charCodeAt(at);
      for (const thread of current) {
        const instruction = this.#instructions[thread.at];
        if (instruction?.op === 'match') {
          if (preference === undefined) return thread.slots;
          if (preference === 'first') {
            best = withEnd(thread.slots, at);
            break;
          }
          if (isBetter(thread, at, best)) best = withEnd(thread.slots, at);
        } else if (instruction?.op === 'set' && at < text.length && instruction.set.has(code)) {
          if (preference === 'longest' && best !== undefined && startOf(thread.slots) > startOf(best))
            continue;
          this.#follow(instruction.next, thread.slots, text, at + 1, next, preference !== undefined);
        }
      }
      current = next;
      if (current.length === 0 && best !== undefined) break;
    }
    return best;
  }

  /** New threads join behind those that are there: they are not added twice. */
  #beginStep(current: readonly Thread[]): void {
    this.#nextGeneration();
    for (const thread of current) this.#seen[thread.at] = this.#generation;
  }

  #nextGeneration(): void {
    if (++this.#generation === 0xffffffff) {
      this.#seen.fill(0);
      this.#generation = 1;
    }
  }

  /** Adds the threads that are reached from `start` without taking a character, in order of preference. */
  #follow(start: number, slots: Slots, text: string, at: number, out: Thread[], isNoting: boolean): void {
    const stack: Thread[] = [{ at: start, slots }];
    for (let thread = stack.pop(); thread !== undefined; thread = stack.pop()) {
      if (this.#seen[thread.at] === this.#generation) continue;
      this.#seen[thread.at] = this.#generation;
      const instruction = this.#instructions[thread.at];
      switch (instruction?.op) {
        case 'jump':
          stack.push({ at: instruction.target, slots: thread.slots });
          break;
        case 'split':
          stack.push({ at: instruction.second, slots: thread.slots });
          stack.push({ at: instruction.first, slots: thread.slots });
          break;
        case 'save':
          stack.push({
            at: thread.at + 1,
            slots: isNoting ? thread.slots.with(instruction.slot, at) : thread.slots,
          });
          break;
        case 'anchor':
          if (holds(instruction.place, text, at)) stack.push({ at: thread.at + 1, slots: thread.slots });
          break;
        default:
          out.push(thread);
      }
    }
  }
}

interface Thread {
  readonly at: number;
  readonly slots: Slots;
}

function startSlots(none: Slots, at: number, preference: MatchPreference | undefined): Slots {
  return preference === undefined ? none : none.with(0, at);
}

function startOf(slots: Slots): number {
  return slots[0] ?? -1;
}

/** Leftmost, then longest; of equals the one that came first. */
function isBetter(thread: Thread, end: number, best: Slots | undefined): boolean {
  if (best === undefined || startOf(thread.slots) < startOf(best)) return true;
  return startOf(thread.slots) === startOf(best) && end > (best[1] ?? -1);
}

function withEnd(slots: Slots, at: number): Slots {
  return slots.with(1, at);
}

function holds(place: AnchorPlace, text: string, at: number): boolean {
  const isEnd = at === text.length;
  switch (place) {
    case 'start':
      return at === 0;
    case 'end':
      return isEnd;
    case 'end-or-last-newline':
      return isEnd || (at === text.length - 1 && text.charCodeAt(at) === 0x0a);
    case 'pcre-line-start':
      return at === 0 || (!isEnd && text.charCodeAt(at - 1) === 0x0a);
    case 'posix-line-start':
      return at === 0 || text.charCodeAt(at - 1) === 0x0a;
    case 'line-end':
      return isEnd || text.charCodeAt(at) === 0x0a;
    default:
      return holdsAtWord(place, isWord(text, at - 1), isWord(text, at));
  }
}

function holdsAtWord(place: AnchorPlace, isBehindWord: boolean, isBeforeWord: boolean): boolean {
  switch (place) {
    case 'word-start':
      return !isBehindWord && isBeforeWord;
    case 'word-end':
      return isBehindWord && !isBeforeWord;
    case 'word-boundary':
      return isBehindWord !== isBeforeWord;
    default:
      return isBehindWord === isBeforeWord;
  }
}

function isWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && WORD.has(text.charCodeAt(at));
}
