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
import { missingParenthesis, type PcreOptions, readOptions } from './pcre-options.ts';
import { graphemeCluster, unicodeProperty } from './pcre-property.ts';
import { nothingToRepeat, readQuantifier } from './pcre-quantifier.ts';
import { newlineSequence, readWordEdge, WORD_BOUNDARY } from './pcre-shorthand.ts';
import {
  alternation,
  concat,
  EMPTY,
  fixedLength,
  isNullable,
  type Node,
  type SyntaxTree,
} from './syntax-tree.ts';

export interface PcreFlags {
  readonly isCaseless: boolean;
  readonly isMultiLine: boolean;
  readonly isDotAll: boolean;
  readonly isExtended: boolean;
  readonly isAnchored: boolean;
  readonly isDollarEndOnly: boolean;
  readonly isUngreedy: boolean;
}

const MAX_DEPTH = 100;
/** `\K`: it only moves the start of the whole match, which no table can use. */
const MATCH_START: Node = { kind: 'empty' };

export function parsePcre(pattern: string, flags: PcreFlags): SyntaxTree {
  return new PcreParser(pattern, flags).parse();
}

class PcreParser {
  readonly #cursor: PatternCursor;
  readonly #flags: PcreFlags;
  readonly #groups = new PcreGroups();
  #options: PcreOptions;
  #depth = 0;
  #lookDepth = 0;

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
      xx: false,
      J: false,
    };
  }

  parse(): SyntaxTree {
    if (this.#cursor.startsWith('(*')) {
      throw this.#cursor.unsupported('`(*…)` settings are not supported', 'write the pattern without it');
    }
    const body = this.#alternatives();
    if (!this.#cursor.isAtEnd) throw this.#cursor.syntaxError('unmatched closing parenthesis');
    this.#groups.checkReferences(this.#cursor);
    if (this.#cursor.limit !== undefined) throw this.#cursor.limit;
    const root = this.#flags.isAnchored ? concat([{ kind: 'anchor', place: 'start' }, body]) : body;
    return { root, groupCount: this.#groups.count };
  }

  /** Up to the `)` that ends the group, or the end. */
  #alternatives(): Node {
    if (++this.#depth > MAX_DEPTH) throw this.#cursor.syntaxError('parentheses are too deeply nested');
    const saved = this.#options;
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
      if (cursor.take('\\Q')) {
        this.#quoted(parts);
        continue;
      }
      const edge = readWordEdge(cursor);
      if (edge !== undefined) {
        parts.push(WORD_BOUNDARY, this.#quantified(edge));
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
      } else if (cursor.take('\\E') || cursor.take('\\Q\\E')) {
        // No text is quoted.
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
    const options = { isCaseless: this.#options.i, isSpaceIgnored: this.#options.xx };
    return { kind: 'set', set: readPcreClass(cursor, options) };
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
        if (/^\{(?![0-9]+(?:,[0-9]*)?\})/.test(cursor.text.slice(cursor.at))) {
          throw cursor.syntaxError('PCRE2 does not support `\\N{…}`');
        }
        return { kind: 'set', set: NOT_NEWLINE };
      case 'C':
        cursor.at++;
        return { kind: 'set', set: ANY };
      case 'K':
        cursor.at++;
        if (this.#lookDepth > 0) throw cursor.syntaxError('`\\K` is not allowed in lookarounds');
        return MATCH_START;
      case 'R':
        cursor.at++;
        return newlineSequence();
      case 'p':
      case 'P':
        return { kind: 'set', set: unicodeProperty(cursor) };
      case 'X':
        return graphemeCluster(cursor);
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
    if (cursor.startsWith('*'))
      throw cursor.unsupported('`(*VERB)` is not supported', 'write the pattern without it');
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
    if (cursor.startsWith('|'))
      throw cursor.unsupported('`(?|…)` is not supported', 'write the alternatives as separate table lines');
    if (/^(?:[R&(C0-9]|P>|[-+][0-9])/.test(cursor.text.slice(cursor.at, cursor.at + 2))) {
      throw cursor.unsupported(
        'recursion, conditions and callouts are not supported',
        'write the cases as separate table lines',
      );
    }
    if (/^(?:P?<|')/.test(cursor.text.slice(cursor.at, cursor.at + 2))) {
      throw cursor.syntaxError(
        'subpattern name expected',
        'a name consists of letters, digits and `_`, and begins with no digit',
      );
    }
    return this.#inlineOptions();
  }

  #capture(name: string | undefined): Node {
    const index = this.#groups.open(name, this.#options.J, this.#cursor);
    return { kind: 'group', index, body: this.#closed() };
  }

  #closed(): Node {
    const body = this.#alternatives();
    if (!this.#cursor.take(')')) throw missingParenthesis(this.#cursor);
    // What may not be repeated by itself may be in parentheses.
    return isRepeatable(body) ? body : { kind: 'concat', parts: [body] };
  }

  #look(isAhead: boolean, isNegated: boolean): Node {
    this.#lookDepth++;
    const body = this.#closed();
    this.#lookDepth--;
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
    const saved = this.#options;
    this.#options = readOptions(cursor, saved);
    if (cursor.take(')')) return undefined;
    if (!cursor.take(':')) throw cursor.syntaxError('unrecognized character after `(?` or `(?-`');
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
    if (!isRepeatable(item)) {
      cursor.at = start;
      throw nothingToRepeat(cursor);
    }
    // PCRE2 tries an assertion no more than once.
    const [low, high] = range;
    const [min, max] = item.kind === 'look' ? [Math.min(low, 1), Math.min(high, 1)] : range;
    this.#skipIgnored();
    const isPossessive = cursor.take('+');
    const isLazy = !isPossessive && cursor.take('?') !== this.#options.U;
    const repeat = repeated({ body: item, min, max, isLazy });
    return isPossessive ? { kind: 'atomic', body: repeat } : repeat;
  }
}

/** JavaScript takes `?` for no round where that would take nothing; to PCRE, that is a round like any other. */
function repeated(repeat: Omit<Extract<Node, { kind: 'repeat' }>, 'kind'>): Node {
  const { body, min, max, isLazy } = repeat;
  if (min > 0 || max !== 1 || !isNullable(body)) return { kind: 'repeat', ...repeat };
  return { kind: 'alternation', options: isLazy ? [EMPTY, body] : [body, EMPTY] };
}

function isRepeatable(item: Node): boolean {
  return item.kind !== 'anchor' && item !== MATCH_START;
}
