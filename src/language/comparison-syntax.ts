import { isOperator, OPERATORS, type Operator } from './comparison.ts';
import { quote } from './quote.ts';
import { closing, runEnd } from './scan.ts';
import { skipBlanks } from './white-space.ts';

/**
 * The syntax of `{left} operator {right}` within `${…}`, and of mistakes there. Pure: offsets into the
 * given text, or the author's mistake as a value; nothing is expanded here.
 */

/** Offsets of a `{text}` without its braces, and of what follows it and the blanks after it. */
export interface Payload {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

export interface Comparison {
  readonly left: Payload;
  readonly operator: Operator;
  /** True for the operators that compare compatibility levels (`<=level`). */
  readonly isLevel: boolean;
  readonly right: Payload;
}

export class SyntaxMistake {
  readonly start: number;
  readonly end: number;
  readonly code: string;
  readonly message: string;
  readonly help: string | undefined;

  constructor(start: number, end: number, code: string, message: string, help?: string) {
    this.start = start;
    this.end = end;
    this.code = code;
    this.message = message;
    this.help = help;
  }
}

/** `left` is the text to be compared, when it is known. */
function comparisonHelp(left = '$name'): string {
  return `to compare, write \`\${{${left}} == {text} ? {this} : {that}}\``;
}

/** All that Postfix reads as one operator, so that a wrong one is named whole. */
const OPERATOR_CHARACTER = /[<>!=?+\-*/~&|%]/;
const SUFFIX_CHARACTER = /[A-Za-z0-9]/;

/** What the `{` at `brace` encloses. */
export function parsePayload(text: string, brace: number, end: number): Payload | SyntaxMistake {
  const close = closing(text, brace, end);
  if (close < 0) {
    const help = 'close it with `}`';
    return new SyntaxMistake(brace, brace + 1, 'unbalanced-braces', '`{` without its `}`', help);
  }
  return { start: brace + 1, end: close, next: skipBlanks(text, close + 1, end) };
}

/** From the `{` of the left operand on; what follows the right one is the caller's. */
export function parseComparison(text: string, brace: number, end: number): Comparison | SyntaxMistake {
  const left = parsePayload(text, brace, end);
  if (left instanceof SyntaxMistake) return left;

  const operatorEnd = runEnd(text, left.next, end, OPERATOR_CHARACTER);
  const operator = text.slice(left.next, operatorEnd);
  if (!isOperator(operator)) {
    const found = left.next === end ? 'nothing' : quote(text.slice(left.next, end));
    const message = `one of ${OPERATORS.map(quote).join(', ')} expected after \`}\`, but found ${found}`;
    return new SyntaxMistake(left.next, end, 'reference-syntax', message, comparisonHelp());
  }

  const suffixEnd = runEnd(text, operatorEnd, end, SUFFIX_CHARACTER);
  const suffix = text.slice(operatorEnd, suffixEnd);
  if (suffix !== '' && suffix !== 'level') {
    const message = `${quote(suffix)} is not a kind of comparison`;
    const help = 'the only one is `level`, for compatibility levels';
    return new SyntaxMistake(operatorEnd, suffixEnd, 'reference-syntax', message, help);
  }

  const rightBrace = skipBlanks(text, suffixEnd, end);
  if (rightBrace === end || text[rightBrace] !== '{') {
    const message = `\`{text}\` expected after ${quote(text.slice(left.next, suffixEnd))}`;
    return new SyntaxMistake(rightBrace, end, 'reference-syntax', message, comparisonHelp());
  }
  const right = parsePayload(text, rightBrace, end);
  if (right instanceof SyntaxMistake) return right;
  return { left, operator, isLevel: suffix === 'level', right };
}

/** For what follows `name` in a reference at `at`, when it is neither the end nor `?` nor `:`. */
export function parameterMistake(name: string, text: string, at: number, end: number): SyntaxMistake {
  const rest = text.slice(at, end);
  const expected = name === '' ? 'a parameter name' : `\`?\` or \`:\` after ${quote(name)}`;
  const message = `${expected} expected, but found ${quote(rest)}`;
  const isComparison = /^[^?:]*[<>=]/.test(rest);
  const help = isComparison
    ? comparisonHelp(name === '' ? undefined : `$${name}`)
    : 'parameter names have letters, digits and `_` only';
  return new SyntaxMistake(at, end, 'reference-syntax', message, help);
}
