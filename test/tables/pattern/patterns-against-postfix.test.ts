/** Random patterns and texts: our tables against postmap's. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/language/diagnostic.ts';
import { readPcreFile, readRegexpFile } from '../../../src/tables/pattern-table.ts';
import { TableFailure } from '../../../src/tables/table.ts';
import { hasPostmap, load, PostmapDirectory } from '../postmap.ts';

const RUNS = Number(process.env['POSTWARD_PATTERN_RUNS'] ?? 200);

/** Something that tempts an implementation to differ, and texts that it matches, if there are any. */
type Piece = readonly [pattern: string, ...samples: string[]];

const COMMON: readonly Piece[] = [
  ['a', 'a', 'A'],
  ['b', 'b'],
  ['A', 'a', 'A'],
  ['ab', 'ab', 'aB'],
  ['.', 'c', 'é', ' '],
  ['[ab]', 'a', 'b'],
  ['[^a]', 'b', '1', 'é'],
  ['[A-z]', 'b', '^', '_'],
  ['[[:alpha:]]', 'c'],
  ['[[:digit:]b]', '1', 'b'],
  ['\\.', '.'],
  ['\\bé', 'é'],
  ['é', 'é'],
  ['1', '1'],
  ['-', '-'],
  ['@', '@'],
  ['^', ''],
  ['$', ''],
  ['\\b', ''],
  ['\\B', ''],
  ['\\w', 'a', '_', '1'],
  ['\\W', '.', '@', ' '],
  ['\\s', ' '],
  ['[]a]', ']', 'a'],
  ['[a-]', 'a', '-'],
  ['\\1', 'a'],
  ['(a)', 'a'],
  ['(b|)', 'b', ''],
  ['(a*)', '', 'a', 'aa'],
  ['{', '{'],
  ['\\d', '1', 'd'],
];
const PCRE: readonly Piece[] = [
  ...COMMON,
  ['\\D', 'a', 'é'],
  ['(?:a|b)', 'a', 'b'],
  ['(?:a?|b)', '', 'a', 'b'],
  ['(?:|c)', '', 'c'],
  ['(?i)b', 'b', 'B'],
  ['(?-i:A)', 'A'],
  // Not `(?=a)`: PCRE2 10.42 wants two `a` for `(?=a)b?a`.
  ['(?=[ab])', ''],
  ['(?!b)', ''],
  ['(?<=a)', ''],
  ['(?<!b)', ''],
  ['(?>a*)', 'a', 'aa'],
  ['a++', 'a', 'aa'],
  ['\\Qa.\\E', 'a.'],
  ['\\x41', 'A'],
  ['\\A', ''],
  ['\\z', ''],
  ['\\Z', ''],
  ['[\\w.]', '.', 'a'],
  ['[^\\d]', 'a'],
  ['(?<n>a)', 'a'],
  ['\\h', ' '],
  ['\\R', ''],
  ['b*?', '', 'b'],
  ['[[:^digit:]]', 'a', 'é'],
  ['[\\d-]', '-', '1'],
  ['[a\\E-c]', 'b'],
  ['[a\\Q-c\\E]', '-'],
  ['a\\E', 'a', 'A'],
  ['(?J)', ''],
  ['(?xx)[a b]', 'a', 'b'],
  // Refused: Postfix skips the line.
  ['[:alpha:]', ''],
  ['[.a.]', ''],
  ['[[=a=]]', ''],
  ['[\\d-z]', ''],
];
const REGEXP: readonly Piece[] = [
  ...COMMON,
  ['\\<', ''],
  ['\\>', ''],
  ['[[=a=]]', 'a'],
  ['[[.-.]]', '-'],
  ['(a|ab)', 'a', 'ab'],
  ['(b|bc|c)', 'b', 'bc', 'c'],
  ['\\D', 'D'],
  ['[[:upper:]]', 'B'],
];

/** With how often what they follow is there. Without `{0}`: PCRE2 10.42 takes `(?=a)` in a group that is repeated zero times for a condition. */
const QUANTIFIERS: readonly (readonly [quantifier: string, ...counts: number[]])[] = [
  ['', 1],
  ['', 1],
  ['', 1],
  ['*', 0, 1, 3],
  ['+', 1, 2],
  ['?', 0, 1],
  ['{2}', 2],
  ['{1,2}', 1, 2],
  ['{,2}', 0, 1],
  ['{2,}', 2, 3],
];
const CHARS = ['a', 'b', 'A', 'B', 'c', '.', '1', '-', '@', 'é', 'É', ' x', '^', '{', 'd', '_'] as const;
const texts = fc
  .array(fc.constantFrom(...CHARS), { minLength: 1, maxLength: 7 })
  .map((parts) => parts.join(''));

/** A pattern, and a text that it would match if nothing in it got in the way of anything else. */
interface Sampled {
  readonly pattern: string;
  readonly sample: string;
}

const joined = (parts: readonly Sampled[]): Sampled => ({
  pattern: parts.map(({ pattern }) => pattern).join(''),
  sample: parts.map(({ sample }) => sample).join(''),
});

function repeated({ pattern, sample }: Sampled): fc.Arbitrary<Sampled> {
  return fc.constantFrom(...QUANTIFIERS).chain(([quantifier, ...counts]) =>
    fc.constantFrom(...counts).map((count) => ({
      pattern: pattern + quantifier,
      sample: sample.repeat(count),
    })),
  );
}

/** Repeated, it is a mistake more often than not; and what matches no text of its own keeps others from matching. */
function isDelicate([pattern, ...samples]: Piece): boolean {
  return /[+?{]$|^\\1$/.test(pattern) || samples.every((sample) => sample === '');
}

function patterns(pieces: readonly Piece[]): fc.Arbitrary<Sampled> {
  const taken = (from: readonly Piece[]): fc.Arbitrary<Sampled> =>
    fc
      .constantFrom(...from)
      .chain(([pattern, ...samples]) => fc.constantFrom(...samples).map((sample) => ({ pattern, sample })));
  const delicate = taken(pieces.filter(isDelicate));
  const piece = fc.oneof(
    { weight: 12, arbitrary: taken(pieces.filter((each) => !isDelicate(each))).chain(repeated) },
    { weight: 3, arbitrary: delicate },
    { weight: 1, arbitrary: delicate.chain(repeated) },
  );
  const sequence = fc.array(piece, { minLength: 1, maxLength: 3 }).map(joined);
  const group = fc
    .tuple(sequence, sequence, fc.boolean())
    .map(([a, b, isFirst]) => ({ pattern: `(${a.pattern}|${b.pattern})`, sample: (isFirst ? a : b).sample }))
    .chain(repeated);
  return fc
    .tuple(
      fc.constantFrom('^', '', ''),
      fc.array(fc.oneof(sequence, sequence, group), { minLength: 1, maxLength: 3 }).map(joined),
      fc.constantFrom('$', '', ''),
    )
    .map(([start, { pattern, sample }, end]) => ({ pattern: `${start}${pattern}${end}`, sample }));
}

/** The sample as it is and within other text, cut, doubled, in other case; and texts that know nothing of it. */
function keysFor({ sample }: Sampled): fc.Arbitrary<string[]> {
  const near = fc
    .tuple(fc.constantFrom('', '', ...CHARS), fc.constantFrom('', '', ...CHARS), fc.nat(4))
    .map(([before, after, change]) => {
      const changed = [sample, sample.toUpperCase(), sample.slice(1), sample.slice(0, -1), sample + sample];
      return `${before}${changed[change] ?? ''}${after}`;
    })
    .filter((text) => text.trim() !== '' && text === text.trimEnd());
  return fc.uniqueArray(fc.oneof({ weight: 2, arbitrary: near }, texts), { minLength: 6, maxLength: 16 });
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
        patterns(pieces).chain((sampled) => fc.tuple(fc.constant(sampled.pattern), keysFor(sampled))),
        fc.constantFrom(...flags),
        fc.nat(9),
        async ([pattern, keys], flag, choice) => {
          // Out of range, it would be a mistake.
          const groups = pattern.match(/\((?!\?)/g)?.length ?? 0;
          const result = choice < (groups > 0 ? 5 : 1) ? `<$${choice % 2 === 0 ? 1 : groups}>` : 'OK';
          const line = `/${pattern}/${flag} ${result}\n`;
          const { content, diagnostics } = load(reader, line);
          // What we refuse to decide is told; it cannot differ.
          if (diagnostics.some(isReservation)) return;
          const results = keys.map((key) => content.lookup(key));
          // postmap gives up at the first failing lookup: ask the others on their own.
          const sound = keys.filter((_, at) => !(results[at] instanceof TableFailure));
          const expected = await postmap.query(type, line, sound);
          if (postmap.hasGivenUp) return;
          expect(
            results.filter((each) => !(each instanceof TableFailure)),
            line,
          ).toEqual(expected);
          compared++;
          if (expected.some((value) => value !== undefined)) matched++;
        },
      ),
      { numRuns: RUNS },
    );
    expect(compared).toBeGreaterThan(RUNS / 4);
    // About a third do; how many of a run is chance.
    expect(matched).toBeGreaterThan(compared / 20);
  });

  test('a repetition ends with a round that took nothing', async () => {
    const decided = [
      ...[
        '/^(a?|b)?(.)/ <$1><$2>',
        '/^(a?|b)??(.)/ <$1><$2>',
        '/^(?:a?|b)*(.)/ <$1>',
        '/^(?:a?|b)+(.)/ <$1>',
      ],
      ...['/^(?:a?|b){1,3}(.)/ <$1>', '/^(?:b|a?){2,3}(.)/ <$1>', '/^(?:a?|b){2,}(.)/ <$1>'],
      ...[
        '/^(?:a?|b)*?(.)/ <$1>',
        '/^(?:(?:a?|b)*|c)*(.)/ <$1>',
        '/^(?:|a)+(b)?/ <$1>',
        '/^(?:|a)*?(b)/ <$1>',
      ],
      ...['/^(?>(?:a?|b)?)c/ R', '/^(?:a?|b)?+c/ R', '/(?:b*)*c$/ R'],
    ];
    const refused = [
      '/^(?>(?:a?|b)*)c/ R',
      '/^(?:a?|b)*+c/ R',
      '/^(a?|b)+\\1$/ R',
      '/^(?:(?=c)|b)*(.)/ <$1>',
    ];
    const keys = ['bc', 'b', 'abc', 'c', 'aab', 'bbc'];
    for (const line of decided) {
      const { content, diagnostics } = load(readPcreFile, `${line}\n`);
      expect([line, diagnostics]).toEqual([line, []]);
      const expected = await postmap.query('pcre', `${line}\n`, keys);
      expect(
        keys.map((key) => content.lookup(key)),
        line,
      ).toEqual(expected);
    }
    for (const line of refused) {
      const { diagnostics } = load(readPcreFile, `${line}\n`);
      expect([line, diagnostics.map(({ code }) => code)]).toEqual([
        line,
        [expect.stringMatching(/^pattern-un/)],
      ]);
    }
  });
});
