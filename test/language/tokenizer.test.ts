import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { formatSpan } from '../../src/language/source.ts';
import { type Token, tokenize } from '../../src/language/tokenizer.ts';
import { messages, textOf } from './fixtures.ts';

function split(text: string): { tokens: Token[]; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const tokens = tokenize(textOf(text), (diagnostic) => diagnostics.push(diagnostic));
  return { tokens, diagnostics };
}

describe('tokenize', () => {
  test.each([
    ['', []],
    [' ,\t,\r\n ', []],
    ['a', ['a']],
    ['a b,c ,d, e\tf\r g\nh', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']],
    ['a,,b', ['a', 'b']],
    ['a\vb\fc\u00a0d', ['a\vb\fc\u00a0d']],
    ['foo { bar } baz', ['foo', '{ bar }', 'baz']],
    ['foo{ bar } baz', ['foo{ bar }', 'baz']],
    ['foo { bar }baz', ['foo', '{ bar }baz']],
    ['{a, {b, c}} d', ['{a, {b, c}}', 'd']],
    [
      'check_client_access inline:{ {a = b}, {c=d} }, reject',
      ['check_client_access', 'inline:{ {a = b}, {c=d} }', 'reject'],
    ],
    ['{ inet:127.0.0.1:10040, timeout=3s } permit', ['{ inet:127.0.0.1:10040, timeout=3s }', 'permit']],
    ['a} b}', ['a}', 'b}']],
    ['"a b" (c d)', ['"a', 'b"', '(c', 'd)']],
    ['!10.0.0.1, [::1]/128', ['!10.0.0.1', '[::1]/128']],
  ])('%j', (text, expected) => {
    const { tokens, diagnostics } = split(text);
    expect(tokens.map((token) => token.text)).toEqual(expected);
    expect(diagnostics).toEqual([]);
  });

  test('a braced word has its content apart', () => {
    const [braced, half, table, empty] = split('{ \v a, {b} } {a}{b} inline:{x} {\t}').tokens;
    expect(braced).toMatchObject({ isBraced: true, text: '{ \v a, {b} }', content: { text: 'a, {b}' } });
    expect(half).toMatchObject({ isBraced: false, content: { text: '{a}{b}' } });
    expect(table).toMatchObject({ isBraced: false, content: { text: 'inline:{x}' } });
    expect(empty).toMatchObject({ isBraced: true, content: { text: '' } });
  });

  test('words within braces keep their places', () => {
    const [braced] = split('a\n  { b,\n  {c d} }').tokens.slice(1);
    const inner = braced === undefined ? [] : tokenize(braced.content, () => {});
    expect(inner.map(({ text, span }) => [text, formatSpan(span)])).toEqual([
      ['b', 'main.cf:2:5'],
      ['{c d}', 'main.cf:3:3'],
    ]);
  });

  test('a brace that stays open takes all that follows', () => {
    const { tokens, diagnostics } = split('permit, {a} inline:{x}{ {b} c, reject');
    expect(tokens.map((token) => token.text)).toEqual(['permit', '{a}', 'inline:{x}{ {b} c, reject']);
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:1:23: error[unbalanced-braces]: \`{\` without its \`}\`: all that follows in the list belongs to it
        1 | permit, {a} inline:{x}{ {b} c, reject
          |                       ^
        help: close it with \`}\`"
    `);
  });

  test('a comment after text is no comment', () => {
    const { tokens, diagnostics } = split('permit #why');
    expect(tokens.map((token) => token.text)).toEqual(['permit', '#why']);
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:1:8: warning[comment-after-text]: \`#\` starts a comment only where a line starts: here it and what follows are words of the list
        1 | permit #why
          |        ^^^^
        help: put the comment on a line of its own"
    `);
  });

  test('any text is split without an exception, and words and separators are all there is', () => {
    const text = fc.oneof(
      fc
        .array(fc.constantFrom('a', '{', '}', ' ', ',', '#', '\r'), { maxLength: 40 })
        .map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (list) => {
        const { tokens, diagnostics } = split(list);
        let at = 0;
        for (const { text: word, span } of tokens) {
          expect(list.slice(at, span.start)).toMatch(/^[ \t\r\n,]*$/);
          expect(list.slice(span.start, span.end)).toBe(word);
          at = span.end;
        }
        expect(list.slice(at)).toMatch(/^[ \t\r\n,]*$/);
        expect(messages(diagnostics)).not.toMatch(/[^\P{Cc}\n]/u);
      }),
      { numRuns: 500 },
    );
  });

  test('a deeply nested megabyte', () => {
    const deep = '{'.repeat(500_000) + '}'.repeat(500_000);
    expect(split(deep).tokens).toMatchObject([{ isBraced: true }]);
    expect(split('{'.repeat(1_000_000)).diagnostics).toHaveLength(1);
    expect(split('{} '.repeat(300_000)).tokens).toHaveLength(300_000);
  });
});
