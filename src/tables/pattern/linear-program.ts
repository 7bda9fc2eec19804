/**
 * A pattern as a program for the linear matcher: Thompson's construction, as in
 * Russ Cox, "Regular Expression Matching: the Virtual Machine Approach".
 */
import type { CharSet } from './char-set.ts';
import { type AnchorPlace, isNullable, type Node, type SyntaxTree, someNode } from './syntax-tree.ts';

export type Instruction =
  /** Goes on at `next` if the character is in the set. */
  | { readonly op: 'set'; readonly set: CharSet; next: number }
  | { readonly op: 'anchor'; readonly place: AnchorPlace }
  /** Goes on at `first`, and should that fail at `second`. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; target: number }
  /** Notes the place in a slot: 2n is the start of group n, 2n + 1 its end. */
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'match' };

export interface LinearProgram {
  readonly instructions: readonly Instruction[];
  readonly slotCount: number;
}

type Split = Extract<Instruction, { op: 'split' }>;

/** The matcher may take this many steps for each character. */
const MAX_INSTRUCTIONS = 1000;

/**
 * @param isOrdered the groups of the first match will be asked for, as PCRE has them
 * @returns undefined when the pattern needs more than a finite automaton, or a too large one
 */
export function compileLinear(tree: SyntaxTree, isOrdered: boolean): LinearProgram | undefined {
  if (someNode(tree.root, ({ kind }) => kind === 'atomic' || kind === 'look' || kind === 'back-reference')) {
    return undefined;
  }
  const compiler = new Compiler(isOrdered);
  if (!compiler.compile(tree.root)) return undefined;
  compiler.emit({ op: 'match' });
  return { instructions: compiler.instructions, slotCount: 2 * (tree.groupCount + 1) };
}

class Compiler {
  readonly instructions: Instruction[] = [];
  readonly #isOrdered: boolean;

  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered;
  }

  emit(instruction: Instruction): number {
    return this.instructions.push(instruction) - 1;
  }

  /** False when the program grows too large. */
  compile(node: Node): boolean {
    if (this.instructions.length > MAX_INSTRUCTIONS) return false;
    switch (node.kind) {
      case 'set':
        this.emit({ op: 'set', set: node.set, next: this.instructions.length + 1 });
        return true;
      case 'anchor':
        this.emit({ op: 'anchor', place: node.place });
        return true;
      case 'concat':
        return node.parts.every((part) => this.compile(part));
      case 'alternation':
        return this.#alternation(node.options);
      case 'group': {
        this.emit({ op: 'save', slot: 2 * node.index });
        const done = this.compile(node.body);
        this.emit({ op: 'save', slot: 2 * node.index + 1 });
        return done;
      }
      case 'repeat':
        return this.#repeat(node);
      default:
        return true;
    }
  }

  #alternation(options: readonly Node[]): boolean {
    const jumps: Extract<Instruction, { op: 'jump' }>[] = [];
    for (const [index, option] of options.entries()) {
      const isLast = index === options.length - 1;
      const split: Split = { op: 'split', first: this.instructions.length + 1, second: 0 };
      if (!isLast) this.emit(split);
      if (!this.compile(option)) return false;
      if (isLast) break;
      const jump: Instruction = { op: 'jump', target: 0 };
      this.emit(jump);
      jumps.push(jump);
      split.second = this.instructions.length;
    }
    for (const jump of jumps) jump.target = this.instructions.length;
    return true;
  }

  #repeat({ body, min, max, isLazy }: Extract<Node, { kind: 'repeat' }>): boolean {
    for (let count = 0; count < min; count++) if (!this.compile(body)) return false;
    if (max === Number.POSITIVE_INFINITY) return this.#loop(body, isLazy);
    const skips: Split[] = [];
    for (let count = min; count < max; count++) {
      const split: Split = { op: 'split', first: 0, second: 0 };
      skips.push(split);
      setBranches(split, this.emit(split) + 1, 0, isLazy);
      if (!this.compile(body)) return false;
    }
    const past = this.instructions.length;
    for (const split of skips) setBranches(split, isLazy ? split.second : split.first, past, isLazy);
    return true;
  }

  #loop(body: Node, isLazy: boolean): boolean {
    const split: Split = { op: 'split', first: 0, second: 0 };
    const at = this.emit(split);
    const leave = this.#isOrdered && isNullable(body) ? this.#firstHalf(body) : undefined;
    if (!this.compile(body)) return false;
    this.emit({ op: 'jump', target: at });
    const past = this.instructions.length;
    setBranches(split, at + 1, past, isLazy);
    if (leave !== undefined) leave.target = past;
    return true;
  }

  /**
   * A round that takes nothing ends its loop. So rounds are there twice: they begin in
   * this half, and are in the other, which is to follow, once they have taken something.
   *
   * @returns what leaves the loop, for its target to be set
   */
  #firstHalf(body: Node): Extract<Instruction, { op: 'jump' }> {
    const start = this.instructions.length;
    this.compile(body);
    const leave = { op: 'jump' as const, target: 0 };
    const length = this.emit(leave) + 1 - start;
    for (const instruction of this.instructions.slice(start)) {
      if (instruction.op === 'set') instruction.next += length;
    }
    return leave;
  }
}

function setBranches(split: Split, into: number, past: number, isLazy: boolean): void {
  split.first = isLazy ? past : into;
  split.second = isLazy ? into : past;
}
