/**
 * Reads a pattern of a pcre table, pcre2pattern(3), into a syntax tree.
 *
 * What PCRE2 refuses is refused with its reason; what we cannot decide as it
 * does (recursion, conditions, verbs, Unicode properties) is refused too.
 */
import { ANY, CharSet } from './char-set.ts';
import { PatternCursor } from './pattern-cursor.ts';
import { readPcreClass } from './pcre-class.ts';
import { escapedSet, NOT_NEWLINE, readEscapedCode } from './pcre-escape.ts';
import { PcreGroups } from './pcre-groups.ts';
import { nothingToRepeat, readQuantifier } from './pcre-quantifier.ts';
import { newlineSequence, wordEdge } from './pcre-shorthand.ts';
import { alternation, concat, EMPTY, fixedLength, type Node, type SyntaxTree } from './syntax-tree.ts';

export interface PcreFlags {
  readonly isCaseless: boolean;
  readonly isMultiLine: boolean;
  readonly isDotAll: boolean;
  readonly isExtended: boolean;
  readonly isAnchored: boolean;
  readonly isDollarEndOnly: boolean;
  readonly isUngreedy: boolean;
}

/** Options that `(?imsxUn)` changes within a group. */
interface Options {
  i: boolean;
  m: boolean;
  s: boolean;
  x: boolean;
  U: boolean;
  n: boolean;
}

const MAX_DEPTH = 100;

export function parsePcre(pattern: string, flags: PcreFlags): SyntaxTree {
  return new PcreParser(pattern, flags).parse();
}

class PcreParser {
  readonly #cursor: PatternCursor;
  readonly #flags: PcreFlags;
  readonly #groups = new PcreGroups();
  #options: Options;
  #depth = 0;

  constructor(pattern: string, flags: PcreFlags) {
    this.#cursor = new PatternCursor(pattern);
    this.#flags = flags;
    this.#options = {
      i: flags.isCaseless,
      m: flags.isMultiLine,
      s: flags.isDotAll,
      x: flags.isExtended,
      U: flags.isUngreedy,
      n: false,
    };
  }

  parse(): SyntaxTree {
    if (this.#cursor.startsWith('(*')) {
      throw this.#cursor.unsupported('`(*…)` settings are not supported', 'leave it out');
    }
    const body = this.#alternatives();
    if (!this.#cursor.isAtEnd) throw this.#cursor.syntaxError('unmatched closing parenthesis');
    this.#groups.checkReferences(this.#cursor);
    const root = this.#flags.isAnchored ? concat([{ kind: 'anchor', place: 'start' }, body]) : body;
    return { root, groupCount: this.#groups.count };
  }

  /** Up to the `)` that ends the group, or the end. */
  #alternatives(): Node {
    if (++this.#depth > MAX_DEPTH) throw this.#cursor.syntaxError('parentheses are too deeply nested');
    const saved = { ...this.#options };
    const options: Node[] = [this.#sequence()];
    while (this.#cursor.take('|')) options.push(this.#sequence());
    this.#options = saved;
    this.#depth--;
    return alternation(options);
  }

  #sequence(): Node {
    const cursor = this.#cursor;
    const parts: Node[] = [];
    for (;;) {
      this.#skipIgnored();
      if (cursor.isAtEnd || cursor.char === '|' || cursor.char === ')') return concat(parts);
      if (cursor.take('\\E')) continue;
      if (cursor.take('\\Q')) {
        this.#quoted(parts);
        continue;
      }
      const item = this.#item();
      if (item !== undefined) parts.push(this.#quantified(item));
    }
  }

  /** Literal text up to `\E`; a quantifier behind it binds to its last character. */
  #quoted(parts: Node[]): void {
    const cursor = this.#cursor;
    const end = cursor.text.indexOf('\\E', cursor.at);
    const text = cursor.text.slice(cursor.at, end < 0 ? undefined : end);
    cursor.at = end < 0 ? cursor.text.length : end + 2;
    for (let at = 0; at < text.length; at++) {
      const literal = this.#literal(text.charCodeAt(at));
      parts.push(at === text.length - 1 ? this.#quantified(literal) : literal);
    }
  }

  #skipIgnored(): void {
    const cursor = this.#cursor;
    for (;;) {
      if (cursor.take('(?#')) {
        const end = cursor.text.indexOf(')', cursor.at);
        if (end < 0) throw cursor.syntaxError('missing `)` after `(?#` comment');
        cursor.at = end + 1;
      } else if (this.#options.x && cursor.takeMatch(/[ \t\n\v\f\r]+|#[^\n]*\n?/y) !== '') {
        // Nothing to keep.
      } else {
        return;
      }
    }
  }

  /** One item; undefined for one that only changes options. */
  #item(): Node | undefined {
    const cursor = this.#cursor;
    switch (cursor.char) {
      case '(':
        cursor.at++;
        return this.#group();
      case '[':
        return this.#class();
      case '.':
        cursor.at++;
        return { kind: 'set', set: this.#options.s ? ANY : NOT_NEWLINE };
      case '^':
        cursor.at++;
        return { kind: 'anchor', place: this.#options.m ? 'pcre-line-start' : 'start' };
      case '$':
        cursor.at++;
        return { kind: 'anchor', place: this.#dollar() };
      case '\\':
        cursor.at++;
        return this.#escape();
      default:
        if (readQuantifier(cursor) !== undefined) throw nothingToRepeat(cursor);
        return this.#literal(cursor.next().charCodeAt(0));
    }
  }

  #dollar(): 'line-end' | 'end' | 'end-or-last-newline' {
    if (this.#options.m) return 'line-end';
    return this.#flags.isDollarEndOnly ? 'end' : 'end-or-last-newline';
  }

  #literal(code: number): Node {
    const set = CharSet.of(code);
    return { kind: 'set', set: this.#options.i ? set.caseless() : set };
  }

  #class(): Node {
    const cursor = this.#cursor;
    if (cursor.take('[[:<:]]')) return wordEdge(true);
    if (cursor.take('[[:>:]]')) return wordEdge(false);
    cursor.at++;
    return { kind: 'set', set: readPcreClass(cursor, this.#options.i) };
  }

  #escape(): Node {
    const cursor = this.#cursor;
    const char = cursor.char;
    const set = escapedSet(char);
    if (set !== undefined) {
      cursor.at++;
      return { kind: 'set', set };
    }
    switch (char) {
      case 'b':
      case 'B':
        cursor.at++;
        return { kind: 'anchor', place: char === 'b' ? 'word-boundary' : 'not-word-boundary' };
      case 'A':
      case 'G':
        cursor.at++;
        return { kind: 'anchor', place: 'start' };
      case 'Z':
      case 'z':
        cursor.at++;
        return { kind: 'anchor', place: char === 'z' ? 'end' : 'end-or-last-newline' };
      case 'N':
        cursor.at++;
        if (cursor.char === '{') throw cursor.syntaxError('`\\N{…}` is not supported by PCRE2');
        return { kind: 'set', set: NOT_NEWLINE };
      case 'C':
        cursor.at++;
        return { kind: 'set', set: ANY };
      case 'K':
        // Only moves the start of the whole match, which no table can use.
        cursor.at++;
        return EMPTY;
      case 'R':
        cursor.at++;
        return newlineSequence();
      case 'g':
      case 'k':
        cursor.at++;
        return this.#groups.named(cursor, char, this.#options.i);
      default:
        return this.#groups.numbered(cursor, this.#options.i) ?? this.#literal(readEscapedCode(cursor));
    }
  }

  /** Behind `(`. */
  #group(): Node | undefined {
    const cursor = this.#cursor;
    if (cursor.startsWith('*')) throw cursor.unsupported('`(*VERB)` is not supported');
    if (!cursor.take('?')) return this.#options.n ? this.#closed() : this.#capture(undefined);
    if (cursor.take(':')) return this.#closed();
    if (cursor.take('>')) return { kind: 'atomic', body: this.#closed() };
    if (cursor.take('=')) return this.#look(true, false);
    if (cursor.take('!')) return this.#look(true, true);
    if (cursor.take('<=')) return this.#look(false, false);
    if (cursor.take('<!')) return this.#look(false, true);
    if (cursor.take('P=')) return this.#groups.pythonReference(cursor, this.#options.i);
    const named = cursor.takeMatch(/P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*'/y);
    if (named !== '') return this.#capture(named.replace(/^P|[<>']/g, ''));
    if (cursor.startsWith('|')) throw cursor.unsupported('`(?|…)` is not supported', 'use separate groups');
    if (/[R&(CP+0-9]|-[0-9]/y.test(cursor.text.slice(cursor.at, cursor.at + 2))) {
      throw cursor.unsupported(
        'recursion, conditions and callouts are not supported',
        'write separate table lines',
      );
    }
    return this.#inlineOptions();
  }

  #capture(name: string | undefined): Node {
    const index = this.#groups.open(name, this.#cursor);
    return { kind: 'group', index, body: this.#closed() };
  }

  #closed(): Node {
    const body = this.#alternatives();
    if (!this.#cursor.take(')')) throw this.#cursor.syntaxError('missing closing parenthesis');
    return body;
  }

  #look(isAhead: boolean, isNegated: boolean): Node {
    const body = this.#closed();
    if (!isAhead) {
      const options = body.kind === 'alternation' ? body.options : [body];
      if (options.some((option) => fixedLength(option) === undefined)) {
        throw this.#cursor.syntaxError('lookbehind assertion is not fixed length');
      }
    }
    return { kind: 'look', isAhead, isNegated, body };
  }

  /** `(?i)` for the rest of the group, `(?i:…)` for its own. */
  #inlineOptions(): Node | undefined {
    const cursor = this.#cursor;
    const saved = { ...this.#options };
    const text = cursor.takeMatch(/\^?[imsxnU]*(?:-[imsxnU]*)?/y);
    const [on = '', off = ''] = text.replace('^', '').split('-');
    if (text.startsWith('^'))
      Object.assign(this.#options, { i: false, m: false, s: false, x: false, n: false });
    for (const key of on) this.#options[key as keyof Options] = true;
    for (const key of off) this.#options[key as keyof Options] = false;
    if (cursor.take(')')) return undefined;
    if (!cursor.take(':')) throw cursor.syntaxError('unrecognized character after `(?`');
    const body = this.#closed();
    this.#options = saved;
    return body;
  }

  #quantified(item: Node): Node {
    const cursor = this.#cursor;
    this.#skipIgnored();
    const start = cursor.at;
    const range = readQuantifier(cursor);
    if (range === undefined) return item;
    if (item.kind === 'anchor') {
      cursor.at = start;
      throw nothingToRepeat(cursor);
    }
    const [min, max] = range;
    const isPossessive = cursor.take('+');
    const isLazy = !isPossessive && cursor.take('?') !== this.#options.U;
    const repeat: Node = { kind: 'repeat', body: item, min, max, isLazy };
    return isPossessive ? { kind: 'atomic', body: { ...repeat, isLazy: this.#options.U } } : repeat;
  }
}
