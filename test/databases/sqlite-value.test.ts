import { expect, it } from 'vitest';
import { sqliteText } from '../../src/databases/sqlite-value.ts';

it.each([
  [null, null],
  ['text', 'text'],
  ['up\0to', 'up'],
  [9007199254740993n, '9007199254740993'],
  [0, '0.0'],
  [1.5, '1.5'],
  [-2, '-2.0'],
  [0.1 + 0.2, '0.3'],
  [1e15, '1.0e+15'],
  [123456789012345, '123456789012345.0'],
  [0.00001, '1.0e-05'],
  [0.0001, '0.0001'],
  [1e300, '1.0e+300'],
  [Number.POSITIVE_INFINITY, 'Inf'],
  [new Uint8Array([0xc3, 0xa9, 0, 1]), 'é'],
])('a value as text: %o', (value, text) => {
  expect(sqliteText(value)).toBe(text);
});
