import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSpan, Source, type Span } from '../../src/language/source.ts';
import { SourcedText } from '../../src/language/sourced-text.ts';

const SOURCE = new Source('main.cf', 'first line\n  second line\nthird\n');

function written({ source, start, end }: Span): string {
  return source.text.slice(start, end);
}

describe('SourcedText', () => {
  test('a stretch of a source keeps its place', () => {
    const text = SourcedText.of(SOURCE, 6, 10);
    expect(text.text).toBe('line');
    expect(text.isBuiltIn).toBe(false);
    expect(formatSpan(text.span())).toBe('main.cf:1:7');
    expect(written(text.span(1, 3))).toBe('in');
  });

  test('joined lines are one text, with places on both', () => {
    const text = SourcedText.join(SOURCE, [
      { start: 0, end: 10 },
      { start: 11, end: 24 },
    ]);
    expect(text.text).toBe('first line  second line');
    expect(formatSpan(text.span(12, 18))).toBe('main.cf:2:3');
    expect(written(text.span())).toBe('first line\n  second line');
    expect(text.slice(12, 18).text).toBe('second');
    expect(formatSpan(text.slice(12, 18).span(3))).toBe('main.cf:2:6');
  });

  test('a word put together from several texts points into the first', () => {
    const word = SourcedText.concat([SourcedText.of(SOURCE, 25, 30), SourcedText.of(SOURCE, 6, 10)]);
    expect(word.text).toBe('thirdline');
    expect(written(word.span())).toBe('third');
    expect(written(word.span(4))).toBe('d');
    expect(written(word.span(5))).toBe('line');
  });

  test('a text interrupted by another has the place of the whole', () => {
    const whole = SourcedText.of(SOURCE, 0, 10);
    const text = SourcedText.concat([whole.slice(0, 2), SourcedText.of(SOURCE, 25, 30), whole.slice(6)]);
    expect(text.text).toBe('fithirdline');
    expect(written(text.span())).toBe('first line');
  });

  test('a computed text points at its cause, all of it', () => {
    const text = SourcedText.at(SOURCE.span(0, 5), 'something else');
    expect(written(text.span())).toBe('first');
    expect(written(text.slice(10).span())).toBe('first');
  });

  test('a built-in text has a place too', () => {
    const text = SourcedText.literal('$myhostname, localhost');
    expect(text.isBuiltIn).toBe(true);
    expect(formatSpan(text.span(13))).toBe('<built-in default>:1:14');
    expect(formatSpan(SourcedText.literal('').span())).toBe('<built-in default>:1:1');
  });

  test('empty texts keep a place', () => {
    expect(formatSpan(SourcedText.of(SOURCE, 13, 13).span())).toBe('main.cf:2:3');
    const text = SourcedText.concat([SourcedText.of(SOURCE, 13, 13), SourcedText.of(SOURCE, 25, 25)]);
    expect(text.text).toBe('');
    expect(formatSpan(text.span())).toBe('main.cf:2:3');
    expect(SourcedText.concat([]).text).toBe('');
  });

  test('bounds outside the text are drawn in', () => {
    const text = SourcedText.of(SOURCE, 0, 5);
    expect(text.slice(-3, 99).text).toBe('first');
    expect(text.slice(4, 2).text).toBe('');
  });

  test('every character keeps its place through any cutting and joining', () => {
    const file = new Source('x', 'abcdefghijklmnopqrstuvwxyz');
    const piece = fc.tuple(fc.nat(26), fc.nat(26)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1 }), fc.nat(60), fc.nat(60), (pieces, a, b) => {
        const joined = SourcedText.concat(pieces.map(([start, end]) => SourcedText.of(file, start, end)));
        expect(joined.text).toBe(pieces.map(([start, end]) => file.text.slice(start, end)).join(''));
        const part = joined.slice(a, a + b);
        expect(part.text).toBe(joined.text.slice(a, a + b));
        for (let at = 0; at < part.text.length; at++)
          expect(written(part.span(at, at + 1))).toBe(part.text[at]);
      }),
    );
  });
});
