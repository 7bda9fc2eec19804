import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTooDeep, MAX_JSON_DEPTH } from '../../src/util/json-depth.ts';

const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;

test.each([
  [nested(MAX_JSON_DEPTH), false],
  [nested(MAX_JSON_DEPTH + 2), true],
  [`[${'[],{},'.repeat(1000)}1]`, false],
  [JSON.stringify(['['.repeat(1000), '\\"[{'.repeat(1000)]), false],
  [`"\\"${'['.repeat(1000)}`, false],
  [`${'"",'.repeat(10)}${'['.repeat(100)}`, true],
])('%.40s… is too deep: %s', (text, isDeep) => {
  expect(isTooDeep(text)).toBe(isDeep);
});

test('says what a walk through the value finds', () => {
  const depthOf = (value: unknown): number =>
    value === null || typeof value !== 'object' ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));
  const value = fc.jsonValue({ maxDepth: 4 });
  fc.assert(
    fc.property(value, fc.integer({ min: 26, max: 36 }), (inner, around) => {
      const text = `${'['.repeat(around)}${JSON.stringify(inner)}${']'.repeat(around)}`;
      expect(isTooDeep(text)).toBe(depthOf(JSON.parse(text)) > MAX_JSON_DEPTH);
    }),
  );
});
