/** Quantifiers of PCRE2: `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`. Any other `{` is literal. */
import type { PatternCursor } from './pattern-cursor.ts';

const MAX_REPEAT = 65_535;

/** Reads minimum and maximum; undefined, with nothing read, when no quantifier stands here. */
export function readQuantifier(cursor: PatternCursor): readonly [number, number] | undefined {
  if (cursor.take('*')) return [0, Number.POSITIVE_INFINITY];
  if (cursor.take('+')) return [1, Number.POSITIVE_INFINITY];
  if (cursor.take('?')) return [0, 1];
  const text = cursor.takeMatch(/\{[0-9]+(?:,[0-9]*)?\}/y);
  if (text === '') return undefined;
  const [low = '', high] = text.slice(1, -1).split(',');
  const min = Number(low);
  const max = high === undefined ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
  if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY)) {
    throw cursor.syntaxError('number too big in `{}` quantifier');
  }
  if (min > max) throw cursor.syntaxError('numbers out of order in `{}` quantifier');
  return [min, max];
}

export function nothingToRepeat(cursor: PatternCursor): Error {
  return cursor.syntaxError('quantifier does not follow a repeatable item');
}
