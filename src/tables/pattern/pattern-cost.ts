/**
 * How much work a backtracking matcher may have with a pattern, at worst.
 *
 * For each part it bounds the ways to match from one place (each is a place to
 * come back to) and the steps to try them all: a product along a concatenation,
 * a sum over alternatives, the length of the text for an unbounded repetition,
 * and no more than that for anything that can be read in one way only.
 * Repetitions in repetitions are exponential unless they are unambiguous.
 */
import { concat, EMPTY, isNullable, type Node } from './syntax-tree.ts';
import { endsAtOnePlace, isUnambiguous } from './unambiguity.ts';

/** An upper bound: a polynomial of the length of the text. */
export interface Cost {
  /** Of each power of the length, the constant first. */
  readonly factors: readonly number[];
  /** Infinity: exponential, or too involved to tell. */
  readonly degree: number;
}

interface Effort {
  readonly ways: Cost;
  readonly steps: Cost;
}

const MAX_FACTOR = 1e7;
/** Beyond it a text of two characters takes longer than any pattern may; sums of hundreds of powers are slow to make. */
const MAX_DEGREE = 24;
const ONE = polynomial([1]);
const LENGTH = polynomial([0, 1]);
const UNBOUNDED: Cost = { factors: [], degree: Number.POSITIVE_INFINITY };
/** Two costs are compared for a text of this length. */
const TYPICAL_LENGTH = 320;
/** Costs of longer texts do not matter: no search string is longer. */
const MAX_LENGTH = 1 << 20;

function polynomial(factors: readonly number[]): Cost {
  const degree = factors.length - 1;
  return degree > MAX_DEGREE || factors.some((factor) => factor > MAX_FACTOR)
    ? UNBOUNDED
    : { factors, degree };
}

function costAt({ factors, degree }: Cost, length: number): number {
  if (degree === Number.POSITIVE_INFINITY) return degree;
  return factors.reduceRight((sum, factor) => sum * length + factor, 0);
}

/** Steps to try the pattern at every place of a text. */
export function searchCost(root: Node): Cost {
  const { steps } = effortOf(root);
  return startsAnchored(root) ? steps : times(steps, LENGTH);
}

/** The longest text that takes no more than `steps`; Infinity when length does not matter. */
export function longestWithin(cost: Cost, steps: number): number {
  if (costAt(cost, MAX_LENGTH) <= steps) return Number.POSITIVE_INFINITY;
  let within = 0;
  for (let beyond = MAX_LENGTH; beyond - within > 1; ) {
    const middle = (within + beyond) >> 1;
    if (costAt(cost, middle) <= steps) within = middle;
    else beyond = middle;
  }
  return within;
}

function effortOf(node: Node): Effort {
  switch (node.kind) {
    case 'concat':
      return effortAlong(node.parts);
    case 'alternation': {
      const options = node.options.map(effortOf);
      return {
        ways: options.map(({ ways }) => ways).reduce(plus),
        steps: options.map(({ steps }) => steps).reduce(plus),
      };
    }
    case 'group':
      return effortOf(node.body);
    case 'atomic':
    case 'look':
      // Once it has matched, no other way is tried.
      return { ways: ONE, steps: effortOf(node.body).steps };
    case 'repeat':
      return effortOfRepeat(node);
    case 'back-reference':
      return { ways: ONE, steps: LENGTH };
    default:
      return { ways: ONE, steps: ONE };
  }
}

/** Along the parts, where runs of parts that are unambiguous together count as one. */
function effortAlong(parts: readonly Node[]): Effort {
  let whole: Effort = { ways: ONE, steps: ONE };
  for (let start = 0; start < parts.length; ) {
    // Nothing that follows changes it.
    if (whole.ways === UNBOUNDED && whole.steps === UNBOUNDED) break;
    let end = start + 1;
    let run = effortOf(parts[start] ?? EMPTY);
    if (!isOne(run.ways)) {
      end = endOfUnambiguous(parts, start);
      for (const part of parts.slice(start + 1, end)) run = followedBy(run, effortOf(part));
      if (end > start + 1) run = cheaper(run, effortOfUnambiguous(concat(parts.slice(start, end))));
    }
    whole = followedBy(whole, run);
    start = end;
  }
  return whole;
}

/** Where the parts from `start` on end to be unambiguous together. Found by halves: no part takes ways away from those before it. */
function endOfUnambiguous(parts: readonly Node[], start: number): number {
  let within = start + 1;
  let beyond = start + 2;
  const isWithin = (end: number) => isUnambiguous(concat(parts.slice(start, end)), false);
  for (; beyond <= parts.length && isWithin(beyond); beyond = 2 * beyond - start) within = beyond;
  beyond = Math.min(beyond, parts.length + 1);
  while (beyond - within > 1) {
    const middle = (within + beyond) >> 1;
    if (isWithin(middle)) within = middle;
    else beyond = middle;
  }
  return within;
}

function followedBy(a: Effort, b: Effort): Effort {
  return { ways: times(a.ways, b.ways), steps: plus(a.steps, times(a.ways, b.steps)) };
}

function cheaper(a: Effort, b: Effort): Effort {
  const difference = costAt(a.ways, TYPICAL_LENGTH) - costAt(b.ways, TYPICAL_LENGTH);
  if (difference !== 0) return difference < 0 ? a : b;
  return costAt(a.steps, TYPICAL_LENGTH) <= costAt(b.steps, TYPICAL_LENGTH) ? a : b;
}

function effortOfRepeat(node: Extract<Node, { kind: 'repeat' }>): Effort {
  const { body, min, max } = node;
  const own = effortOf(body);
  const isBounded = max !== Number.POSITIVE_INFINITY;
  if (isOne(own.ways) && !isNullable(body)) {
    const ways = isBounded ? polynomial([max - min + 1]) : LENGTH;
    const rounds = isBounded ? polynomial([max + 1]) : LENGTH;
    return { ways, steps: times(rounds, own.steps) };
  }
  if (isUnambiguous(body, true)) return effortOfUnambiguous(node);
  let ways: Cost = ONE;
  let power: Cost = ONE;
  for (let count = 1; isBounded && count <= max; count++) {
    power = times(power, own.ways);
    ways = plus(ways, power);
    if (ways.degree > 3) break;
  }
  if (!isBounded || ways.degree > 3) return { ways: UNBOUNDED, steps: UNBOUNDED };
  return { ways, steps: times(ways, own.steps) };
}

/** What is read in one way only is walked once, and can end at each place once, if not at one place alone. */
function effortOfUnambiguous(node: Node): Effort {
  return {
    ways: endsAtOnePlace(node) ? ONE : polynomial([0, 2]),
    steps: polynomial([0, 2 * countNodes(node)]),
  };
}

function isOne({ factors, degree }: Cost): boolean {
  return degree === 0 && factors[0] === 1;
}

function times(a: Cost, b: Cost): Cost {
  if (isOne(a)) return b;
  if (isOne(b)) return a;
  const degree = a.degree + b.degree;
  if (degree === Number.POSITIVE_INFINITY) return UNBOUNDED;
  const factors = new Array<number>(degree + 1).fill(0);
  for (const [i, x] of a.factors.entries()) {
    for (const [j, y] of b.factors.entries()) factors[i + j] = (factors[i + j] ?? 0) + x * y;
  }
  return polynomial(factors);
}

function plus(a: Cost, b: Cost): Cost {
  const degree = Math.max(a.degree, b.degree);
  if (degree === Number.POSITIVE_INFINITY) return UNBOUNDED;
  return polynomial(
    Array.from({ length: degree + 1 }, (_, power) => (a.factors[power] ?? 0) + (b.factors[power] ?? 0)),
  );
}

function countNodes(node: Node): number {
  switch (node.kind) {
    case 'concat':
      return node.parts.reduce((sum, part) => sum + countNodes(part), 1);
    case 'alternation':
      return node.options.reduce((sum, option) => sum + countNodes(option), 1);
    case 'group':
    case 'atomic':
    case 'look':
    case 'repeat':
      return 1 + countNodes(node.body);
    default:
      return 1;
  }
}

/** True when every way to match begins at the start of the text. */
function startsAnchored(node: Node): boolean {
  switch (node.kind) {
    case 'anchor':
      return node.place === 'start';
    case 'concat': {
      const first = node.parts.find(({ kind }) => kind !== 'empty');
      return first !== undefined && startsAnchored(first);
    }
    case 'alternation':
      return node.options.every(startsAnchored);
    case 'group':
    case 'atomic':
      return startsAnchored(node.body);
    default:
      return false;
  }
}
