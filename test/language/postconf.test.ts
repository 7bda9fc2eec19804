import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { expand } from '../../src/language/expansion.ts';
import { requirement } from '../support/requirements.ts';
import { EXPANSIONS, MISTAKES, SET } from './expansion-cases.ts';
import { parse } from './fixtures.ts';

/**
 * Our reading of main.cf beside that of Postfix's own postconf(1), with files in
 * a directory of its own. postconf shows values with runs of white space made
 * one space, so both sides are compared that way. Before it gives up a Postfix
 * program sleeps for a second: cases are run side by side.
 */

const POSTCONF = '/usr/sbin/postconf';

const required = requirement('postconf');
if (!required.isMet) console.warn(`SKIPPED: ${required.complaint}`);

interface Answer {
  readonly isFatal: boolean;
  readonly values: ReadonlyMap<string, string>;
  readonly warnings: string;
}

function plain(text: string): string {
  return text.replace(/[ \t\r\n]+/g, ' ').trim();
}

describe.skipIf(!required.isMet)('as postconf', () => {
  let directory = '';
  let directories = 0;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'postward-postconf-'));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  /** `names` become known to postconf as restriction classes; `-x` shows values expanded. */
  function postconf(mainCf: string, names: readonly string[], ...options: '-x'[]): Promise<Answer> {
    const own = join(directory, String(directories++));
    mkdirSync(own);
    writeFileSync(join(own, 'master.cf'), '');
    const file = join(own, 'main.cf');
    writeFileSync(file, `${mainCf}\nsmtpd_restriction_classes = ${names.join(' ')}\n`);
    // Postfix reads a file that was written just now again and again until it is a second old.
    utimesSync(file, 0, 0);
    return new Promise((resolve) => {
      execFile(POSTCONF, ['-c', own, ...options, ...names], (error, stdout, stderr) => {
        const values = new Map<string, string>();
        for (const line of stdout.split('\n')) {
          const equals = line.indexOf('=');
          if (equals > 0) values.set(line.slice(0, equals).trim(), plain(line.slice(equals + 1)));
        }
        resolve({ isFatal: error !== null, values, warnings: stderr });
      });
    });
  }

  function ours(mainCf: string, names: readonly string[]): Map<string, string | undefined> {
    const { lookup } = parse(mainCf);
    return new Map(names.map((name) => [name, expanded(name)]));

    function expanded(name: string): string | undefined {
      const value = lookup(name);
      const diagnostics: Diagnostic[] = [];
      const result = value && expand(value, lookup, (diagnostic) => diagnostics.push(diagnostic));
      const hasFailed = diagnostics.some(({ severity }) => severity === 'error');
      return hasFailed || result === undefined ? undefined : plain(result.text);
    }
  }

  test('what the cases of expand say, Postfix does', async () => {
    const names = EXPANSIONS.map((_, index) => `x${index}`);
    const file = SET + EXPANSIONS.map(([written], index) => `x${index} = |${written}|\n`).join('');
    const answer = await postconf(file, names, '-x');
    expect([...answer.values]).toEqual(
      EXPANSIONS.map(([, result], index) => [`x${index}`, plain(`|${result}|`)]),
    );
  });

  test('what we refuse to expand, Postfix refuses', async () => {
    const answers = await Promise.all(MISTAKES.map(([, file]) => postconf(file, ['x'], '-x')));
    expect(MISTAKES.filter((_, index) => answers[index]?.isFatal !== true)).toEqual([]);
  });

  test('Postfix goes as deep as we do', async () => {
    const chain = (length: number): string =>
      Array.from({ length }, (_, index) => `p${index} = $p${index + 1}\n`)
        .join('')
        .concat(`p${length} = end`);
    expect((await postconf(chain(100), ['p0'], '-x')).values.get('p0')).toBe('end');
    expect(ours(chain(100), ['p0']).get('p0')).toBe('end');
    expect((await postconf(chain(101), ['p0'], '-x')).isFatal).toBe(true);
    expect(ours(chain(101), ['p0']).get('p0')).toBeUndefined();
  });

  test('lines of any kind', async () => {
    const names = ['p0', 'p1', 'p2'];
    const fragment = fc.constantFrom(
      ...[
        'p0 = ',
        'p1=',
        'p2 ',
        '= ',
        ' ',
        '\t',
        '\r',
        '\v',
        '\f',
        '#',
        '\0',
        ',',
        'word',
        '//',
        '$$',
        '\n',
        '\n',
        '\n ',
        '\n#',
      ],
      ...['\np0 = ', '\np1 =', '\np2 = a', '\np0 = a'],
    );
    let [accepted, refused, overridden] = [0, 0, 0];
    await sideBySide(
      fc.array(fragment, { maxLength: 16 }).map((parts) => `${parts.join('')}\n`),
      async (file) => {
        const { diagnostics, lookup } = parse(file);
        const answer = await postconf(file, names);
        const isRefused = diagnostics.some(({ severity }) => severity === 'error');
        expect({ file, isRefused }).toEqual({ file, isRefused: answer.isFatal });
        if (isRefused) {
          refused++;
          return;
        }
        accepted++;
        const values = new Map(names.map((name) => [name, plain(lookup(name)?.text ?? '')]));
        // A class that is not set is an empty one.
        const theirs = new Map(names.map((name) => [name, answer.values.get(name) ?? '']));
        expect({ file, values }).toEqual({ file, values: theirs });
        const duplicates = count('duplicate-parameter');
        overridden += duplicates;
        expect(answer.warnings.split('overriding earlier entry').length - 1).toBe(duplicates);
        expect(answer.warnings.split('must not start with whitespace').length - 1).toBe(
          count('leading-white-space'),
        );

        function count(code: string): number {
          return diagnostics.filter((found) => found.code === code && found.severity === 'warning').length;
        }
      },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(30);
    expect(overridden).toBeGreaterThan(3);
  });

  test('values of any kind that Postfix accepts', async () => {
    const names = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];
    const written = fc.tuple(...names.map((_, index) => wellFormed(index)));
    await sideBySide(written, async (values) => {
      const file = names.map((name, index) => `${name} = |${values[index]}|\n`).join('');
      const answer = await postconf(file, names, '-x');
      expect({ file, values: ours(file, names) }).toEqual({ file, values: answer.values });
    });
  });

  test('values of any kind', async () => {
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
        'text',
        '3.6',
        '10',
      ],
      ...[
        '$set',
        '${set}',
        '${none',
        '${set?',
        '${none:',
        '${{',
        '} == {',
        '} < {',
        '} ? {',
        '} : {',
        '}}',
        'a b',
      ],
    );
    let [accepted, refused] = [0, 0];
    await sideBySide(fc.array(fragment, { maxLength: 9 }), async (parts) => {
      const file = `set = 10\np0 = |${parts.join('')}|\n`;
      const result = ours(file, ['p0']).get('p0');
      const answer = await postconf(file, ['p0'], '-x');
      expect({ file, result: answer.isFatal ? undefined : answer.values.get('p0') }).toEqual({
        file,
        result,
      });
      if (answer.isFatal) refused++;
      else accepted++;
    });
    expect(Math.min(accepted, refused)).toBeGreaterThan(20);
  });
});

/** 240 cases, 80 at a time; a failure names its case instead of seeking a smaller one. */
function sideBySide<T>(cases: fc.Arbitrary<T>, check: (value: T) => Promise<void>): Promise<void> {
  const batch = fc.array(cases, { minLength: 80, maxLength: 80 });
  const property = fc.asyncProperty(batch, async (values) => {
    await Promise.all(values.map(check));
  });
  return fc.assert(property, { numRuns: 3, endOnFailure: true });
}

/** A value of the parameter numbered `index`, which refers to later ones only. */
function wellFormed(index: number): fc.Arbitrary<string> {
  const name = fc.constantFrom(...['p1', 'p2', 'p3', 'p4', 'p5', 'none'].slice(index));
  const word = fc.constantFrom('a', 'b', '9', '10', 'x y', '', '$$', ',', '\u65e5');
  const operator = fc.constantFrom('==', '!=', '<', '<=', '>=', '>');
  const level = fc.constantFrom('3', '3.6', '3.10', '3.6.1');
  const blank = fc.constantFrom('', ' ');
  const { text } = fc.letrec<{ text: string; reference: string; condition: string }>((tie) => ({
    text: fc
      .array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, word, tie('reference')), {
        maxLength: 3,
      })
      .map((parts) => parts.join('')),
    reference: fc.oneof(
      { depthSize: 'small' },
      name.map((written) => `\${${written}}`),
      name.map((written) => `$(${written})`),
      fc.tuple(name, tie('text')).map(([tested, yes]) => `\${${tested}?{${yes}}}`),
      fc.tuple(name, tie('text')).map(([tested, no]) => `\${${tested}:${no}}`),
      fc
        .tuple(name, blank, tie('text'), blank, tie('text'))
        .map(
          ([tested, before, yes, after, no]) => `\${${tested}${before}?${after}{${yes}}${before}:{${no}}}`,
        ),
      fc
        .tuple(tie('condition'), tie('text'), tie('text'))
        .map(([when, yes, no]) => `\${${when} ? {${yes}} : {${no}}}`),
      fc.tuple(tie('condition'), tie('text')).map(([when, yes]) => `\${${when}?${yes}}`),
      tie('condition').map((when) => `\${${when}}`),
    ),
    condition: fc.oneof(
      fc.tuple(tie('text'), operator, tie('text')).map(([left, is, right]) => `{${left}} ${is} {${right}}`),
      fc.tuple(level, operator, level).map(([left, is, right]) => `{${left}}${is}level{${right}}`),
    ),
  }));
  return text;
}
