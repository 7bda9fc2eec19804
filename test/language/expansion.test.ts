import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { expand } from '../../src/language/expansion.ts';
import { formatSpan } from '../../src/language/source.ts';
import { SourcedText } from '../../src/language/sourced-text.ts';
import { didYouMean } from '../../src/util/did-you-mean.ts';
import { DOUBTS, EXPANSIONS, MISTAKES, SET } from './expansion-cases.ts';
import { messages, parse } from './fixtures.ts';

/** Expands the parameter `x` of a main.cf. */
function expandX(file: string): { result: SourcedText; diagnostics: Diagnostic[] } {
  const { assignments, lookup } = parse(file);
  const names = assignments.map(({ name }) => name);
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic) => diagnostics.push(diagnostic);
  const value = lookup('x') ?? SourcedText.literal('');
  return { result: expand(value, lookup, report, (name) => didYouMean(name, names)), diagnostics };
}

describe('expand', () => {
  test.each(EXPANSIONS)('%s: %s', (written, expected) => {
    const { result, diagnostics } = expandX(`${SET}x = |${written}|`);
    expect(result.text).toBe(`|${expected}|`);
    expect(diagnostics).toEqual([]);
  });

  test.each([...DOUBTS, ...MISTAKES])('%s', (_, file) => {
    const { diagnostics } = expandX(file);
    expect(messages(diagnostics)).toMatchSnapshot();
  });

  test('an error ends the expansion; there is one for each value', () => {
    const { result, diagnostics } = expandX('x = a $b c ${ d $( e\nb = $nonesuch${}');
    expect(result.text).toBe('a ');
    expect(diagnostics.map(({ severity }) => severity)).toEqual(['warning', 'error']);
  });

  test('a test of a name that may not be there is no doubt', () => {
    expect(expandX('x = ${nonesuch?a}${nonesuch:b}${nonesuch?{a}:{b}}').diagnostics).toEqual([]);
  });

  test('words of the result have the place where they were written', () => {
    const { result } = expandX('a = permit, $b\nb = $c\nc =\n  reject\nx = first $a last');
    expect(result.text).toBe('first permit, reject last');
    const place = (word: string) => formatSpan(result.span(result.text.indexOf(word)));
    expect(['first', 'permit', 'reject', 'last'].map(place)).toEqual([
      'main.cf:5:5',
      'main.cf:1:5',
      'main.cf:4:3',
      'main.cf:5:14',
    ]);
  });

  test('what no file holds has the place of the reference to it', () => {
    const { lookup } = parse('x = a, $built_in\nown = b\n');
    const builtIns = new Map([
      ['built_in', SourcedText.literal('$inner, $own')],
      ['inner', SourcedText.literal('c')],
    ]);
    const result = expand(
      lookup('x') ?? SourcedText.literal(''),
      (name) => lookup(name) ?? builtIns.get(name),
      () => {},
    );
    expect(result.text).toBe('a, c, b');
    expect(formatSpan(result.span(3, 4))).toBe('main.cf:1:8');
    expect(formatSpan(result.span(6, 7))).toBe('main.cf:2:7');
    const truth = expandX('x = a ${{b} == {b}}').result;
    expect(formatSpan(truth.span(2))).toBe('main.cf:1:7');
  });

  test('a built-in value by itself has a place', () => {
    const diagnostics: Diagnostic[] = [];
    const result = expand(
      SourcedText.literal('a $b'),
      () => undefined,
      (diagnostic) => diagnostics.push(diagnostic),
    );
    expect(formatSpan(result.span())).toBe('<built-in default>:1:1');
    expect(messages(diagnostics)).toContain('<built-in default>:1:3: warning[undefined-parameter]');
  });
});

describe('the bounds of expand', () => {
  function chain(length: number): string {
    const links = Array.from({ length }, (_, index) => `p${index} = $p${index + 1}`);
    return [...links, `p${length} = end`, 'x = $p0'].join('\n');
  }

  test('a hundred values deep, as Postfix', () => {
    expect(expandX(chain(99)).result.text).toBe('end');
    expect(expandX(chain(99)).diagnostics).toEqual([]);
    expect(expandX(chain(100)).diagnostics.map(({ code }) => code)).toEqual(['nesting-too-deep']);
  });

  test('operands within operands', () => {
    const nested = (depth: number): string => (depth === 0 ? 'a' : `\${{${nested(depth - 1)}} == {a} ? {a}}`);
    expect(expandX(`x = ${nested(150)}`).result.text).toBe('a');
    expect(expandX(`x = ${nested(450)}`).diagnostics.map(({ code }) => code)).toEqual(['nesting-too-deep']);
  });

  test.each(['end', ''])('values that double each other, down to %j', (end) => {
    const links = Array.from({ length: 90 }, (_, index) => `p${index} = $p${index + 1}$p${index + 1}`);
    const { result, diagnostics } = expandX([...links, `p90 = ${end}`, 'x = $p0'].join('\n'));
    expect(diagnostics.map(({ code }) => code)).toEqual(['expansion-too-large']);
    expect(result.text.length).toBeLessThanOrEqual(1024 * 1024);
  });

  test('many references in a long value', () => {
    const { result, diagnostics } = expandX(`a = b\nx = ${'${a}'.repeat(100_000)}`);
    expect(result.text).toBe('b'.repeat(100_000));
    expect(diagnostics).toEqual([]);
  });

  test('any text is expanded without an exception, and errors have their place in the file', () => {
    const fragment = fc.constantFrom(
      ...[
        '$',
        '$$',
        '${',
        '$(',
        '{',
        '}',
        ')',
        '?',
        ':',
        ' ',
        '==',
        '<=level',
        '!=',
        '<',
        'a',
        'b',
        '$a',
        '${b',
        '3.6',
        '1',
      ],
    );
    const value = fc.oneof(
      fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }).map((text) => text.replace(/\n/g, '$')),
    );
    fc.assert(
      fc.property(value, value, value, (x, a, b) => {
        const file = `x = ${x}\na = ${a}\nb = ${b}\n`;
        const { result, diagnostics } = expandX(file);
        const errors = diagnostics.filter(({ severity }) => severity === 'error');
        expect(errors.length).toBeLessThanOrEqual(1);
        for (const { span } of diagnostics) expect(span?.source.file).toBe('main.cf');
        if (errors.length === 0 && !x.includes('$')) expect(result.text).toBe(parse(file).lookup('x')?.text);
        for (let at = 0; at < result.text.length; at++) {
          const { start, end } = result.span(at, at + 1);
          expect([result.text[at], 'true']).toContain(end - start === 1 ? file.slice(start, end) : 'true');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
