/**
 * Patterns of regexp and pcre tables, ready to run, that cannot block the
 * process: each runs as a JavaScript regular expression on texts short enough for
 * its worst case, and on a linear matcher beyond. A pattern that neither can run
 * is refused.
 *
 * Texts are byte strings: each character is a byte, as `toByteString` makes them.
 */

import { isUtf8 } from 'node:buffer';
import { LazyAutomaton } from './lazy-automaton.ts';
import { LinearMatcher, type MatchPreference } from './linear-matcher.ts';
import { compileLinear, type LinearProgram } from './linear-program.ts';
import { longestWithin, searchCost } from './pattern-cost.ts';
import { type PcreFlags, parsePcre } from './pcre-parser.ts';
import { type PosixDoubt, type PosixFlags, parsePosix } from './posix-parser.ts';
import { regExpSource } from './regexp-source.ts';
import { isNullable, type Node, PatternError, type SyntaxTree, someNode } from './syntax-tree.ts';

/** Steps that a regular expression may take on a text before the linear matcher takes over: well below a millisecond. */
const FAST_STEPS = 50_000;
/** Steps for patterns that the linear matcher cannot run: some ten milliseconds. */
const MAX_STEPS = 5_000_000;
/** The longest mail address RFC 5321 allows; shorter limits would refuse real ones. */
const MIN_USEFUL_LENGTH = 320;

/** PCRE2 with its usual link size has no room for more; a search would take long with what is shorter already. */
const MAX_PATTERN_LENGTH = 32_768;

/** No text of a match: the text is too long for the pattern to be run safely. */
export const TOO_LONG = Symbol('too long');

export type PatternNotation =
  | { readonly kind: 'pcre'; readonly flags: PcreFlags }
  | { readonly kind: 'posix'; readonly flags: PosixFlags };

export interface CompiledPattern {
  readonly pattern: Pattern;
  readonly doubts: readonly PosixDoubt[];
}

/** Compiles a pattern of which these groups will be asked for (none: only whether it matches). */
export function compilePattern(
  text: string,
  notation: PatternNotation,
  usedGroups: readonly number[],
): CompiledPattern | PatternError {
  try {
    const bytes = toByteString(text);
    if (bytes.length > MAX_PATTERN_LENGTH) {
      const message = `a pattern of ${bytes.length} characters is longer than the limit of ${MAX_PATTERN_LENGTH}`;
      return new PatternError('unbounded', message, 0, 'write a line for each part of it');
    }
    if (notation.kind === 'pcre') {
      const tree = parsePcre(bytes, notation.flags);
      return { pattern: new Pattern(tree, 'first', usedGroups), doubts: [] };
    }
    const tree = parsePosix(bytes, notation.flags);
    return { pattern: new Pattern(tree, 'longest', usedGroups), doubts: tree.doubts };
  } catch (error) {
    if (error instanceof PatternError) return error;
    throw error;
  }
}

export class Pattern {
  readonly groupCount: number;
  readonly #regExp: RegExp;
  readonly #groups: ReadonlyMap<number, number>;
  readonly #preference: MatchPreference;
  /** Texts up to this length go to the regular expression. */
  readonly #fastLength: number;
  readonly #program: LinearProgram | undefined;
  readonly #isGroupsByLinear: boolean;
  #matcher: LinearMatcher | undefined;
  /** Null until first needed. */
  #automaton: LazyAutomaton | undefined | null = null;

  constructor(tree: SyntaxTree, preference: MatchPreference, usedGroups: readonly number[]) {
    const { source, flags, groups } = regExpSource(tree);
    const cost = searchCost(tree.root);
    this.groupCount = tree.groupCount;
    this.#regExp = toRegExp(source, flags);
    this.#groups = groups;
    this.#preference = preference;
    this.#program = compileLinear(tree, preference === 'first' && usedGroups.length > 0);
    this.#fastLength = longestWithin(cost, this.#program === undefined ? MAX_STEPS : FAST_STEPS);
    if (this.#program === undefined && this.#fastLength < MIN_USEFUL_LENGTH) throw unbounded(tree.root);
    const { root } = tree;
    const isUsedInRepeat = hasGroupInRepeat(root, usedGroups);
    if (preference === 'first' && isDecidedByRounds(root)) throw uncertainRounds();
    // Which of several matches counts, and what a group holds after several rounds, JavaScript decides its own way.
    this.#isGroupsByLinear =
      usedGroups.length > 0 &&
      (preference === 'longest' || isUsedInRepeat || someNode(root, isRepeatOfNothing));
    if (
      (this.#isGroupsByLinear && this.#program === undefined) ||
      (isUsedInRepeat && (preference === 'longest' || someNode(root, isRepeatOfGroupAndNothing))) ||
      hasGroupInLookbehind(root, usedGroups)
    ) {
      throw uncertainGroups();
    }
  }

  test(text: string): boolean | typeof TOO_LONG {
    if (text.length <= this.#fastLength) return this.#regExp.test(text);
    if (this.#program === undefined) return TOO_LONG;
    if (this.#automaton === null) this.#automaton = LazyAutomaton.of(this.#program);
    if (this.#automaton !== undefined && !text.includes('\n')) return this.#automaton.test(text);
    return this.#linear()?.test(text) ?? TOO_LONG;
  }

  /** What the groups matched, by their numbers; undefined for no match. Item 0 is not used. */
  groups(text: string): readonly (string | undefined)[] | undefined | typeof TOO_LONG {
    if (text.length <= this.#fastLength) {
      if (!this.#isGroupsByLinear) return this.#groupsOf(this.#regExp.exec(text));
      if (!this.#regExp.test(text)) return undefined;
    }
    const matcher = this.#linear();
    if (matcher === undefined) return TOO_LONG;
    const slots = matcher.exec(text, this.#preference);
    if (slots === undefined) return undefined;
    return Array.from({ length: this.groupCount + 1 }, (_, index) => {
      const start = slots[2 * index] ?? -1;
      return start < 0 ? undefined : text.slice(start, slots[2 * index + 1]);
    });
  }

  #groupsOf(found: RegExpExecArray | null): readonly (string | undefined)[] | undefined {
    if (found === null) return undefined;
    return Array.from({ length: this.groupCount + 1 }, (_, index) => found[this.#groups.get(index) ?? 0]);
  }

  /** Made when first needed: most patterns never see a text that is too long for the regular expression. */
  #linear(): LinearMatcher | undefined {
    if (this.#matcher === undefined && this.#program !== undefined) {
      this.#matcher = new LinearMatcher(this.#program);
    }
    return this.#matcher;
  }
}

/** UTF-8 bytes as characters; ASCII stays the same string. */
export function toByteString(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Undefined when the bytes are no UTF-8 text: a group may begin or end within a letter. */
export function fromByteString(bytes: string): string | undefined {
  if (isAscii(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  return isUtf8(buffer) ? buffer.toString('utf8') : undefined;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function toRegExp(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch {
    // Only its size can be at fault.
    throw new PatternError('unsupported', 'regular expression too big', 0, 'write smaller repetition counts');
  }
}

function hasGroupInRepeat(root: Node, groups: readonly number[]): boolean {
  return someNode(root, (node) => node.kind === 'repeat' && node.max > 1 && hasGroup(node.body, groups));
}

/**
 * Of what can match nothing: JavaScript undoes a round that took nothing and tries
 * its next alternative, where PCRE ends the repetition.
 */
function isRepeatOfNothing(node: Node): boolean {
  return node.kind === 'repeat' && node.max > 1 && isNullable(node.body);
}

/** What the groups hold in the end each implementation decides its own way. */
function isRepeatOfGroupAndNothing(node: Node): boolean {
  return isRepeatOfNothing(node) && someNode(node, ({ kind }) => kind === 'group');
}

/** Whether it matches at all depends on how such a repetition ends. */
function isDecidedByRounds(root: Node): boolean {
  return someNode(root, (node) =>
    node.kind === 'atomic'
      ? someNode(node.body, isRepeatOfNothing)
      : node.kind === 'back-reference' && someNode(root, isRepeatOfGroupAndNothing),
  );
}

function hasGroupInLookbehind(root: Node, groups: readonly number[]): boolean {
  return someNode(root, (node) => node.kind === 'look' && !node.isAhead && hasGroup(node.body, groups));
}

function hasGroup(root: Node, groups: readonly number[]): boolean {
  return someNode(root, (node) => node.kind === 'group' && groups.includes(node.index));
}

function uncertainGroups(): PatternError {
  return new PatternError(
    'unsupported',
    'cannot tell what `$1` and its like would hold for this pattern',
    0,
    'put the parentheses outside of repetitions and lookarounds, or leave the `$number` out of the result',
  );
}

function uncertainRounds(): PatternError {
  return new PatternError(
    'unsupported',
    'cannot tell what this pattern matches: it repeats what can match nothing, beside back references or possessive parts',
    0,
    'repeat what takes a character at least: `(a|b)*` for `(a?|b)*`',
  );
}

/** What makes backtracking the only way, with how to name it. */
const BACKTRACKED = [
  ['back-reference', 'back references'],
  ['look', 'lookaround'],
  ['atomic', 'atomic groups and possessive quantifiers'],
] as const;

function unbounded(root: Node): PatternError {
  const names = BACKTRACKED.filter(([kind]) => someNode(root, (node) => node.kind === kind)).map(
    ([, name]) => name,
  );
  if (names.length === 0) {
    const message = 'pattern is too large to be matched in bounded time';
    return new PatternError('unbounded', message, 0, 'write smaller repetition counts');
  }
  const what = names.join(', ');
  return new PatternError(
    'unbounded',
    `pattern with ${what} could take too long on a hostile text of ${MIN_USEFUL_LENGTH} characters`,
    0,
    `let fewer repetitions match the same text: \`[^@]*@\` can end at one place only, \`.*@\` at many, and \`(a+)+\` can be read in many ways; or do without ${what}: then a pattern may repeat what it likes`,
  );
}
