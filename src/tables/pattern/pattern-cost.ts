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
import { isUnambiguous } from './unambiguity.ts';

/** An upper bound: `factor * length ^ degree`. */
export interface Cost {
  readonly factor: number;
  /** Infinity: exponential, or too involved to tell. */
  readonly degree: number;
}

interface Effort {
  readonly ways: Cost;
  readonly steps: Cost;
}

const ONE: Cost = { factor: 1, degree: 0 };
const LENGTH: Cost = { factor: 1, degree: 1 };
const UNBOUNDED: Cost = { factor: 1, degree: Number.POSITIVE_INFINITY };
const MAX_FACTOR = 1e7;

/** Steps to try the pattern at every place of a text. */
export function searchCost(root: Node): Cost {
  const { steps } = effortOf(root);
  return startsAnchored(root) ? steps : times(steps, LENGTH);
}

/** The longest text that takes no more than `steps`; Infinity when length does not matter. */
export function longestWithin(cost: Cost, steps: number): number {
  if (cost.degree === 0) return cost.factor <= steps ? Number.POSITIVE_INFINITY : 0;
  if (cost.degree === Number.POSITIVE_INFINITY) return 0;
  return Math.floor((steps / cost.factor) ** (1 / cost.degree));
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
    let end = start + 1;
    let run = effortOf(parts[start] ?? EMPTY);
    if (run.ways.degree > 0 || run.ways.factor > 1) {
      while (end < parts.length && isUnambiguous(concat(parts.slice(start, end + 1)), false)) {
        run = followedBy(run, effortOf(parts[end++] ?? EMPTY));
      }
      if (end > start + 1) run = cheaper(run, effortOfUnambiguous(concat(parts.slice(start, end))));
    }
    whole = followedBy(whole, run);
    start = end;
  }
  return whole;
}

function followedBy(a: Effort, b: Effort): Effort {
  return { ways: times(a.ways, b.ways), steps: plus(a.steps, times(a.ways, b.steps)) };
}

function cheaper(a: Effort, b: Effort): Effort {
  return a.ways.degree < b.ways.degree ||
    (a.ways.degree === b.ways.degree && a.steps.degree <= b.steps.degree)
    ? a
    : b;
}

function effortOfRepeat(node: Extract<Node, { kind: 'repeat' }>): Effort {
  const { body, min, max } = node;
  const own = effortOf(body);
  const isBounded = max !== Number.POSITIVE_INFINITY;
  if (own.ways.degree === 0 && own.ways.factor === 1 && !isNullable(body)) {
    const ways: Cost = isBounded ? { factor: max - min + 1, degree: 0 } : LENGTH;
    const rounds: Cost = isBounded ? { factor: max + 1, degree: 0 } : LENGTH;
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

/** What is read in one way only is walked once, and can end at each place once. */
function effortOfUnambiguous(node: Node): Effort {
  return { ways: { factor: 2, degree: 1 }, steps: { factor: 2 * countNodes(node), degree: 1 } };
}

function times(a: Cost, b: Cost): Cost {
  const factor = a.factor * b.factor;
  return factor > MAX_FACTOR ? UNBOUNDED : { factor, degree: a.degree + b.degree };
}

/** A bound for the sum, for texts of one character and more. */
function plus(a: Cost, b: Cost): Cost {
  const factor = a.factor + b.factor;
  return factor > MAX_FACTOR ? UNBOUNDED : { factor, degree: Math.max(a.degree, b.degree) };
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
