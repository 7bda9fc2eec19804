import { quote } from './quote.ts';

/**
 * The relational operators of `${{left} == {right} ? {…} : {…}}`, and their
 * `level` forms (`<=level`), which compare Postfix compatibility levels such as
 * 3.10 (postconf(5), compatibility_level). Pure: texts in, truth or a reason out.
 */

export type Operator = '==' | '!=' | '<' | '<=' | '>=' | '>';

export const OPERATORS: readonly Operator[] = ['==', '!=', '<', '<=', '>=', '>'];

/** Why two texts cannot be compared, for people. */
export class ComparisonFailure {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Of a C `long`, in which Postfix computes. */
const LONG_MAX = 2n ** 63n - 1n;
/** A minor version and a patch level have 10 bits each in the number that Postfix makes of a level. */
const LEVEL_PART_MAX = 1023n;
const MAJOR_MAX = LONG_MAX >> 20n;

const LEVEL = /^[ \t\n\v\f\r]*([+-]?\d+)(?:\.[ \t\n\v\f\r]*([+-]?\d+)(?:\.[ \t\n\v\f\r]*([+-]?\d+))?)?$/;

export function isOperator(text: string): text is Operator {
  return (OPERATORS as readonly string[]).includes(text);
}

/** Numbers when both are all digits, else byte by byte, case-sensitive. */
export function compareTexts(left: string, operator: Operator, right: string): boolean | ComparisonFailure {
  if (!/^\d+$/.test(left) || !/^\d+$/.test(right)) return holds(operator, byteOrder(left, right));
  const [leftNumber, rightNumber] = [parseNumber(left), parseNumber(right)];
  if (leftNumber === undefined) return new ComparisonFailure(`${quote(left)} is too large a number`);
  if (rightNumber === undefined) return new ComparisonFailure(`${quote(right)} is too large a number`);
  return holds(operator, sign(leftNumber, rightNumber));
}

/** The operators with the suffix `level`. */
export function compareLevels(left: string, operator: Operator, right: string): boolean | ComparisonFailure {
  const [leftLevel, rightLevel] = [parseLevel(left), parseLevel(right)];
  if (leftLevel === undefined) return new ComparisonFailure(`${quote(left)} is not a compatibility level`);
  if (rightLevel === undefined) return new ComparisonFailure(`${quote(right)} is not a compatibility level`);
  return holds(operator, sign(leftLevel, rightLevel));
}

function holds(operator: Operator, order: number): boolean {
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
  }
}

function sign(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** UTF-8's byte order, which is that of code points and not JavaScript's. */
function byteOrder(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function parseNumber(digits: string): bigint | undefined {
  const significant = digits.replace(/^0+(?=\d)/, '');
  if (significant.length > 19) return undefined;
  const number = BigInt(significant);
  return number <= LONG_MAX ? number : undefined;
}

function parseLevel(text: string): bigint | undefined {
  if (text.length > 80) return undefined;
  const [, major, minor = '0', patch = '0'] = LEVEL.exec(text) ?? [];
  if (major === undefined) return undefined;
  const [a, b, c] = [BigInt(major), BigInt(minor), BigInt(patch)];
  const isInRange =
    a >= 0n && a <= MAJOR_MAX && b >= 0n && b <= LEVEL_PART_MAX && c >= 0n && c <= LEVEL_PART_MAX;
  return isInRange ? (a << 20n) | (b << 10n) | c : undefined;
}
