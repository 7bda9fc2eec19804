/**
 * Can a text be read by a pattern in more than one way? Decided on the Glushkov
 * automaton: one state for each character set of the pattern. If no state has two
 * successors that share a character, there is one way only. A `false` may be wrong
 * (it is an approximation to the safe side), a `true` is not.
 */
import { CharSet } from './char-set.ts';
import { isNullable, type Node } from './syntax-tree.ts';

/** Automata above this size are not analysed. */
const MAX_POSITIONS = 400;

/** The positions of a part as a Glushkov automaton has them. */
interface Positions {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly isNullable: boolean;
}

/** True when no text can be read in two ways; with `isRepeated`, no text of any number of such texts. */
export function isUnambiguous(node: Node, isRepeated: boolean): boolean {
  if (isRepeated && isNullable(node)) return false;
  const sets: CharSet[] = [];
  const follow: number[][] = [];
  const whole = glushkov(node, sets, follow);
  if (whole === undefined) return false;
  if (isRepeated) connect(whole.last, whole.first, follow);
  return [whole.first, ...follow].every((successors) => {
    const seen = new CharSet();
    for (const successor of successors) {
      const set = sets[successor];
      if (set === undefined || set.intersects(seen)) return false;
      seen.addAll(set);
    }
    return true;
  });
}

/** True when no text that an unambiguous pattern matches begins with another that it matches. */
export function endsAtOnePlace(node: Node): boolean {
  const follow: number[][] = [];
  const whole = glushkov(node, [], follow);
  return whole !== undefined && !whole.isNullable && whole.last.every((last) => follow[last]?.length === 0);
}

/** A successor that is added twice stays in the list twice: it is reached in two ways. */
function connect(from: readonly number[], to: readonly number[], follow: number[][]): void {
  for (const position of from) follow[position]?.push(...to);
}

function glushkov(node: Node, sets: CharSet[], follow: number[][]): Positions | undefined {
  switch (node.kind) {
    case 'empty':
    case 'anchor':
      return { first: [], last: [], isNullable: true };
    case 'set': {
      if (sets.length >= MAX_POSITIONS) return undefined;
      const position = sets.push(node.set) - 1;
      follow.push([]);
      return { first: [position], last: [position], isNullable: false };
    }
    case 'group':
      return glushkov(node.body, sets, follow);
    case 'alternation': {
      const all = node.options.map((option) => glushkov(option, sets, follow));
      // Two empty ways through an alternation are two ways to read the same text.
      if (all.filter((each) => each?.isNullable ?? true).length > 1) return undefined;
      const options = all.filter((each) => each !== undefined);
      if (options.length < all.length) return undefined;
      return {
        first: options.flatMap((option) => option.first),
        last: options.flatMap((option) => option.last),
        isNullable: options.some((option) => option.isNullable),
      };
    }
    case 'concat':
      return glushkovSequence(node.parts, sets, follow);
    case 'repeat':
      return glushkovRepeat(node, sets, follow);
    default:
      return undefined;
  }
}

function glushkovSequence(
  parts: readonly Node[],
  sets: CharSet[],
  follow: number[][],
): Positions | undefined {
  let whole: Positions = { first: [], last: [], isNullable: true };
  for (const part of parts) {
    const next = glushkov(part, sets, follow);
    if (next === undefined) return undefined;
    connect(whole.last, next.first, follow);
    whole = {
      first: whole.isNullable ? [...whole.first, ...next.first] : whole.first,
      last: next.isNullable ? [...whole.last, ...next.last] : next.last,
      isNullable: whole.isNullable && next.isNullable,
    };
  }
  return whole;
}

/** A counted repetition is written out; copies beyond the minimum may be left out from the right. */
function glushkovRepeat(
  { body, min, max }: Extract<Node, { kind: 'repeat' }>,
  sets: CharSet[],
  follow: number[][],
): Positions | undefined {
  if (isNullable(body)) return undefined;
  if (max === Number.POSITIVE_INFINITY) {
    const copies = Math.max(1, min);
    if (copies > MAX_POSITIONS) return undefined;
    const parts = Array.from({ length: copies - 1 }, () => body);
    const head = glushkovSequence(parts, sets, follow);
    const loop = glushkov(body, sets, follow);
    if (head === undefined || loop === undefined) return undefined;
    connect(loop.last, loop.first, follow);
    connect(head.last, loop.first, follow);
    return {
      first: copies > 1 ? head.first : loop.first,
      last: loop.last,
      isNullable: min === 0,
    };
  }
  if (max > MAX_POSITIONS) return undefined;
  let nested: Node = { kind: 'empty' };
  for (let count = max; count > 0; count--) {
    const tail: Node = { kind: 'concat', parts: [body, nested] };
    nested = count > min ? { kind: 'alternation', options: [tail, { kind: 'empty' }] } : tail;
  }
  return glushkov(nested, sets, follow);
}
