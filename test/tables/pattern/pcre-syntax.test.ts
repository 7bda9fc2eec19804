/** Constructs of `pcre:` patterns one by one: taken or refused as in Postfix, or told to be a limit of ours. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPcreFile } from '../../../src/tables/pattern-table.ts';
import { hasPostmap, load, PostmapDirectory } from '../postmap.ts';

const TAKEN = [
  ...['(?J)a', '(?J)(?<n>a)|(?<n>b)', '(?J:(?<n>a))|(?<m>b)', '(?iJ)a', '(?J)(?<n>a)\\k<n>'],
  ...['(?)a', '(?^)A', '(?^J)a', '(?^:A)b', '(?i-i)A', '(?-xx)a b', '(?ii)a'],
  ...[
    '(?xx)[a b]',
    '(?xx)[a - b] x',
    '(?xx)(?x)[ ]',
    '(?xx)[ ]a]',
    '(?xx)[^ ^]',
    '(?xx-x)[ ]',
    '(?xx)[\\d -]',
  ],
  ...['a\\E*b', 'a\\Q\\E+', 'a+\\E?b', 'a{2} ?', '(?x)a+ +b', '(?x)a+ ?b', 'a(?#c)*b', '\\Qab\\E+'],
  ...[
    '[[:<:]]?x',
    '[[:<:]]{0}x',
    '[[:>:]]+ ',
    '[[:<:]]b',
    '(?:^)*b',
    '(?:\\b)?b',
    '(?:\\K)*b',
    '(?=a)?x',
    '(?!x)*x',
  ],
  ...['\\N{2}', '[\\g]', '[\\8]', 'a{,2}', 'a{ 1}', 'a{'],
  ...['(?U)^(?:ab)*+a', '(?U)^a?+a$', '(?U)a+?b', '\\Kb', 'a\\Kb'],
] as const;

const REFUSED = [
  ['(?<n>a)(?<n>b)', 'two named subpatterns have the name `n`'],
  ['(?J)(?-J)(?<n>a)(?<n>b)', 'two named subpatterns have the name `n`'],
  ['(?J:(?<n>a))(?<n>b)', 'two named subpatterns have the name `n`'],
  [`(?<${'n'.repeat(33)}>a)`, 'subpattern name is too long (maximum 32 code units)'],
  ['(?<1>a)', 'subpattern name expected'],
  ['\\k<n>(?<m>a)', 'reference to non-existent subpattern `n`'],
  ['(a)\\2', 'reference to non-existent subpattern 2'],
  ["(?P'n'a)", 'unrecognized character after `(?` or `(?-`'],
  ['(?k)a', 'unrecognized character after `(?` or `(?-`'],
  ['(?^-i)a', 'invalid hyphen in option setting'],
  ['(?i-m-s)a', 'invalid hyphen in option setting'],
  ['(?J', 'missing closing parenthesis'],
  ['\\Q\\E*', 'quantifier does not follow a repeatable item'],
  ['\\K*', 'quantifier does not follow a repeatable item'],
  ['a{2}\\E{2}', 'quantifier does not follow a repeatable item'],
  ['(?=a\\Kb)', '`\\K` is not allowed in lookarounds'],
  ['\\N{U+61}', 'PCRE2 does not support `\\N{…}`'],
  ['\\u0061', 'PCRE2 does not support `\\u`'],
  ['\\p', 'malformed `\\p` sequence'],
  ['\\p{', 'malformed `\\p` sequence'],
  ['\\P1', 'malformed `\\P` sequence'],
  ['[\\X]', 'escape sequence `\\X` is invalid in a character class'],
  ['[\\N]', '`\\N` is not supported in a class'],
  ['\\p{L}(', 'missing closing parenthesis'],
  ['\\X[a', 'missing terminating `]` for character class'],
  ['(?<=\\X)a', 'lookbehind assertion is not fixed length'],
] as const;

/** What Postfix uses and we cannot, with a cure. */
const LIMITS = [
  ['\\p{L}', '`\\p{L}` is not supported: it asks for Unicode properties', 2],
  ['a[b\\PL]', '`\\PL` is not supported: it asks for Unicode properties', 5],
  ['a\\X', '`\\X` is not supported: it asks for Unicode properties', 3],
  ['(?|(a)|(b))', '`(?|…)` is not supported', undefined],
  ['(a)(?1)', 'recursion, conditions and callouts are not supported', undefined],
  ['(*UTF)a', '`(*…)` settings are not supported', undefined],
  ['a(*ACCEPT)b', '`(*VERB)` is not supported', undefined],
  ['(a)|\\1b', 'back reference to group 1, which may not have matched, is not supported', undefined],
  ['(\\k<n>x|(?<n>a))+', 'back reference to `n`, a group that comes later, is not supported', undefined],
  [
    '(?J)(?<n>a)(?<n>b)\\k<n>',
    'back reference to `n`, the name of several groups, is not supported',
    undefined,
  ],
] as const;

const KEYS = [
  'a',
  'A',
  'aa',
  'aaa',
  'ab',
  'aab',
  'b',
  'x',
  'ax',
  ' ',
  'a b',
  '-',
  'a ]',
  '1',
  '8',
  'g',
  '^',
  'a{',
  'a{ 1}',
  '\\',
  'ba',
];

describe('syntax that Postfix refuses', () => {
  test.each(REFUSED)('/%s/', (pattern, reason) => {
    const { content, diagnostics } = load(readPcreFile, `/${pattern}/ REJECT\n`);
    expect(diagnostics).toMatchObject([
      { code: 'pattern-syntax', message: `${reason}; Postfix skips this line` },
    ]);
    expect(content.lookup('a')).toBeUndefined();
  });
});

describe('syntax that Postfix alone can use', () => {
  test.each(LIMITS)('/%s/', (pattern, reason, column) => {
    const { content, diagnostics } = load(readPcreFile, `/${pattern}/ REJECT\n`);
    expect(diagnostics).toMatchObject([
      {
        code: 'pattern-unsupported',
        severity: 'error',
        message: `${reason}; lookups that come to this line fail, unlike in Postfix`,
        help: expect.stringMatching(/^(write|refer)/),
      },
    ]);
    if (column !== undefined) expect(diagnostics[0]?.span?.start).toBe(column - 1);
    expect(content.lookup('a')).toMatchObject({ reason: expect.stringContaining(reason) });
  });
});

describe.skipIf(!hasPostmap)('syntax and Postfix', () => {
  let postmap: PostmapDirectory;
  beforeAll(async () => {
    postmap = await PostmapDirectory.create();
  });
  afterAll(async () => {
    await postmap.remove();
  });

  test('Postfix refuses what is refused, and uses what is not', async () => {
    const lines = [...TAKEN, ...LIMITS.map(([pattern]) => pattern), ...REFUSED.map(([pattern]) => pattern)];
    const skipped = await postmap.skippedLines(
      'pcre',
      lines.map((pattern) => `/${pattern}/ OK`),
    );
    expect(lines.filter((_, at) => skipped.has(at + 1))).toEqual(REFUSED.map(([pattern]) => pattern));
  });

  test.each(TAKEN)('/%s/ matches what it matches in Postfix', async (pattern) => {
    const line = `/${pattern}/ OK\n`;
    const { content, diagnostics } = load(readPcreFile, line);
    expect(diagnostics).toEqual([]);
    expect(KEYS.map((key) => content.lookup(key))).toEqual(await postmap.query('pcre', line, KEYS));
  });
});
