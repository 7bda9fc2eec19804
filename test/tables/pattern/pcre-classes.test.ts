/** Bracketed classes of `pcre:` tables: what PCRE2 refuses, and what the others match. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPcreFile } from '../../../src/tables/pattern-table.ts';
import { hasPostmap, load, PostmapDirectory } from '../postmap.ts';

/** Refused, with the beginning of the reason in PCRE2's own words. */
const REFUSED = [
  ['[:digit:]+', 'POSIX named classes are supported only within a class', 'write `[[:digit:]]`'],
  ['x[:^space:]', 'POSIX named classes are supported only within a class', 'write `[[:^space:]]`'],
  ['[:foo:]', 'POSIX named classes are supported only within a class', 'set of characters'],
  ['[::]', 'POSIX named classes are supported only within a class', 'set of characters'],
  ['[.a.]', 'POSIX collating elements are not supported', 'set of characters'],
  ['[=a=]', 'POSIX collating elements are not supported', 'set of characters'],
  ['^[.a-z0-9.]+$', 'POSIX collating elements are not supported', 'both begin and end with `.`'],
  ['[.\\].]', 'POSIX collating elements are not supported', 'set of characters'],
  ['[[.a.]]', 'POSIX collating elements are not supported', 'set of characters'],
  ['[a[=a=]]', 'POSIX collating elements are not supported', 'set of characters'],
  ['[a[:foo:]]', 'unknown POSIX class name', 'the names are alpha, digit'],
  ['[[:]:]', undefined, undefined],
  ['[[:digit:]-z]', 'invalid range in character class', 'last'],
  ['[a-[:digit:]]', 'invalid range in character class', 'last'],
  ['[\\d-z]', 'invalid range in character class', 'last'],
  ['[z-\\d]', 'invalid range in character class', 'last'],
  ['[\\pL-z]', 'invalid range in character class', 'last'],
  ['[z-\\E\\d]', 'invalid range in character class', 'last'],
  ['[b-\\Qa\\E]', 'range out of order in character class', undefined],
  ['[:digit:]\\p{L}', 'POSIX named classes are supported only within a class', 'write `[[:digit:]]`'],
  ['\\p{L}[:digit:]', 'POSIX named classes are supported only within a class', 'write `[[:digit:]]`'],
  ['[:a]', undefined, undefined],
  ['[^:alpha:]', undefined, undefined],
  ['[:[:alpha:]]', undefined, undefined],
  ['[.[.].]', undefined, undefined],
  ['[\\d-]', undefined, undefined],
  ['[[:digit:]\\E-z]', undefined, undefined],
] as const;

const MEMBERS = [
  ...['a', 'b', 'z', '0', '9', 'é', ' ', '-', '-', '^', '[', ':', '.', '='],
  ...['[:', ':]', '[.', '.]', '=]', '[:alpha:]', '[:^digit:]', '[:word:]', '[:foo:]', '[.a.]', '[=a=]'],
  ...['\\d', '\\W', '\\h', '\\b', '\\]', '\\-', '\\x41', '\\101', '\\8', '\\g', '\\R'],
  ...['\\E', '\\Q', '\\Qa-\\E', '\\Q\\E'],
] as const;
const KEYS = [
  'a',
  'b',
  'A',
  'z',
  '0',
  '9',
  'é',
  'é.',
  ':',
  '.',
  '=',
  '-',
  '^',
  '[',
  ']',
  'a]',
  '\\',
  'g',
  'E',
  '_',
];

const classes = fc
  .tuple(
    fc.constantFrom('', '', '', 'x', '(?xx)', '(?-i)', '\\Q\\E'),
    fc.constantFrom('[', '[', '[', '[^', '[]', '[^]', '[\\E', '[:', '[.'),
    fc.array(fc.constantFrom(...MEMBERS), { minLength: 1, maxLength: 5 }),
    fc.constantFrom(']', ']', ']', ']+', ']\\E*', ':]', '.]', ']]'),
    fc.constantFrom('', '', '$', 'a'),
  )
  .map(
    ([before, open, members, close, behind]) => `/${before}${open}${members.join('')}${close}${behind}/ OK`,
  );

function isRefused(line: string): boolean {
  return load(readPcreFile, `${line}\n`).diagnostics.some(({ code }) => code === 'pattern-syntax');
}

describe('classes that PCRE2 refuses', () => {
  test.each(REFUSED.filter(([, reason]) => reason !== undefined))('/%s/', (pattern, reason, help) => {
    const { content, diagnostics } = load(readPcreFile, `/${pattern}/ REJECT\n`);
    expect(diagnostics).toMatchObject([
      {
        code: 'pattern-syntax',
        severity: 'warning',
        message: expect.stringMatching(`^${reason}.*; Postfix skips this line$`),
        help: expect.stringContaining(help ?? 'pcre_table(5)'),
      },
    ]);
    for (const key of KEYS) expect(content.lookup(key)).toBeUndefined();
  });

  test('are told where they begin', () => {
    const [diagnostic] = load(readPcreFile, '/ab[:digit:]+/ REJECT\n').diagnostics;
    expect(diagnostic?.span).toMatchObject({ start: 3 });
  });
});

describe.skipIf(!hasPostmap)('classes and Postfix', () => {
  let postmap: PostmapDirectory;
  beforeAll(async () => {
    postmap = await PostmapDirectory.create();
  });
  afterAll(async () => {
    await postmap.remove();
  });

  test('Postfix refuses those, and takes the others', async () => {
    const lines = REFUSED.map(([pattern]) => `/${pattern}/ OK`);
    const skipped = await postmap.skippedLines('pcre', lines);
    expect(lines.map((_, at) => skipped.has(at + 1))).toEqual(
      REFUSED.map(([, reason]) => reason !== undefined),
    );
    expect(lines.map(isRefused)).toEqual(lines.map((_, at) => skipped.has(at + 1)));
  });

  test('random classes are refused or taken as in Postfix', async () => {
    const lines = fc.sample(classes, 1500);
    const skipped = await postmap.skippedLines('pcre', lines);
    const wrong = lines.filter((line, at) => isRefused(line) !== skipped.has(at + 1));
    expect(wrong).toEqual([]);
    expect(skipped.size).toBeGreaterThan(300);
    expect(lines.length - skipped.size).toBeGreaterThan(300);
  });

  test('random classes match what they match in Postfix', async () => {
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(
        classes.filter((line) => !isRefused(line)),
        async (line) => {
          const { content } = load(readPcreFile, `${line}\n`);
          const expected = await postmap.query('pcre', `${line}\n`, KEYS);
          expect(
            KEYS.map((key) => content.lookup(key)),
            line,
          ).toEqual(expected);
          if (expected.includes('OK')) matched++;
        },
      ),
      { numRuns: 150 },
    );
    expect(matched).toBeGreaterThan(50);
  });
});
