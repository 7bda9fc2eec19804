/** Random patterns and texts: our tables against postmap's. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/language/diagnostic.ts';
import { readPcreFile, readRegexpFile } from '../../../src/tables/pattern-table.ts';
import { TableFailure } from '../../../src/tables/table.ts';
import { hasPostmap, load, PostmapDirectory } from '../postmap.ts';

/** Pieces that tempt an implementation to differ. */
const COMMON = [
  'a',
  'b',
  'A',
  'ab',
  '.',
  '[ab]',
  '[^a]',
  '[A-z]',
  '[[:alpha:]]',
  '[[:digit:]b]',
  '\\.',
  '\\bé',
  'é',
  '1',
  '-',
  '@',
  '^',
  '$',
  '\\b',
  '\\B',
  '\\w',
  '\\W',
  '\\s',
  '[]a]',
  '[a-]',
  '\\1',
  '(a)',
  '(b|)',
  '(a*)',
  '{',
  '\\d',
];
const PCRE = [
  ...COMMON,
  '\\D',
  '(?:a|b)',
  '(?i)b',
  '(?-i:A)',
  '(?=a)',
  '(?!b)',
  '(?<=a)',
  '(?<!b)',
  '(?>a*)',
  'a++',
  '\\Qa.\\E',
  '\\x41',
  '\\A',
  '\\z',
  '\\Z',
  '[\\w.]',
  '[^\\d]',
  '(?<n>a)',
  '\\h',
  '\\R',
  'b*?',
];
const REGEXP = [...COMMON, '\\<', '\\>', '[[=a=]]', '[[.-.]]', '(a|ab)', '(b|bc|c)', '\\D', '[[:upper:]]'];

/** Without `{0}`: PCRE2 10.42 takes `(?=a)` in a group that is repeated zero times for a condition. */
const QUANTIFIERS = ['', '', '', '*', '+', '?', '{2}', '{1,2}', '{,2}', '{2,}'];
const texts = fc
  .array(fc.constantFrom('a', 'b', 'A', 'B', 'c', '.', '1', '-', '@', 'é', 'É', ' x', '^', '{', 'd', '_'), {
    minLength: 1,
    maxLength: 7,
  })
  .map((parts) => parts.join(''));

function patterns(pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc
    .tuple(fc.constantFrom(...pieces), fc.constantFrom(...QUANTIFIERS))
    .map((parts) => parts.join(''));
  const sequence = fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
  const group = fc
    .tuple(sequence, sequence, fc.constantFrom(...QUANTIFIERS))
    .map(([a, b, q]) => `(${a}|${b})${q}`);
  return fc
    .tuple(
      fc.constantFrom('^', '', ''),
      fc.array(fc.oneof(sequence, sequence, group), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('$', '', ''),
    )
    .map(([start, parts, end]) => `${start}${parts.join('')}${end}`);
}

function isReservation({ code, message }: Diagnostic): boolean {
  return (
    code === 'pattern-unsupported' ||
    code === 'pattern-unbounded' ||
    message.startsWith('an anchor inside a repetition')
  );
}

describe.skipIf(!hasPostmap)('random patterns decide as Postfix decides', () => {
  let postmap: PostmapDirectory;
  beforeAll(async () => {
    postmap = await PostmapDirectory.create();
  });
  afterAll(async () => {
    await postmap.remove();
  });

  test.each([
    ['regexp', readRegexpFile, REGEXP, ['', 'i', 'm']],
    ['pcre', readPcreFile, PCRE, ['', 'i', 's', 'm', 'x', 'A', 'E', 'U']],
  ] as const)('%s', async (type, reader, pieces, flags) => {
    let compared = 0;
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(
        patterns(pieces),
        fc.constantFrom(...flags),
        fc.constantFrom('OK', '<$1>'),
        fc.uniqueArray(texts, { minLength: 8, maxLength: 16 }),
        async (pattern, flag, result, keys) => {
          const line = `/${pattern}/${flag} ${result}\n`;
          const { content, diagnostics } = load(reader, line);
          // What we refuse to decide is told; it cannot differ.
          if (diagnostics.some(isReservation)) return;
          const results = keys.map((key) => content.lookup(key));
          // postmap gives up at the first failing lookup: ask the others on their own.
          const sound = keys.filter((_, at) => !(results[at] instanceof TableFailure));
          const expected = await postmap.query(type, line, sound);
          expect(
            results.filter((each) => !(each instanceof TableFailure)),
            line,
          ).toEqual(expected);
          compared++;
          if (expected.some((value) => value !== undefined)) matched++;
        },
      ),
      { numRuns: Number(process.env['POSTWARD_PATTERN_RUNS'] ?? 200) },
    );
    expect(compared).toBeGreaterThan(50);
    // About one in ten matches; how many of a run do is chance.
    expect(matched).toBeGreaterThan(0);
  });
});
