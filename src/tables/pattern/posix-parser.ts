/**
 * Reads a pattern of a regexp table, regex(7), into a syntax tree: extended
 * notation, or basic with the table's `x` flag; with the GNU additions (`\w`,
 * `\b`, `\<`, …) that Postfix on Linux has.
 *
 * Also reproduces what the C library does with letters when case is ignored: it
 * compares in upper case, so that `[A-z]` is `[A-Z]`, and an escaped lower-case
 * letter (`\d`) matches nothing at all. That is reported.
 */
import { ANY, CharSet, SPACE, WORD } from './char-set.ts';
import { PatternCursor } from './pattern-cursor.ts';
import { readPosixClass } from './posix-class.ts';
import {
  type AnchorPlace,
  alternation,
  concat,
  EMPTY,
  type Node,
  type SyntaxTree,
  someNode,
} from './syntax-tree.ts';

export interface PosixFlags {
  readonly isExtended: boolean;
  readonly isCaseless: boolean;
  readonly isNewlineSensitive: boolean;
}

export interface PosixDoubt {
  readonly message: string;
  readonly help: string;
  readonly offset: number;
}

const MAX_REPEAT = 32_767;
const MAX_DEPTH = 100;

export function parsePosix(
  pattern: string,
  flags: PosixFlags,
): SyntaxTree & { doubts: readonly PosixDoubt[] } {
  return new PosixParser(pattern, flags).parse();
}

class PosixParser {
  readonly #cursor: PatternCursor;
  readonly #flags: PosixFlags;
  readonly #doubts: PosixDoubt[] = [];
  readonly #closedGroups = new Set<number>();
  #groupCount = 0;
  #depth = 0;

  constructor(pattern: string, flags: PosixFlags) {
    this.#cursor = new PatternCursor(pattern);
    this.#flags = flags;
  }

  parse(): SyntaxTree & { doubts: readonly PosixDoubt[] } {
    const root = this.#alternatives();
    if (!this.#cursor.isAtEnd) throw this.#cursor.syntaxError('unmatched `)` or `\\)`');
    return { root, groupCount: this.#groupCount, doubts: this.#doubts };
  }

  /** An operator that has a backslash in basic notation and none in extended. */
  #operator(char: string): string {
    return this.#flags.isExtended ? char : `\\${char}`;
  }

  #alternatives(): Node {
    if (++this.#depth > MAX_DEPTH) throw this.#cursor.syntaxError('parentheses are too deeply nested');
    const options: Node[] = [this.#sequence()];
    while (this.#cursor.take(this.#operator('|'))) options.push(this.#sequence());
    this.#depth--;
    return alternation(options);
  }

  #sequence(): Node {
    const cursor = this.#cursor;
    const parts: Node[] = [];
    const start = cursor.at;
    while (!cursor.isAtEnd && !cursor.startsWith(this.#operator('|'))) {
      if (cursor.startsWith(this.#operator(')')) && (this.#depth > 1 || !this.#flags.isExtended)) break;
      parts.push(this.#quantified(this.#item(cursor.at === start)));
    }
    return concat(parts);
  }

  #item(isFirst: boolean): Node {
    const cursor = this.#cursor;
    const { isExtended } = this.#flags;
    if (cursor.take(this.#operator('('))) return this.#group();
    if (this.#isQuantifier()) {
      if (isExtended || cursor.startsWith('\\{')) throw this.#badRepeat();
      cursor.take('\\');
      return this.#literal(cursor.next().charCodeAt(0));
    }
    if (cursor.char === '^' && (isExtended || isFirst)) {
      cursor.at++;
      const anchor = this.#anchor(this.#flags.isNewlineSensitive ? 'posix-line-start' : 'start');
      return !isExtended && cursor.take('*') ? concat([anchor, this.#literal(0x2a)]) : anchor;
    }
    if (cursor.char === '$' && (isExtended || this.#isLastInBranch())) {
      cursor.at++;
      return this.#anchor(this.#flags.isNewlineSensitive ? 'line-end' : 'end');
    }
    if (cursor.take('[')) {
      const set = readPosixClass(cursor, (code) => this.#fold(code));
      return { kind: 'set', set: this.#unfold(this.#flags.isNewlineSensitive ? set.without(0x0a) : set) };
    }
    if (cursor.take('.'))
      return { kind: 'set', set: this.#flags.isNewlineSensitive ? ANY.without(0x0a) : ANY };
    if (cursor.take('\\')) return this.#escape();
    return this.#literal(cursor.next().charCodeAt(0));
  }

  #badRepeat(): Error {
    return this.#cursor.syntaxError(
      'invalid preceding regular expression: a quantifier without anything to repeat',
    );
  }

  #isLastInBranch(): boolean {
    const rest = this.#cursor.text.slice(this.#cursor.at + 1, this.#cursor.at + 3);
    return rest === '' || rest === '\\)' || rest === '\\|';
  }

  #group(): Node {
    const index = ++this.#groupCount;
    const body = this.#alternatives();
    if (!this.#cursor.take(this.#operator(')'))) throw this.#cursor.syntaxError('unmatched `(` or `\\(`');
    this.#closedGroups.add(index);
    return { kind: 'group', index, body };
  }

  /** A quantifier behind an anchor is an error in extended notation. */
  #anchor(place: AnchorPlace): Node {
    if (this.#flags.isExtended && this.#isQuantifier()) throw this.#badRepeat();
    return { kind: 'anchor', place };
  }

  #escape(): Node {
    const cursor = this.#cursor;
    const start = cursor.at;
    const char = cursor.next();
    switch (char) {
      case '':
        throw cursor.syntaxError('trailing backslash');
      case 'w':
        return { kind: 'set', set: WORD };
      case 'W':
        return { kind: 'set', set: WORD.complement() };
      case 's':
        return { kind: 'set', set: SPACE };
      case 'S':
        return { kind: 'set', set: SPACE.complement() };
      case 'b':
        return this.#anchor('word-boundary');
      case 'B':
        return this.#anchor('not-word-boundary');
      case '<':
        return this.#anchor('word-start');
      case '>':
        return this.#anchor('word-end');
      case '`':
        return this.#anchor('start');
      case "'":
        return this.#anchor('end');
      default:
        break;
    }
    if (/[1-9]/.test(char)) {
      const index = Number(char);
      if (!this.#closedGroups.has(index)) throw cursor.syntaxError('invalid back reference');
      return { kind: 'back-reference', index, isCaseless: this.#flags.isCaseless };
    }
    if (/[A-Za-z0-9]/.test(char)) this.#doubt(char, start);
    return { kind: 'set', set: this.#unfold(CharSet.of(char.charCodeAt(0))) };
  }

  #doubt(char: string, offset: number): void {
    const isDead = this.#flags.isCaseless && /[a-z]/.test(char);
    this.#doubts.push({
      message: `\`\\${char}\` is not defined in POSIX regular expressions; Postfix on Linux takes it for ${
        isDead ? 'something that never matches' : `the letter \`${char}\``
      }`,
      help: char === 'd' ? 'write `[0-9]`, or use a pcre table' : 'remove the backslash, or use a pcre table',
      offset,
    });
  }

  #literal(code: number): Node {
    return { kind: 'set', set: this.#unfold(CharSet.of(this.#fold(code))) };
  }

  #fold(code: number): number {
    return this.#flags.isCaseless && code >= 0x61 && code <= 0x7a ? code - 0x20 : code;
  }

  /** The characters that fold into the set. */
  #unfold(set: CharSet): CharSet {
    if (!this.#flags.isCaseless) return set;
    const unfolded = new CharSet();
    for (let code = 0; code < 256; code++) if (set.has(this.#fold(code))) unfolded.add(code);
    return unfolded;
  }

  #isQuantifier(): boolean {
    const { isExtended } = this.#flags;
    const cursor = this.#cursor;
    if (cursor.char === '*') return true;
    return isExtended
      ? /[+?{]/.test(cursor.char)
      : /^\\[+?{]/.test(cursor.text.slice(cursor.at, cursor.at + 2));
  }

  #quantified(item: Node): Node {
    const cursor = this.#cursor;
    let node = item;
    while (this.#isQuantifier()) {
      if (
        !this.#flags.isExtended &&
        node !== item &&
        /[*{]/.test(cursor.char.replace('\\', cursor.text.charAt(cursor.at + 1)))
      ) {
        throw this.#badRepeat();
      }
      let range: readonly [number, number];
      if (cursor.take('*')) range = [0, Number.POSITIVE_INFINITY];
      else if (cursor.take(this.#operator('+'))) range = [1, Number.POSITIVE_INFINITY];
      else if (cursor.take(this.#operator('?'))) range = [0, 1];
      else range = this.#interval();
      if (range[1] > 1 && someNode(node, ({ kind }) => kind === 'anchor')) {
        this.#doubts.push({
          message: 'an anchor inside a repetition: the C library is known to match too much there',
          help: 'write the anchor outside of the repetition, or use a pcre table',
          offset: cursor.at - 1,
        });
      }
      // The C library drops what is repeated zero times, groups and all; an anchor cannot be repeated usefully.
      if (node.kind !== 'anchor') {
        node =
          range[1] === 0
            ? EMPTY
            : { kind: 'repeat', body: node, min: range[0], max: range[1], isLazy: false };
      }
    }
    return node;
  }

  #interval(): readonly [number, number] {
    const cursor = this.#cursor;
    cursor.take(this.#operator('{'));
    const close = this.#operator('}');
    if (cursor.text.indexOf(close, cursor.at) < 0) throw cursor.syntaxError('unmatched `{` or `\\{`');
    const text = cursor.takeMatch(/[0-9]*(?:,[0-9]*)?/y);
    const [low = '', high] = text.split(',');
    const min = Number(low);
    const max = high === undefined ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    if (text === '' || min > max || !cursor.take(close)) throw cursor.syntaxError('invalid content of `{}`');
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY)) {
      throw cursor.syntaxError('regular expression too big');
    }
    return [min, max];
  }
}
