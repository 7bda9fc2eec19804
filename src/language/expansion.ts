import { ComparisonFailure, compareLevels, compareTexts } from './comparison.ts';
import {
  type Payload,
  parameterMistake,
  parseComparison,
  parsePayload,
  SyntaxMistake,
} from './comparison-syntax.ts';
import type { Report } from './diagnostic.ts';
import { quote } from './quote.ts';
import { closing, nameEnd } from './scan.ts';
import type { Span } from './source.ts';
import { SourcedText } from './sourced-text.ts';
import { skipBlanks } from './white-space.ts';
import type { WorkBudget } from './work-budget.ts';

/**
 * `$name` and its relatives in a value of main.cf, replaced as Postfix replaces
 * them (postconf(5), section "The general format of the main.cf file"):
 *
 *     $name ${name} $(name)  $$            a value, expanded in turn; a dollar
 *     ${name?text} ${name:text}            text if the value is not empty; if it is
 *     ${name?{text}:{text}}                either
 *     ${{left} == {right} ? {text} : {text}}
 *
 * Promises to end: nesting, output and work are bounded. Every mistake that
 * makes Postfix stop is an error, and ends the expansion.
 */

/** The raw value of a parameter, or undefined when nothing sets it. */
export type ParameterLookup = (name: string) => SourcedText | undefined;

/** How deep values may refer to values before Postfix calls it unreasonable. */
const NESTING_LIMIT = 100;
/** The same across operands of comparisons, where Postfix counts anew and has no limit. */
const TOTAL_NESTING_LIMIT = 400;
/** Of the expanded value, in characters: as long as a logical line may be. */
const OUTPUT_LIMIT = 1024 * 1024;
/** Characters read, so that values which double each other end even when they are empty. */
const WORK_LIMIT = 8 * 1024 * 1024;
/** What a reference costs besides its characters. */
const REFERENCE_WORK = 32;

/**
 * The value with all references replaced; after an error, what came before it.
 * `suggest` may offer a known name for one that `lookup` does not have; `budget`
 * is what all values together may cost.
 */
export function expand(
  value: SourcedText,
  lookup: ParameterLookup,
  report: Report,
  suggest: (name: string) => string | undefined = () => undefined,
  budget?: WorkBudget,
): SourcedText {
  if (!value.text.includes('$')) return value;
  const expansion = new Expansion(lookup, report, suggest, budget);
  const output: SourcedText[] = [value.slice(0, 0)];
  expansion.text({ value, level: 0, total: 0, reference: undefined, output }, 0, value.text.length);
  return SourcedText.concat(output);
}

/** A text being expanded, and where its result goes. */
interface Scope {
  readonly value: SourcedText;
  /** Nesting as Postfix counts it, and across operands. */
  readonly level: number;
  readonly total: number;
  /** For a built-in value: the reference in a file that brought it in. */
  readonly reference: Span | undefined;
  readonly output: SourcedText[];
}

class Expansion {
  readonly #lookup: ParameterLookup;
  readonly #report: Report;
  readonly #suggest: (name: string) => string | undefined;
  /** Names whose values are being expanded, outermost first. */
  readonly #active: string[] = [];
  readonly #undefined = new Set<string>();
  #outputLeft = OUTPUT_LIMIT;
  readonly #budget: WorkBudget | undefined;
  #workLeft = WORK_LIMIT;
  /** Of that, what the budget has granted. */
  #workGranted = WORK_LIMIT;
  #hasFailed = false;

  constructor(
    lookup: ParameterLookup,
    report: Report,
    suggest: (name: string) => string | undefined,
    budget: WorkBudget | undefined,
  ) {
    this.#lookup = lookup;
    this.#report = report;
    this.#suggest = suggest;
    this.#budget = budget;
  }

  /** Literal text and references, from `start` to `end`. */
  text(scope: Scope, start: number, end: number): void {
    const { text } = scope.value;
    this.#workLeft -= end - start;
    let literal = start;
    let at = start;
    while (!this.#hasFailed) {
      const dollar = text.indexOf('$', at);
      if (dollar < 0 || dollar >= end) break;
      this.#literal(scope, literal, dollar);
      if (dollar + 1 < end && text[dollar + 1] === '$') {
        literal = dollar + 1;
        at = dollar + 2;
        continue;
      }
      at = this.#reference(scope, dollar, end);
      literal = at;
    }
    this.#literal(scope, literal, end);
  }

  #literal(scope: Scope, start: number, end: number): void {
    if (start >= end || !this.#isAllowed(scope, start, end)) return;
    this.#outputLeft -= end - start;
    const text = scope.value.slice(start, end);
    const { reference } = scope;
    scope.output.push(reference === undefined ? text : SourcedText.at(reference, text.text));
  }

  /** The reference that starts with the `$` at `dollar`; the offset after it. */
  #reference(scope: Scope, dollar: number, end: number): number {
    const { text } = scope.value;
    this.#workLeft -= REFERENCE_WORK;
    const open = dollar + 1 < end ? text.charAt(dollar + 1) : '';
    const isGrouped = open === '{' || open === '(';
    const start = isGrouped ? dollar + 2 : dollar + 1;
    const stop = isGrouped ? closing(text, dollar + 1, end) : nameEnd(text, start, end);
    if (stop < 0) {
      const close = open === '{' ? '}' : ')';
      const message = `\`$${open}\` without its \`${close}\``;
      const help = `close it with \`${close}\`, or write \`$$\` for a dollar sign`;
      this.#fail(scope, new SyntaxMistake(dollar, dollar + 2, 'unbalanced-braces', message, help));
      return end;
    }
    const next = isGrouped ? stop + 1 : stop;
    if (start === stop) {
      const message = 'no parameter name after `$`';
      const help = 'for a dollar sign write `$$`';
      this.#fail(scope, new SyntaxMistake(dollar, next, 'reference-syntax', message, help));
    } else if (this.#isAllowed(scope, dollar, next)) {
      const place = this.#place(scope, dollar, next);
      const brace = skipBlanks(text, start, stop);
      if (text[brace] === '{' && brace < stop) this.#comparison(scope, brace, stop, place);
      else this.#parameter(scope, brace, stop, place);
    }
    return next;
  }

  /** `name`, `name?…` or `name:…`. */
  #parameter(scope: Scope, start: number, end: number, place: Span): void {
    const { text } = scope.value;
    const afterName = nameEnd(text, start, end);
    const at = skipBlanks(text, afterName, end);
    const name = text.slice(start, afterName);
    if (at === end) {
      this.#value(scope, name, place);
    } else if (text[at] === '?' || text[at] === ':') {
      const value = this.#lookup(name);
      this.#branches(scope, at, end, value !== undefined && value.text !== '');
    } else {
      this.#fail(scope, parameterMistake(name, text, at, end));
    }
  }

  #value(scope: Scope, name: string, place: Span): void {
    const value = this.#lookup(name);
    if (value === undefined) {
      this.#reportUndefined(name, place);
    } else if (this.#active.includes(name)) {
      const chain = [...this.#active.slice(this.#active.indexOf(name)), name].join(' → ');
      this.#report({
        severity: 'error',
        code: 'circular-reference',
        message: `the value of ${quote(name)} refers to itself: ${quote(chain)}`,
        span: place,
        help: 'remove one of the references',
      });
      this.#hasFailed = true;
    } else if (value.text !== '') {
      this.#active.push(name);
      this.#nested(scope, value, value.isBuiltIn ? place : undefined);
      this.#active.pop();
    }
  }

  #nested(scope: Scope, value: SourcedText, reference: Span | undefined): void {
    const { level, total, output } = scope;
    const inner = { value, level: level + 1, total: total + 1, reference, output };
    this.text(inner, 0, value.text.length);
  }

  /** `{left} operator {right}`, alone or followed by `?…` or `:…`. */
  #comparison(scope: Scope, start: number, end: number, place: Span): void {
    const comparison = parseComparison(scope.value.text, start, end);
    if (comparison instanceof SyntaxMistake) {
      this.#fail(scope, comparison);
      return;
    }
    const { left, operator, isLevel, right } = comparison;
    const compare = isLevel ? compareLevels : compareTexts;
    const result = compare(this.#operand(scope, left), operator, this.#operand(scope, right));
    if (this.#hasFailed) return;
    if (result instanceof ComparisonFailure) {
      this.#fail(scope, new SyntaxMistake(start, right.end + 1, 'comparison-failed', result.reason));
    } else if (right.next < end) {
      this.#branches(scope, right.next, end, result);
    } else if (result) {
      this.#nested(scope, SourcedText.at(place, 'true'), undefined);
    }
  }

  #operand(scope: Scope, { start, end }: Payload): string {
    const output: SourcedText[] = [];
    this.text({ ...scope, level: 0, total: scope.total + 1, output }, start, end);
    return output.map((piece) => piece.text).join('');
  }

  /** What follows a name or a comparison, from its `?` or `:` on. */
  #branches(scope: Scope, start: number, end: number, condition: boolean): void {
    const { text } = scope.value;
    let at = start;
    if (text[at] === '?') {
      at = this.#branch(scope, at + 1, end, condition);
      if (at === end) return;
    }
    if (text[at] === ':') {
      at = this.#branch(scope, at + 1, end, !condition);
      if (at === end) return;
    }
    const message = `unexpected ${quote(text.slice(at, end))}`;
    const help = 'write `${name?{text}:{text}}`';
    this.#fail(scope, new SyntaxMistake(at, end, 'reference-syntax', message, help));
  }

  /** One alternative; the offset after it. Without braces it is all that is left. */
  #branch(scope: Scope, start: number, end: number, isTaken: boolean): number {
    const brace = skipBlanks(scope.value.text, start, end);
    const isBraced = brace < end && scope.value.text[brace] === '{';
    const payload = isBraced ? parsePayload(scope.value.text, brace, end) : { start, end, next: end };
    if (payload instanceof SyntaxMistake) {
      this.#fail(scope, payload);
      return end;
    }
    const { level, total } = scope;
    if (isTaken) this.text({ ...scope, level: level + 1, total: total + 1 }, payload.start, payload.end);
    return payload.next;
  }

  /** False, and reported, when a bound is reached. */
  #isAllowed(scope: Scope, start: number, end: number): boolean {
    if (this.#hasFailed) return false;
    if (scope.level > NESTING_LIMIT || scope.total > TOTAL_NESTING_LIMIT) {
      const message = `values refer to values more than ${NESTING_LIMIT} deep`;
      this.#fail(scope, new SyntaxMistake(start, end, 'nesting-too-deep', message));
    } else if (this.#outputLeft < end - start || this.#workLeft < 0) {
      const message = `the expanded value is longer than the limit of ${OUTPUT_LIMIT} characters`;
      const help = 'values that refer to each other several times double at each step';
      this.#fail(scope, new SyntaxMistake(start, end, 'expansion-too-large', message, help));
    } else if (this.#budget !== undefined && !this.#isGranted(this.#budget, scope, start, end)) {
      this.#hasFailed = true;
    }
    return !this.#hasFailed;
  }

  #isGranted(budget: WorkBudget, scope: Scope, start: number, end: number): boolean {
    const work = this.#workGranted - this.#workLeft;
    this.#workGranted = this.#workLeft;
    const what = scope.value.text.slice(start, end).trim();
    return budget.spend(work, what, () => this.#place(scope, start, end));
  }

  #reportUndefined(name: string, place: Span): void {
    const key = `${place.source.file}:${place.start}`;
    if (this.#undefined.has(key)) return;
    this.#undefined.add(key);
    const suggestion = this.#suggest(name);
    this.#report({
      severity: 'warning',
      code: 'undefined-parameter',
      message: `${quote(`$${name}`)} is not defined and stands for nothing`,
      span: place,
      help: suggestion === undefined ? undefined : `did you mean \`$${suggestion}\`?`,
    });
  }

  #place(scope: Scope, start: number, end: number): Span {
    return scope.reference ?? scope.value.span(start, end);
  }

  #fail(scope: Scope, { start, end, code, message, help }: SyntaxMistake): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#report({ severity: 'error', code, message, span: this.#place(scope, start, end), help });
  }
}
