/** Notations of PCRE2 that stand for a small pattern of their own. */
import { CharSet, WORD } from './char-set.ts';
import { alternation, concat, type Node } from './syntax-tree.ts';

/** `[[:<:]]` and `[[:>:]]`: a word boundary before, or behind, a word character. */
export function wordEdge(isStart: boolean): Node {
  const look: Node = {
    kind: 'look',
    isAhead: isStart,
    isNegated: false,
    body: { kind: 'set', set: WORD },
  };
  return concat([{ kind: 'anchor', place: 'word-boundary' }, look]);
}

/** `\R`. */
export function newlineSequence(): Node {
  const pair = concat([
    { kind: 'set', set: CharSet.of(13) },
    { kind: 'set', set: CharSet.of(10) },
  ]);
  return {
    kind: 'atomic',
    body: alternation([pair, { kind: 'set', set: CharSet.of(10, 11, 12, 13, 0x85) }]),
  };
}
