/**
 * Requests as text: pairs of names and values in, the bytes of the wire out,
 * and generators of both for property tests.
 */
import fc from 'fast-check';
import { ATTRIBUTES, REQUEST_TYPE } from '../../src/protocol/attributes.ts';

export type Pair = readonly [name: string, value: string];

export function requestText(pairs: readonly Pair[], lineEnd = '\n'): string {
  return `${pairs.map(([name, value]) => `${name}=${value}${lineEnd}`).join('')}${lineEnd}`;
}

/** Values without LF and NUL; a CR only where it does not end the line. */
const value = fc
  .oneof(
    { weight: 5, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', '=', 'a=b', ' ', 'unknown', '<>', 'ü@exämple.jp', '配信@例え.jp'),
    },
  )
  .map((text) =>
    text
      .toWellFormed()
      .replaceAll(/[\n\0]/g, '')
      .replace(/\r+$/, ''),
  );

const otherName = fc.stringMatching(/^[a-z_]{1,12}$/).map((name) => `x_${name}`);

/** The attributes of one Postfix: some of those known, in any order, and a few that no version sends. */
export const names = fc
  .tuple(
    fc.subarray(ATTRIBUTES.map((row) => row.name as string).filter((name) => name !== 'request')),
    fc.uniqueArray(otherName, { maxLength: 3 }),
  )
  .chain(([known, other]) => {
    const all = ['request', ...known, ...other];
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  });

/** Requests that one Postfix could send one after another: the same names in the same order. */
export const conversation = names.chain((order) =>
  fc.array(
    fc.tuple(
      ...order.map((name) =>
        fc.tuple(fc.constant(name), name === 'request' ? fc.constant(REQUEST_TYPE) : value),
      ),
    ),
    { minLength: 1, maxLength: 6 },
  ),
);
