import { expect, test } from 'vitest';
import { inReadingOrder } from '../../src/language/reading-order.ts';
import { Source } from '../../src/language/source.ts';

const policy = new Source('main.cf', 'x'.repeat(100));
const table = new Source('table', 'x'.repeat(100));

function at(source: Source, start: number, code = '') {
  return { code, span: { source, start, end: start + 1 } };
}

test('file by file as they come up, each from top to bottom', () => {
  const found = [at(policy, 7), at(table, 5), at(policy, 3), at(table, 1)];
  expect(inReadingOrder(found)).toEqual([at(policy, 3), at(policy, 7), at(table, 1), at(table, 5)]);
});

test('what stands at one place stays in the order it was found in', () => {
  const found = [at(policy, 3, 'first'), at(policy, 3, 'second'), at(policy, 1, 'above')];
  expect(inReadingOrder(found).map(({ code }) => code)).toEqual(['above', 'first', 'second']);
});

test('what has no place is kept', () => {
  const found = [{ span: undefined, code: 'no place' }, at(policy, 3)];
  expect(inReadingOrder(found)).toEqual(found);
});
