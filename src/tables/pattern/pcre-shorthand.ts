/** Notations of PCRE2 that stand for a small pattern of their own. */
import { CharSet, WORD } from './char-set.ts';
import type { PatternCursor } from './pattern-cursor.ts';
import { alternation, concat, type Node } from './syntax-tree.ts';

export const WORD_BOUNDARY: Node = { kind: 'anchor', place: 'word-boundary' };

/**
 * Reads `[[:<:]]` or `[[:>:]]`: a word boundary, and what is looked for around it.
 * Returns the latter, which alone a quantifier behind repeats.
 */
export function readWordEdge(cursor: PatternCursor): Node | undefined {
  const isStart = cursor.take('[[:<:]]');
  if (!isStart && !cursor.take('[[:>:]]')) return undefined;
  return { kind: 'look', isAhead: isStart, isNegated: false, body: { kind: 'set', set: WORD } };
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
