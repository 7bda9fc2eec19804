import fc from 'fast-check';
import { expect, test } from 'vitest';
import { repeatedField } from '../../src/util/repeated-field.ts';

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['[{"x":{"b c":[{"\\"":0}, {"\\"":1 , "\\"" : 2}]}}]', '"'],
  ['{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}],"c":"a\\":1,\\"a"}', undefined],
  ['"a"', undefined],
  ['{"":1,"":2}', ''],
])('%s has %s twice', (json, field) => {
  JSON.parse(json);
  expect(repeatedField(json)).toBe(field);
});

test('no value has one when JavaScript has written it, and each of its objects has one when a field is said again', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.jsonValue(), (value, field, other) => {
      const json = JSON.stringify(value);
      expect(repeatedField(json)).toBeUndefined();
      const name = JSON.stringify(field);
      expect(repeatedField(`[${json},{${name}:${json},${name}:${JSON.stringify(other)}}]`)).toBe(field);
    }),
  );
});
