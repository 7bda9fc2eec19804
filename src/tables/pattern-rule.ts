/**
 * One line of a regexp or pcre table: `/pattern/flags result`, `if /pattern/flags`,
 * `endif`, as regexp_table(5) and pcre_table(5) have them.
 */
import { isSpace, skipSpace } from '../language/white-space.ts';
import { compilePattern, type Pattern, type PatternNotation } from './pattern/compile-pattern.ts';
import { PatternError } from './pattern/syntax-tree.ts';
import { parseResultTemplate, type ResultTemplate, usedGroups } from './result-template.ts';

export type PatternTableKind = 'regexp' | 'pcre';

/** A pattern, with `!` if it is to not match. */
export interface Condition {
  readonly pattern: Pattern;
  readonly isNegated: boolean;
}

export type PatternRule =
  | { readonly kind: 'match'; readonly conditions: readonly Condition[]; readonly result: ResultTemplate }
  | { readonly kind: 'if'; readonly condition: Condition }
  | { readonly kind: 'endif' }
  /** A line that Postfix can use and we cannot: lookups that come here fail. */
  | { readonly kind: 'unusable'; readonly reason: string };

export interface RuleFlaw {
  readonly severity: 'error' | 'warning';
  readonly code: 'pattern-syntax' | 'pattern-unsupported' | 'pattern-unbounded' | 'pattern-doubt';
  readonly message: string;
  readonly help: string | undefined;
  /** In the line. */
  readonly from: number;
  readonly to: number;
}

interface PatternText {
  readonly text: string;
  readonly start: number;
  readonly flags: string;
  readonly isNegated: boolean;
  /** Behind the flags. */
  readonly end: number;
}

/** A mistake that makes Postfix skip the line. */
class Skipped extends Error {
  readonly help: string;
  readonly from: number;
  readonly to: number;

  constructor(message: string, help: string, from: number, to: number) {
    super(message);
    this.help = help;
    this.from = from;
    this.to = to;
  }
}

export class PatternRuleParser {
  readonly #kind: PatternTableKind;
  readonly #flaw: (flaw: RuleFlaw) => void;

  constructor(kind: PatternTableKind, flaw: (flaw: RuleFlaw) => void) {
    this.#kind = kind;
    this.#flaw = flaw;
  }

  /** Undefined for a line that Postfix skips; why is told. `line` has no white space at its end. */
  parse(line: string): PatternRule | undefined {
    try {
      const word = /^(if|endif)(?![0-9a-z])/i.exec(line)?.[1]?.toLowerCase();
      if (word === 'if') return this.#parseIf(line);
      if (word === 'endif') {
        if (skipSpace(line, 5) < line.length)
          this.#warn('ignoring text after `endif`', 'remove it', 5, line.length);
        return { kind: 'endif' };
      }
      if (/^[0-9a-z]/i.test(line)) {
        throw new Skipped(
          'not a pattern',
          'write `/pattern/ result`, `if /pattern/` or `endif`',
          0,
          line.length,
        );
      }
      return this.#parseMatch(line);
    } catch (error) {
      if (!(error instanceof Skipped)) throw error;
      const { message, help, from, to } = error;
      this.#flaw({
        severity: 'warning',
        code: 'pattern-syntax',
        message: `${message}; Postfix skips this line`,
        help,
        from,
        to,
      });
      return undefined;
    }
  }

  #parseIf(line: string): PatternRule | undefined {
    const text = this.#readPattern(line, 2);
    if (skipSpace(line, text.end) < line.length) {
      this.#warn(
        'ignoring text after `if`',
        'begin statements between `if` and `endif` without white space',
        text.end,
        line.length,
      );
    }
    const condition = this.#compile(text, []);
    return condition === undefined || 'kind' in condition ? condition : { kind: 'if', condition };
  }

  #parseMatch(line: string): PatternRule | undefined {
    const first = this.#readPattern(line, 0);
    const second =
      this.#kind === 'regexp' && line[first.end] === '!' ? this.#readPattern(line, first.end) : undefined;
    const start = skipSpace(line, second?.end ?? first.end);
    const result = parseResultTemplate(line.slice(start));
    if ('error' in result) throw new Skipped(result.error, result.help, start, line.length);
    if (start === line.length) {
      this.#warn(
        'pattern has no result; a lookup that comes here fails',
        'write a result, such as `REJECT`',
        0,
        line.length,
      );
    }
    if (result.maxGroup > 0 && first.isNegated) {
      throw new Skipped(
        '`$number` in the result of a negated pattern',
        'what does not match has no groups',
        start,
        line.length,
      );
    }
    const conditions: Condition[] = [];
    for (const text of second === undefined ? [first] : [first, second]) {
      const condition = this.#compile(text, text === first ? usedGroups(result) : []);
      if (condition === undefined || 'kind' in condition) return condition;
      conditions.push(condition);
    }
    const groupCount = conditions[0]?.pattern.groupCount ?? 0;
    if (result.maxGroup > groupCount) {
      throw new Skipped(
        `\`$${result.maxGroup}\` is out of range: the pattern has ${groupCount} group${groupCount === 1 ? '' : 's'}`,
        'put parentheses around what the result is to contain',
        start,
        line.length,
      );
    }
    return { kind: 'match', conditions, result };
  }

  #readPattern(line: string, from: number): PatternText {
    let start = from;
    let isNegated = false;
    for (; start < line.length; start++) {
      if (line[start] === '!') isNegated = !isNegated;
      else if (!isSpace(line.charCodeAt(start))) break;
    }
    if (start === line.length) throw new Skipped('no pattern', 'write `/pattern/`', from, line.length);
    const delimiter = line.charAt(start++);
    let close = start;
    while (close < line.length && line[close] !== delimiter) close += line[close] === '\\' ? 2 : 1;
    if (close >= line.length) {
      throw new Skipped(
        `no closing \`${delimiter}\``,
        `end the pattern with \`${delimiter}\``,
        start - 1,
        line.length,
      );
    }
    let end = close + 1;
    while (
      end < line.length &&
      !isSpace(line.charCodeAt(end)) &&
      !(this.#kind === 'regexp' && line[end] === '!')
    )
      end++;
    return { text: line.slice(start, close), start, flags: line.slice(close + 1, end), isNegated, end };
  }

  #compile(
    text: PatternText,
    groups: readonly number[],
  ): Condition | Extract<PatternRule, { kind: 'unusable' }> | undefined {
    const flagsStart = text.start + text.text.length + 1;
    const notation =
      this.#kind === 'pcre'
        ? this.#pcreFlags(text.flags, flagsStart)
        : this.#posixFlags(text.flags, flagsStart);
    const compiled = compilePattern(text.text, notation, groups);
    if (!(compiled instanceof PatternError)) {
      for (const { message, help, offset } of compiled.doubts) {
        const from = text.start + offset - 1;
        this.#flaw({ severity: 'warning', code: 'pattern-doubt', message, help, from, to: from + 2 });
      }
      return { pattern: compiled.pattern, isNegated: text.isNegated };
    }
    const to = text.start + text.text.length;
    const from = Math.min(text.start + compiled.offset, to - 1);
    if (compiled.reason === 'syntax')
      throw new Skipped(compiled.message, compiled.help ?? `see ${this.#kind}_table(5)`, from, to);
    this.#flaw({
      severity: 'error',
      code: `pattern-${compiled.reason}`,
      message: `${compiled.message}; lookups that come to this line fail, unlike in Postfix`,
      help: compiled.help,
      from,
      to,
    });
    return { kind: 'unusable', reason: compiled.message };
  }

  #pcreFlags(letters: string, start: number): PatternNotation {
    const on = this.#toggles(letters, 'imsxAEUX', start);
    if (on.has('X')) this.#warn('flag `X` has no effect', 'remove it', start, start + letters.length);
    return {
      kind: 'pcre',
      flags: {
        isCaseless: !on.has('i'),
        isMultiLine: on.has('m'),
        isDotAll: !on.has('s'),
        isExtended: on.has('x'),
        isAnchored: on.has('A'),
        isDollarEndOnly: on.has('E'),
        isUngreedy: on.has('U'),
      },
    };
  }

  #posixFlags(letters: string, start: number): PatternNotation {
    const on = this.#toggles(letters, 'imx', start);
    return {
      kind: 'posix',
      flags: { isCaseless: !on.has('i'), isNewlineSensitive: on.has('m'), isExtended: !on.has('x') },
    };
  }

  /** Each flag turns its meaning to the other side, twice is not at all. */
  #toggles(letters: string, known: string, start: number): ReadonlySet<string> {
    const on = new Set<string>();
    for (const [index, letter] of [...letters].entries()) {
      if (!known.includes(letter)) {
        throw new Skipped(
          `unknown flag \`${letter}\``,
          `the flags are ${[...known].join(', ')}; put white space before the result`,
          start + index,
          start + index + 1,
        );
      }
      if (!on.delete(letter)) on.add(letter);
    }
    return on;
  }

  #warn(message: string, help: string, from: number, to: number): void {
    this.#flaw({ severity: 'warning', code: 'pattern-doubt', message, help, from, to });
  }
}
