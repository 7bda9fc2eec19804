/** Random table files and search strings: our tables against postmap's. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCidrFile } from '../../src/tables/cidr-table.ts';
import { readPostmapFile, readTexthashFile } from '../../src/tables/indexed-table.ts';
import { parseInline, parseStatic } from '../../src/tables/inline-table.ts';
import { TableFailure } from '../../src/tables/table.ts';
import { TableSet } from '../../src/tables/table-set.ts';
import { hasPostmap, load, PostmapDirectory } from './postmap.ts';

const RUNS = Number(process.env['POSTWARD_TABLE_RUNS'] ?? 60);

const key = fc.constantFrom(
  'a',
  'A',
  'b.example',
  'B.Example',
  'user@d',
  '"a b"@d',
  '"a\\"b"',
  'c\\ d',
  'é',
  'É',
  'ß',
  '192.0.2',
  '#x',
  'x:',
  '{',
  'if',
);
const value = fc.constantFrom(
  'REJECT',
  'OK',
  'reject  two  words',
  '"q"',
  'x # y',
  'REJECT\t',
  '',
  'é',
  ':',
  '\\',
);
const gap = fc.constantFrom(' ', '\t', '   ', ' \t ');
const indexedLine = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(key, gap, value).map((parts) => parts.join('')) },
  fc.constantFrom(
    '',
    '# comment',
    '   # indented',
    '  continued text',
    ' ',
    '\tmore',
    '"open quote',
    'lonely',
  ),
);
const indexedFile = fc
  .tuple(fc.array(indexedLine, { maxLength: 12 }), fc.constantFrom('\n', '\n', '\r\n'))
  .map(([lines, end]) => lines.map((line) => line + end).join(''));
const QUERIES = [
  'a',
  'A',
  'b.example',
  'B.EXAMPLE',
  'user@d',
  '"a b"@d',
  '"A b"@d',
  '"a\\"b"',
  'c\\ d',
  'c',
  'é',
  'É',
  'ss',
  'SS',
  '192.0.2',
  '#x',
  'x:',
  'x',
  '{',
  'if',
  'lonely',
  '"open',
  '"',
];

const octet = fc.constantFrom(0, 1, 2, 3, 10, 127, 128, 255);
const address = fc.oneof(
  fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.')),
  fc.constantFrom('::', '::1', '2001:db8::', '2001:DB8::1', '2001:db8:0:1::', 'fe80::1', '::ffff:10.0.0.1'),
);
const network = fc.oneof(
  address,
  fc
    .tuple(
      fc.constantFrom('0.0.0.0', '10.0.0.0', '10.0.0.0', '128.0.0.0', '10.1.2.3', '192.0.2.128'),
      fc.constantFrom(0, 1, 7, 8, 9, 24, 25, 32, 33),
    )
    .map((parts) => parts.join('/')),
  fc
    .tuple(
      fc.constantFrom('::', '2001:db8::', '2001:db8:0:1::'),
      fc.constantFrom(0, 16, 32, 48, 64, 127, 128, 129),
    )
    .map(([text, bits]) => `${text}/${bits}`),
  fc.constantFrom(
    '[::1]',
    '[2001:db8::]/32',
    '[2001:db8::/32]',
    '[10.0.0.0]/8',
    '010.0.0.0/8',
    '10/8',
    'x',
    '10.0.0.0/08',
    '[::1',
    '[::1]x',
    '!10.0.0.0/8',
    '! 0.0.0.0/0',
    '!!::/0',
  ),
);
const cidrLine = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(network, gap, fc.constantFrom('R1', 'R2', 'R3', '')).map((parts) => parts.join('')),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('if ', 'IF!', 'if  !', 'if'), network).map((parts) => parts.join('')),
  },
  fc.constantFrom('endif', 'ENDIF ', 'endif x', '# c', '', '  continued', 'iffy', 'endif'),
);

const IN_PLACE = [
  'inline:{a=1}',
  'inline:{a=1,b=2 c=3}',
  'inline:{ {a = 1 2 3}, {b=x=y} }',
  'inline:{ a=1, A=2 }',
  'inline:{ {"a b" = 1} , {a\\ b=2} }',
  'inline:{ "a b"=1 }',
  'inline:{ {é=1} }',
  'inline:{a}',
  'inline:{}',
  'inline:{ }',
  'inline:{a=1',
  'inline:{a=1} x',
  'inline:a=1',
  'inline:{ {a=1}x }',
  'inline:{{{a=1}}}',
  'inline:{a={x y}}',
  'static:x',
  'static:{ x y }',
  'static:{}x',
  'static:{x',
  'static: x',
];

/** Rules that stand in the name of a table. */
const WRITTEN_OUT = [
  'regexp:{ {/^A(.)$/ R1 $1}, {/é/ R2} }',
  'regexp:{{/^a$/ R1}{/b/ R2}}',
  'regexp:{ {  /^a+$/   two  words  } }',
  'regexp:{ {#/a/ R1}, {/b{1}/ R2} , {/a/} }',
  'regexp:{}',
  'regexp:{ }',
  'regexp:{/a/ R1}',
  'regexp:{{/a/ R1} x',
  'regexp:{{/a/ R1}',
  'regexp:{{/a/ R1}} x',
  'pcre:{ {if /a/} {/^(.)a/ R1$1} {endif}, {/ad?/ R2} }',
  'pcre:{ {/A/i R1}, {!/b/ R2} }',
  'cidr:{ {192.0.2.0/24 R1}, {2001:db8::/32 R2} }',
  'cidr:{ {192.0.2.1/24 R1}, {if 192.0.2.0/24} {!192.0.2.7 R2} {endif} }',
];

/**
 * Tables of tables, two deep; their keys and values are each other's. All can be
 * opened: one that cannot fails in smtpd when its turn comes, in postmap before.
 */
const WORD = ['a', 'b', 'c', 'A', 'x y', ''] as const;
const leafSpec = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(...WORD)), {
        minLength: 1,
        maxLength: 3,
      })
      .map((pairs) => `inline:{${pairs.map(([from, to]) => `{${from}=${to}}`).join(',')}}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('static:a', 'static:{x y}', 'randmap:{b}', 'static:B') },
  { weight: 1, arbitrary: fc.constant('fail:a') },
);
function combinedSpec(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom('unionmap', 'pipemap'),
      fc.array(inner, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(',', ', ', ' '),
    )
    .map(([type, parts, comma]) => `${type}:{${parts.join(comma)}}`);
}

describe.skipIf(!hasPostmap)('tables answer what Postfix answers', () => {
  let postmap: PostmapDirectory;
  beforeAll(async () => {
    postmap = await PostmapDirectory.create();
  });
  afterAll(async () => {
    await postmap.remove();
  });

  test.each(['hash', 'btree', 'lmdb', 'cdb', 'texthash'])('%s', async (type) => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(indexedFile, async (text) => {
        // smtpd refuses a texthash with duplicates, postmap -q does not: that has a test of its own.
        const reader = type === 'texthash' ? readTexthashFile : readPostmapFile;
        const { content } = load(reader, text);
        const answers = QUERIES.map((query) => content.lookup(query));
        if (answers.some((answer) => answer instanceof TableFailure)) return;
        found += answers.filter((answer) => answer !== undefined).length;
        expect(answers, text).toEqual(await postmap.query(type, text, QUERIES));
      }),
      { numRuns: RUNS },
    );
    expect(found).toBeGreaterThan(RUNS / 2);
  });

  test('cidr', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(cidrLine, { maxLength: 14 }),
        fc.uniqueArray(fc.oneof(address, fc.constantFrom('x', '10.0.0', '010.0.0.1', '[::1]')), {
          minLength: 6,
          maxLength: 12,
        }),
        async (lines, keys) => {
          const text = lines.map((line) => `${line}\n`).join('');
          const { content } = load(readCidrFile, text);
          const answers = keys.map((each) => content.lookup(each));
          found += answers.filter((answer) => answer !== undefined).length;
          expect(answers, text).toEqual(await postmap.query('cidr', text, keys));
        },
      ),
      { numRuns: 2 * RUNS },
    );
    // Far below what chance makes of it.
    expect(found).toBeGreaterThan(RUNS / 4);
  });

  test('unionmap and pipemap', async () => {
    const found = { values: 0, failures: 0 };
    await fc.assert(
      fc.asyncProperty(combinedSpec(fc.oneof(leafSpec, leafSpec, combinedSpec(leafSpec))), async (spec) => {
        const tables = new TableSet();
        const table = tables.open(spec, undefined, () => {});
        for (const key of ['a', 'B', 'zz']) {
          const answer = await table.lookup(key);
          if (answer instanceof TableFailure) {
            found.failures++;
            // One that finds nothing waits a second: one of three is enough.
            if (key === 'a') expect([spec, await postmap.isFailing(spec, key)]).toEqual([spec, true]);
          } else {
            if (answer !== undefined) found.values++;
            expect([spec, key, answer]).toEqual([spec, key, (await postmap.querySpec(spec, [key]))[0]]);
          }
        }
        tables.close();
      }),
      { numRuns: RUNS / 2 },
    );
    expect(found.values).toBeGreaterThan(RUNS / 10);
    expect(found.failures).toBeGreaterThan(0);
  });

  test('inline and static', async () => {
    const keys = ['a', 'A', 'b', 'c', '"a b"', 'a b', 'a\\ b', 'é', 'É', '{a'];
    await Promise.all(
      IN_PLACE.map(async (spec) => {
        const colon = spec.indexOf(':');
        const content = (spec.startsWith('static') ? parseStatic : parseInline)(spec.slice(colon + 1));
        const answers = keys.map((each) => ('error' in content ? undefined : content.lookup(each)));
        expect(answers, spec).toEqual(await postmap.querySpec(spec, keys));
      }),
    );
  });

  test('rules written out in place', async () => {
    const keys = ['a', 'aa', 'ba', 'b', 'é', 'x', '192.0.2.1', '192.0.2.7', '2001:db8::1'];
    await Promise.all(
      WRITTEN_OUT.map(async (spec) => {
        const tables = new TableSet();
        const table = tables.open(spec, undefined, () => {});
        const answers = await Promise.all(keys.map((each) => table.lookup(each)));
        const found = answers.map((each) => (each instanceof TableFailure ? undefined : each));
        expect(found, spec).toEqual(await postmap.querySpec(spec, keys));
        tables.close();
      }),
    );
  });
});
