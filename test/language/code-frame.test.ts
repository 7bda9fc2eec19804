import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ZoneMask } from '../../src/dns/zone-mask.ts';
import { formatDiagnostic } from '../../src/language/code-frame.ts';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { quote } from '../../src/language/quote.ts';
import { Source } from '../../src/language/source.ts';

function frame(text: string, start: number, end: number, rest: Partial<Diagnostic> = {}): string {
  const span = new Source('policies/mx.cf', text).span(start, end);
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'some-code',
    message: 'a message',
    span,
    ...rest,
  };
  return formatDiagnostic(diagnostic, { colour: false });
}

describe('formatDiagnostic', () => {
  test('place, message, line, help', () => {
    expect(frame('a = b\nc = d, e\n', 13, 14, { help: 'a cure' })).toMatchInlineSnapshot(`
      "policies/mx.cf:2:8: error[some-code]: a message
        2 | c = d, e
          |        ^
        help: a cure"
    `);
  });

  test('without a place', () => {
    const diagnostic: Diagnostic = {
      severity: 'note',
      code: 'some-code',
      message: 'a message',
      help: 'a cure',
    };
    expect(formatDiagnostic(diagnostic, { colour: false })).toBe(
      'note[some-code]: a message\n  help: a cure',
    );
  });

  test('several lines', () => {
    const text = `x\n${'a = b,\n    c,\n# why\n    d\n'.repeat(3)}`;
    expect(frame(text, 6, 18)).toMatchInlineSnapshot(`
      "policies/mx.cf:2:5: error[some-code]: a message
        2 | a = b,
          |     ^^
        3 |     c,
          |     ^^
        4 | # why
          | ^^"
    `);
    expect(frame(text, 2, text.length - 1)).toMatchInlineSnapshot(`
      "policies/mx.cf:2:1: error[some-code]: a message
         2 | a = b,
           | ^^^^^^
         3 |     c,
           |     ^^
         … |
        13 |     d
           |     ^"
    `);
  });

  test('a place up to the start of the next line stays in its own', () => {
    expect(frame('ab\ncd\n', 0, 3)).toMatchInlineSnapshot(`
      "policies/mx.cf:1:1: error[some-code]: a message
        1 | ab
          | ^^"
    `);
  });

  test('an empty place, at the end of a line and of the file', () => {
    expect(frame('ab\r\ncd', 2, 2)).toMatchInlineSnapshot(`
      "policies/mx.cf:1:3: error[some-code]: a message
        1 | ab
          |   ^"
    `);
    expect(frame('ab\ncd', 5, 5)).toMatchInlineSnapshot(`
      "policies/mx.cf:2:3: error[some-code]: a message
        2 | cd
          |   ^"
    `);
    expect(frame('', 0, 0)).toMatchInlineSnapshot(`
      "policies/mx.cf:1:1: error[some-code]: a message
        1 |
          | ^"
    `);
  });

  test('tabs, wide characters and combining marks keep the carets below their text', () => {
    expect(frame('\tx =\t日本 e\u0301 y', 12, 13)).toMatchInlineSnapshot(`
      "policies/mx.cf:1:13: error[some-code]: a message
        1 |     x =    日本 é y
          |                    ^"
    `);
    expect(frame('x = 日本 y', 4, 6)).toMatchInlineSnapshot(`
      "policies/mx.cf:1:5: error[some-code]: a message
        1 | x = 日本 y
          |     ^^^^"
    `);
  });

  test('nothing that a terminal would obey or hide comes out', () => {
    const evil = 'a\x1b[31m\x07\x7f\x9b\u202e\u200b\ufeff\u2028\ud800';
    const shown = frame(`${evil} = b`, 0, 1, { message: `\`${evil}\``, help: evil });
    expect(shown).toMatchInlineSnapshot(`
      "policies/mx.cf:1:1: error[some-code]: \`a␛[31m␇␡\\u{9b}\\u{202e}\\u{200b}\\u{feff}\\u{2028}\\u{d800}\`
        1 | a␛[31m␇␡\\u{9b}\\u{202e}\\u{200b}\\u{feff}\\u{2028}\\u{d800} = b
          | ^
        help: a␛[31m␇␡\\u{9b}\\u{202e}\\u{200b}\\u{feff}\\u{2028}\\u{d800}"
    `);
    expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028]/u);
  });

  test('a blank that is none to Postfix is told from one', () => {
    expect(frame('x = permit,\u00a0reject', 11, 18)).toContain('x = permit,\\u{a0}reject');
  });

  test('a long line is shown around the place', () => {
    const text = `${'a'.repeat(500)} here ${'b'.repeat(500)}`;
    expect(frame(text, 501, 505)).toMatchInlineSnapshot(`
      "policies/mx.cf:1:502: error[some-code]: a message
        1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaa here bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          |                                ^^^^"
    `);
    expect(frame(text, 3, 5)).toMatchInlineSnapshot(`
      "policies/mx.cf:1:4: error[some-code]: a message
        1 | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
          |    ^^"
    `);
    expect(frame(text, 1000, 1006)).toMatchInlineSnapshot(`
      "policies/mx.cf:1:1001: error[some-code]: a message
        1 | …bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
          |                                                                                                ^^^^^^"
    `);
    expect(frame(text, 0, 1006)).toMatchInlineSnapshot(`
      "policies/mx.cf:1:1: error[some-code]: a message
        1 | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
    `);
  });

  describe('what a mask hides', () => {
    const mask = new ZoneMask(['s3cr3tk3y.bl.test']);
    const masked = (text: string, start: number, end: number, rest: Partial<Diagnostic> = {}) => {
      const span = new Source('mx.cf', text).span(start, end);
      return formatDiagnostic(
        { severity: 'error', code: 'c', message: 'm', span, ...rest },
        { colour: false, mask },
      );
    };
    const line = 'reject_rbl_client s3cr3tk3y.bl.test=127.0.0.[, permit';

    test.each([
      ['behind it', line.length - 6, line.length],
      ['before it', 0, 17],
      ['it and more', 18, 45],
      ['it alone', 18, 27],
      ['its middle', 20, 22],
    ])('the mark stands right, whatever the length of a key: %s', (_, start, end) => {
      const short = line.replace('s3cr3tk3y', '*');
      const moved = (at: number) => (at <= 18 ? at : Math.max(19, at - 8));
      const from = start > 18 && start < 27 ? 18 : moved(start);
      const wanted = masked(short, from, moved(end)).replace(/^mx.*\n/, '');
      expect(masked(line, start, end).replace(/^mx.*\n/, '')).toBe(wanted);
      expect(wanted).toContain('reject_rbl_client *.bl.test=127.0.0.[');
    });

    test('is hidden before a long line is cut, wherever the cut falls', () => {
      for (let pad = 0; pad < 140; pad += 1) {
        const before = `a = ${'x'.repeat(pad)} `;
        const text = `${before}reject_rbl_client s3cr3tk3y.bl.test, ${'permit_mynetworks, '.repeat(8)}`;
        expect(masked(text, 0, 1)).not.toContain('s3');
        expect(masked(text, text.length - 3, text.length)).not.toContain('s3');
      }
    });

    test('also in message and help', () => {
      const text = `no ${quote(`${'x'.repeat(40)} s3cr3tk3y.bl.test=127.0.0.2`)}`;
      expect(masked(line, 0, 1, { message: text, help: text })).not.toContain('s3cr3tk3y');
      expect(quote(`${'x '.repeat(29)}y ${'z'.repeat(99)}`)).toBe(`\`${'x '.repeat(29)}y …\``);
    });
  });

  test('colours only when asked for', () => {
    const span = new Source('x', 'abc').span(1, 2);
    const diagnostic: Diagnostic = {
      severity: 'warning',
      code: 'some-code',
      message: 'a message',
      span,
      help: 'a cure',
    };
    const plain = formatDiagnostic(diagnostic, { colour: false });
    const coloured = formatDiagnostic(diagnostic, { colour: true });
    expect(plain).not.toContain('\x1b');
    expect(coloured).toContain('\x1b[33m');
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });
});
