/**
 * regexp_table(5) and pcre_table(5): the lines in order, first match wins, with
 * `if … endif` blocks.
 */

import type { Report } from '../language/diagnostic.ts';
import type { Source } from '../language/source.ts';
import { trimEnd } from '../language/white-space.ts';
import { fromByteString, type Pattern, TOO_LONG, toByteString } from './pattern/compile-pattern.ts';
import {
  type Condition,
  type PatternRule,
  PatternRuleParser,
  type PatternTableKind,
} from './pattern-rule.ts';
import { type ResultTemplate, renderResult } from './result-template.ts';
import { type LookupResult, TableFailure } from './table.ts';
import type { ContentReader, TableContent } from './table-content.ts';
import { spanInLine, type TableLine, TableLineReader } from './table-lines.ts';

/** Postfix reads SMTP lines of this length and no longer (line_length_limit). */
const MAX_KEY_LENGTH = 2048;

export const readRegexpFile: ContentReader = function* (source, report) {
  return yield* readPatternFile('regexp', source, report);
};

export const readPcreFile: ContentReader = function* (source, report) {
  return yield* readPatternFile('pcre', source, report);
};

function* readPatternFile(
  kind: PatternTableKind,
  source: Source,
  report: Report,
): Generator<undefined, TableContent> {
  const rules: PatternRule[] = [];
  const openIfs: { readonly rule: number; readonly line: TableLine }[] = [];
  /** Where to go on when the condition of the `if` at an index does not hold. */
  const exits = new Map<number, number>();
  const lines = new TableLineReader(source.text);
  let current: TableLine | undefined;
  const parser = new PatternRuleParser(kind, ({ from, to, ...flaw }) => {
    if (current !== undefined) report({ ...flaw, span: spanInLine(source, current, from, to) });
  });
  for (current = lines.next(); current !== undefined; current = lines.next()) {
    // Compiling a pattern can take as long as reading thousands of lines.
    yield;
    const span = source.span(current.start, current.end);
    if (current.isOrphan) {
      const message =
        'line starts with white space, but there is no line it could continue; Postfix skips it';
      report({
        severity: 'warning',
        code: 'pattern-syntax',
        message,
        span,
        help: 'remove the white space at its start',
      });
      continue;
    }
    const rule = parser.parse(current.text.slice(0, trimEnd(current.text, 0)));
    if (rule === undefined) continue;
    if (rule.kind === 'endif') {
      const open = openIfs.pop();
      if (open === undefined) {
        report({
          severity: 'warning',
          code: 'pattern-syntax',
          message: '`endif` without `if`; Postfix skips this line',
          span,
          help: 'remove it, or add the `if`',
        });
        continue;
      }
      exits.set(open.rule, rules.length);
    }
    if (rule.kind === 'if') openIfs.push({ rule: rules.length, line: current });
    rules.push(rule);
  }
  for (const { line } of openIfs) {
    const message = '`if` has no matching `endif`; it reaches to the end of the table';
    report({
      severity: 'warning',
      code: 'if-without-endif',
      message,
      span: source.span(line.start, line.end),
      help: 'add `endif`',
    });
  }
  return new PatternContent(source.file, rules, exits);
}

class PatternContent implements TableContent {
  readonly #file: string;
  readonly #rules: readonly PatternRule[];
  readonly #exits: ReadonlyMap<number, number>;

  constructor(file: string, rules: readonly PatternRule[], exits: ReadonlyMap<number, number>) {
    this.#file = file;
    this.#rules = rules;
    this.#exits = exits;
  }

  lookup(key: string): LookupResult {
    if (key.length > MAX_KEY_LENGTH) return this.#failure('search string is too long');
    const text = toByteString(key);
    for (let at = 0; at < this.#rules.length; at++) {
      const rule = this.#rules[at];
      if (rule === undefined || rule.kind === 'endif') continue;
      if (rule.kind === 'unusable') return this.#failure(rule.reason);
      if (rule.kind === 'if') {
        const holds = test(rule.condition, text);
        if (holds === TOO_LONG) return this.#failure('search string is too long for a pattern');
        if (!holds) at = this.#exits.get(at) ?? this.#rules.length;
        continue;
      }
      const result = this.#match(rule.conditions, rule.result, text);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  #match(conditions: readonly Condition[], result: ResultTemplate, text: string): LookupResult {
    for (const condition of conditions) {
      const holds = test(condition, text);
      if (holds === TOO_LONG) return this.#failure('search string is too long for a pattern');
      if (!holds) return undefined;
    }
    if (result.maxGroup === 0) return result.parts.join('');
    return this.#render(conditions[0]?.pattern, result, text);
  }

  #render(pattern: Pattern | undefined, result: ResultTemplate, text: string): LookupResult {
    const groups = pattern?.groups(text);
    if (groups === undefined || groups === TOO_LONG)
      return this.#failure('search string is too long for a pattern');
    const parts = result.parts.map((part) => (typeof part === 'string' ? toByteString(part) : part));
    const rendered = fromByteString(renderResult({ parts, maxGroup: result.maxGroup }, groups));
    return rendered ?? this.#failure('lookup result is not UTF-8 text');
  }

  #failure(reason: string): TableFailure {
    return new TableFailure(`${this.#file}: ${reason}`);
  }
}

function test({ pattern, isNegated }: Condition, text: string): boolean | typeof TOO_LONG {
  const matches = pattern.test(text);
  return matches === TOO_LONG ? TOO_LONG : matches !== isNegated;
}
