/** Bracketed character classes of PCRE2: `[…]`. */
import { CharSet } from './char-set.ts';
import type { PatternCursor } from './pattern-cursor.ts';
import { escapedSet, readEscapedCode } from './pcre-escape.ts';
import { isPosixName, readNamedClass, refuseNameAlone } from './pcre-posix-name.ts';
import { unicodeProperty } from './pcre-property.ts';

export interface ClassOptions {
  readonly isCaseless: boolean;
  /** Of `(?xx)`: spaces and tabs mean nothing. */
  readonly isSpaceIgnored: boolean;
}

/** Reads a class; the cursor is at its `[`. */
export function readPcreClass(cursor: PatternCursor, options: ClassOptions): CharSet {
  refuseNameAlone(cursor);
  cursor.at++;
  return new ClassReader(cursor, options.isSpaceIgnored).read(options.isCaseless);
}

class ClassReader {
  readonly #cursor: PatternCursor;
  readonly #isSpaceIgnored: boolean;
  readonly #set = new CharSet();
  /** Within `\Q…\E`. */
  #isQuoted = false;
  /** A character that a hyphen would make the first of a range. */
  #first: number | undefined;
  /** Behind that hyphen. */
  #isRange = false;

  constructor(cursor: PatternCursor, isSpaceIgnored: boolean) {
    this.#cursor = cursor;
    this.#isSpaceIgnored = isSpaceIgnored;
  }

  read(isCaseless: boolean): CharSet {
    const isNegated = this.#start();
    do this.#item();
    while (!this.#isEnd());
    // A hyphen that is the last in its class is one.
    if (this.#isRange) this.#set.add(0x2d);
    const folded = isCaseless ? this.#set.caseless() : this.#set;
    return isNegated ? folded.complement() : folded;
  }

  /** Up to the first member, which may be a `]`; true for a class with `^`. */
  #start(): boolean {
    const cursor = this.#cursor;
    let isNegated = false;
    for (;;) {
      if (cursor.take('\\E') || cursor.take('\\Q\\E')) continue;
      if (this.#isSpaceIgnored && cursor.takeMatch(/[ \t]+/y) !== '') continue;
      if (isNegated || !cursor.take('^')) return isNegated;
      isNegated = true;
    }
  }

  #isEnd(): boolean {
    return !this.#isQuoted && this.#cursor.take(']');
  }

  #item(): void {
    const cursor = this.#cursor;
    if (cursor.isAtEnd) throw cursor.syntaxError('missing terminating `]` for character class');
    if (this.#isQuoted) {
      if (cursor.take('\\E')) this.#isQuoted = false;
      else this.#character(cursor.next().charCodeAt(0));
      return;
    }
    if (this.#isSpaceIgnored && cursor.takeMatch(/[ \t]+/y) !== '') return;
    if (this.#isRange && isPosixName(cursor)) throw invalidRange(cursor);
    const named = readNamedClass(cursor);
    if (named !== undefined) this.#several(named);
    else if (this.#first !== undefined && !this.#isRange && cursor.take('-')) this.#isRange = true;
    else if (cursor.take('\\')) this.#escape();
    else this.#character(cursor.next().charCodeAt(0));
  }

  /** Behind the backslash. */
  #escape(): void {
    const cursor = this.#cursor;
    if (cursor.take('Q')) {
      this.#isQuoted = true;
      return;
    }
    if (cursor.take('E')) return;
    const set = escapedSet(cursor.char);
    if (set !== undefined) {
      cursor.at++;
      this.#several(set);
      return;
    }
    if (/[pP]/.test(cursor.char)) {
      this.#several(unicodeProperty(cursor));
      return;
    }
    if (cursor.take('b')) this.#character(8);
    // It begins a back reference outside of brackets alone.
    else if (cursor.take('g')) this.#character(0x67);
    else if (cursor.char === 'N') throw cursor.syntaxError('`\\N` is not supported in a class');
    else if (/[ABCGKRXZkz]/.test(cursor.char)) {
      throw cursor.syntaxError(`escape sequence \`\\${cursor.char}\` is invalid in a character class`);
    } else this.#character(readEscapedCode(cursor));
  }

  #character(code: number): void {
    const first = this.#isRange ? this.#first : undefined;
    if (first === undefined) {
      this.#set.add(code);
      this.#first = code;
      return;
    }
    if (code < first) throw this.#cursor.syntaxError('range out of order in character class');
    this.#set.addAll(CharSet.range(first, code));
    this.#first = undefined;
    this.#isRange = false;
  }

  /** What stands for several characters neither begins nor ends a range. */
  #several(set: CharSet): void {
    const cursor = this.#cursor;
    const isBeforeHyphen = cursor.char === '-' && /[^\]]/.test(cursor.text.charAt(cursor.at + 1));
    if (this.#isRange || isBeforeHyphen) throw invalidRange(cursor);
    this.#set.addAll(set);
    this.#first = undefined;
  }
}

function invalidRange(cursor: PatternCursor): Error {
  return cursor.syntaxError('invalid range in character class', 'put a `-` that is meant literally last');
}
