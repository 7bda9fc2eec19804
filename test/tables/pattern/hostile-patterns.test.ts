/** No pattern may block the process: what would run for ages must be answered, or refused, at once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LazyAutomaton } from '../../../src/tables/pattern/lazy-automaton.ts';
import { LinearMatcher } from '../../../src/tables/pattern/linear-matcher.ts';
import { compileLinear } from '../../../src/tables/pattern/linear-program.ts';
import { longestWithin, searchCost } from '../../../src/tables/pattern/pattern-cost.ts';
import { parsePcre } from '../../../src/tables/pattern/pcre-parser.ts';
import { regExpSource } from '../../../src/tables/pattern/regexp-source.ts';
import { endsAtOnePlace, isUnambiguous } from '../../../src/tables/pattern/unambiguity.ts';
import { readPcreFile, readRegexpFile } from '../../../src/tables/pattern-table.ts';
import { load } from '../postmap.ts';

const FLAGS = {
  isCaseless: false,
  isMultiLine: false,
  isDotAll: true,
  isExtended: false,
  isAnchored: false,
  isDollarEndOnly: false,
  isUngreedy: false,
};

/** Each takes a backtracking matcher longer than the universe lasts on its text, or at least hours. */
const CATASTROPHES = [
  ['(a+)+$', 'a'],
  ['^(a+)+$', 'a'],
  ['^(a|a)*$', 'a'],
  ['^(a|aa)+$', 'a'],
  ['^(a*)*$', 'a'],
  ['(.*)*b$', 'a'],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'],
  ['^([a-zA-Z0-9])(([-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+$', 'a'],
  ['(a?){60}a{60}$', 'a'],
  ['(x+x+)+y', 'x'],
  ['.*.*.*.*.*.*.*.*c', 'a'],
  ['(a{1,20}){1,20}b', 'a'],
  ['\\b(a+)+\\b!a', 'a'],
  ['^((a|b|ab)*)*c', 'ab'],
  ['([^@]+[.]?)+@', 'a.'],
] as const;

describe('hostile patterns', () => {
  test.each(CATASTROPHES)('%s', (pattern, piece) => {
    const text = `${piece.repeat(2048 / piece.length - 1)}!`;
    for (const reader of [readPcreFile, readRegexpFile]) {
      const { content, diagnostics } = load(reader, `/${pattern}/ REJECT\n`);
      expect(diagnostics).toEqual([]);
      expect(content.lookup(text)).toBeUndefined();
    }
  });

  test.each([
    '(?=(a+)+$)b',
    '^(?:(?=(a|aa)+$)a)+b',
    '(a*)*\\1b',
    '^(.*)(.*)(.*)\\1$',
    '(?>(a+)+$)b',
    '(?<!x)(.*)*b(.*)*c',
    '(a{1,100}){1,100}b',
  ])('%s is refused, with a reason', (pattern) => {
    const { content, diagnostics } = load(readPcreFile, `/${pattern}/ REJECT\n`);
    expect(diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      expect.stringMatching(/^error pattern-(unbounded|unsupported)$/),
    ]);
    expect(diagnostics[0]?.help).toBeTruthy();
    expect(content.lookup(`${'a'.repeat(2047)}!`)).toMatchObject({ reason: expect.any(String) });
  });

  test.each([
    ['^([a-z]+)=(.*)=(.*)\\1', 'back references'],
    ['^(?=(a+)+$)a', 'lookaround'],
    ['(?>(a+)+$)b', 'atomic groups and possessive quantifiers'],
    ['(?=x)(.*)(.*)\\1y', 'back references, lookaround'],
  ])('%s is refused for its %s, and what to write is told', (pattern, what) => {
    const { diagnostics } = load(readPcreFile, `/${pattern}/ REJECT\n`);
    expect(diagnostics).toMatchObject([
      {
        code: 'pattern-unbounded',
        message: `pattern with ${what} could take too long on a hostile text of 320 characters; lookups that come to this line fail, unlike in Postfix`,
        help: expect.stringContaining(`do without ${what}`),
      },
    ]);
  });

  test('one longer than PCRE2 has room for is refused before it is read', () => {
    const { diagnostics } = load(readRegexpFile, `/${'(a?)'.repeat(100_000)}/ REJECT\n`);
    expect(diagnostics).toMatchObject([
      { code: 'pattern-unbounded', message: expect.stringContaining('longer than the limit of 32768') },
    ]);
  });

  test('what is as long as may be is judged soon, each part in its place among thousands', () => {
    for (const part of ['.*', 'a*', 'a*b', '(a|b)', 'a{1,400}', '[0-9]{1,3}x']) {
      const pattern = part.repeat(Math.floor(32_768 / part.length));
      for (const reader of [readPcreFile, readRegexpFile]) {
        const { diagnostics } = load(reader, `/${pattern}/ REJECT\n`);
        expect(diagnostics, part).toMatchObject([{ code: 'pattern-unbounded' }]);
      }
    }
  }, 20_000);

  test('a back reference is run where what comes before it can be read in few ways', () => {
    const verp = '/^(bounce|return)[-+]([a-z0-9]+)=(.*)@\\2\\.example/ REJECT\n';
    const { content, diagnostics } = load(readPcreFile, verp);
    expect(diagnostics).toEqual([]);
    expect(content.lookup('bounce-news=me=isp@news.example')).toBe('REJECT');
    expect(content.lookup('bounce-news=me=isp@other.example')).toBeUndefined();
    expect(content.lookup(`return+a=${'@a'.repeat(700)}`)).toBeUndefined();
    expect(content.lookup(`return+a=${'@a'.repeat(1000)}`)).toMatchObject({
      reason: expect.stringContaining('too long'),
    });
  });

  test('lookaround is run where its worst case is small, and fails for texts beyond', () => {
    const { content, diagnostics } = load(readPcreFile, '/^(?!.*\\.example$).*@.*x/ REJECT\n');
    expect(diagnostics).toEqual([]);
    expect(content.lookup('someone@x.test')).toBe('REJECT');
    expect(content.lookup('someone@x.example')).toBeUndefined();
    const answer = content.lookup('@'.repeat(2048));
    expect(answer === undefined || typeof answer === 'object').toBe(true);
  });

  test('a search string beyond the length of an SMTP line fails', () => {
    const { content } = load(readPcreFile, '/./ REJECT\n');
    expect(content.lookup('a'.repeat(2048))).toBe('REJECT');
    expect(content.lookup('a'.repeat(2049))).toMatchObject({ reason: expect.stringContaining('too long') });
  });
});

const piece = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\b', '^', '$', 'ab', '-');
const quantifier = fc.constantFrom('', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,3}', '{2,}');
const pattern = fc
  .array(fc.tuple(piece, quantifier, piece, quantifier, fc.constantFrom('', '|', '(', ')')), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) =>
    parts
      .map(
        ([a, q, b, r, open]) =>
          (/[\^$]|\\b/.test(a) ? a : a + q) +
          (open === '(' ? '(' : '') +
          (/[\^$]|\\b/.test(b) ? b : b + r) +
          (open === '(' ? ')*' : open === '|' ? '|' : ''),
      )
      .join(''),
  );

describe('the matchers', () => {
  test('agree on whether a pattern matches', () => {
    let matches = 0;
    let automata = 0;
    fc.assert(
      fc.property(
        pattern,
        fc.array(fc.stringMatching(/^[ab\-c]{0,10}$/), { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        (source, texts, isOrdered) => {
          const tree = parsePcre(source, FLAGS);
          const program = compileLinear(tree, isOrdered);
          fc.pre(program !== undefined && longestWithin(searchCost(tree.root), 1e6) >= 10);
          if (program === undefined) return;
          const linear = new LinearMatcher(program);
          const automaton = LazyAutomaton.of(program);
          if (automaton !== undefined) automata++;
          const regExp = new RegExp(regExpSource(tree).source);
          for (const text of texts) {
            const expected = regExp.test(text);
            if (expected) matches++;
            expect(linear.test(text), `${source} on ${text}`).toBe(expected);
            if (automaton !== undefined) expect(automaton.test(text), `${source} on ${text}`).toBe(expected);
            expect(linear.exec(text, 'first')?.[0], `${source} on ${text}`).toBe(regExp.exec(text)?.index);
            const first = regExp.exec(text);
            const slots = linear.exec(text, 'first');
            // PCRE's order is another one than JavaScript's where a round takes nothing.
            if (first !== null && !isOrdered)
              expect(slots?.[1], `${source} on ${text}`).toBe(first.index + first[0].length);
          }
        },
      ),
      { numRuns: 1500 },
    );
    expect(matches).toBeGreaterThan(1000);
    expect(automata).toBeGreaterThan(300);
  });
});

describe('endsAtOnePlace', () => {
  test('is true of no unambiguous pattern that matches a text and what that begins with', () => {
    let found = 0;
    const parts = fc.constantFrom(
      'a',
      'b',
      '-',
      'a+',
      'b*',
      '(a|b)',
      'a?',
      '(ab)*',
      'b{1,2}',
      '(a|-b)',
      '[ab]+',
      '\\b',
    );
    fc.assert(
      fc.property(
        fc.array(parts, { minLength: 1, maxLength: 4 }).map((each) => each.join('')),
        fc.array(fc.stringMatching(/^[ab-]{1,8}$/), { minLength: 10, maxLength: 10 }),
        (source, texts) => {
          const tree = parsePcre(source, FLAGS);
          if (!isUnambiguous(tree.root, false) || !endsAtOnePlace(tree.root)) return;
          const whole = new RegExp(`^(?:${regExpSource(tree).source})(?![^])`);
          for (const text of texts) {
            const starts = Array.from({ length: text.length + 1 }, (_, end) => text.slice(0, end));
            const matching = starts.filter((start) => whole.test(start));
            if (matching.length > 0) found++;
            expect(matching.length, `${source} on ${text}`).toBeLessThan(2);
          }
        },
      ),
      { numRuns: 1500 },
    );
    expect(found).toBeGreaterThan(500);
  });

  test.each([
    ['a+@', true],
    ['(a|b)*c', true],
    ['a|bc', true],
    ['a{2,3}b', true],
    ['a+', false],
    ['a{2,3}', false],
    ['ab?', false],
    ['a*', false],
  ])('%s: %s', (source, expected) => {
    expect(endsAtOnePlace(parsePcre(source, FLAGS).root)).toBe(expected);
  });
});

describe('longestWithin', () => {
  test('is the last length that the steps suffice for', () => {
    const cost = { factors: [3, 0, 2], degree: 2 };
    expect(longestWithin(cost, 2 * 30 * 30 + 3)).toBe(30);
    expect(longestWithin(cost, 2 * 30 * 30 + 2)).toBe(29);
    expect(longestWithin(cost, 2)).toBe(0);
    expect(longestWithin({ factors: [3], degree: 0 }, 3)).toBe(Number.POSITIVE_INFINITY);
    expect(longestWithin({ factors: [4], degree: 0 }, 3)).toBe(0);
    expect(longestWithin({ factors: [], degree: Number.POSITIVE_INFINITY }, 1e6)).toBe(0);
  });
});

describe('searchCost', () => {
  test.each([
    ['^abc', 0],
    ['abc', 1],
    ['^[a-z]+$', 1],
    ['^[a-z]+\\.[a-z]+\\.[a-z]+$', 1],
    ['^([a-z0-9-]+\\.)+[a-z]{2,}$', 2],
    ['^.*foo', 1],
    ['.*foo', 2],
    ['^.*foo.*bar$', 2],
    ['^(a+)+$', Number.POSITIVE_INFINITY],
    ['^(a|aa)+$', Number.POSITIVE_INFINITY],
    ['^(ab|cd)+$', 1],
    ['^(a?)+$', Number.POSITIVE_INFINITY],
    ['^(?=.*a)(?=.*b).*c$', 1],
    ['^([a-z]+)@\\1', 1],
    ['^([a-z]+)@(.*)-\\1', 2],
    ['([a-z]+)@\\1', 2],
    ['([a-z]+)\\1', 3],
  ])('%s has degree %d', (source, degree) => {
    expect(searchCost(parsePcre(source, FLAGS).root).degree).toBe(degree);
  });
});
