import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countLeftOut } from '../../src/lists/formats/access-format.ts';
import { LIST_FORMATS, type ListFormatName } from '../../src/lists/formats/list-format.ts';
import { isKeyMistake, parseKey } from '../../src/lists/key.ts';
import type { ListEntry } from '../../src/store/list-records.ts';
import { NO_STAMP } from '../../src/store/stamp.ts';
import { hasPostmap, PostmapDirectory } from '../tables/postmap.ts';

const NOW = Date.UTC(2030, 0, 1);
const NAMES = Object.keys(LIST_FORMATS) as ListFormatName[];

/** What a comment may hold: one line. */
const line = fc.string({
  unit: fc.constantFrom(...'aZ ,"#;é0\\:@\t\u00a0\u2028'),
  maxLength: 30,
});

/** Whatever can be a key of a list that takes any, or of HELO names. */
const someKey = fc
  .tuple(
    fc.constantFrom('any', 'helo'),
    fc.string({
      unit: fc.constantFrom(...'aZ."#\\ @:%=1é\u00a0!{'),
      minLength: 1,
      maxLength: 8,
    }),
    fc.constantFrom('', '@example.com', '@', '.example.com'),
  )
  .map(([kind, start, end]) => parseKey(start + end, kind as 'any' | 'helo'))
  .filter((key) => !isKeyMistake(key))
  .map((key) => (isKeyMistake(key) ? '' : key.key));

const key = fc.oneof(
  fc.constantFrom(
    '192.0.2.7',
    '2001:db8::/32',
    'example.com',
    '.example.com',
    '"a b"@example.com',
    '#tag@example.com',
    '"#tag x"@example.com',
    '"abc',
    'a"b',
    'a\\',
    'a\\@example.com',
    '<>',
    'user@',
  ),
  someKey,
);

const entry = fc.record({
  key,
  action: line.map((text) => `REJECT ${text}`.trim()),
  comment: line,
  expires: fc.option(fc.integer({ min: 1, max: 1e6 }).map((seconds) => NOW + seconds * 1000)),
});

function entryOf(fields: Pick<ListEntry, 'key' | 'action' | 'comment' | 'expires'>): ListEntry {
  const author = { created: NOW, createdBy: 'x', changed: NOW, changedBy: 'x' };
  return { list: 'a', version: NO_STAMP, ...author, ...fields };
}

/** The text of a whole list, as an export puts it together. */
function textOf(name: ListFormatName, fields: readonly Parameters<typeof entryOf>[0][], nowMs = NOW): string {
  const format = LIST_FORMATS[name];
  const leftOut = fields.filter((one) => !format.canWrite(one)).length;
  return format.heading('a') + format.write(fields.map(entryOf), nowMs) + format.ending(leftOut);
}

describe.each(NAMES)('a list as %s', (name) => {
  const format = LIST_FORMATS[name];

  it('is read as it was written; what has no line leaves nothing to its neighbours', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (fields) => {
        const { entries, mistakes } = format.read(textOf(name, fields));
        expect(mistakes).toEqual([]);
        expect(entries.map(({ line: _line, ...rest }) => rest)).toEqual(fields.filter(format.canWrite));
      }),
      { numRuns: 1000 },
    );
  });

  it('has no entry that an import would refuse because its time is over', () => {
    const gone = { key: 'a.example', action: 'OK', comment: 'gone', expires: NOW };
    const next = { key: 'b.example', action: 'OK', comment: '', expires: null };
    const { entries, mistakes } = format.read(textOf(name, [gone, next, gone]));
    expect(mistakes).toEqual([]);
    expect(entries).toMatchObject([next]);
  });
});

describe('as access(5) text', () => {
  it('only keys that a line can begin with are written, and how many are not is said', () => {
    const { canWrite } = LIST_FORMATS.access;
    const keys = ['#tag@example.com', '"abc', 'a"b', 'a\\', 'a b'];
    expect(keys.filter((each) => canWrite({ key: each }))).toEqual([]);
    const sound = [
      '"#tag x"@example.com',
      'a\\@b',
      '\u00a0x',
      'a#b',
      '"a\\"b"@example.com',
      'a:',
      '\\"',
      '<>',
    ];
    expect(sound.filter((each) => !canWrite({ key: each }))).toEqual([]);
    const fields = [...keys, ...sound].map((each) => ({
      key: each,
      action: 'OK',
      comment: 'c',
      expires: null,
    }));
    const text = textOf('access', fields);
    expect(countLeftOut(text)).toBe(keys.length);
    expect(text).toMatch(/\n# 5 entries are left out, .*\n$/);
  });

  it('an entry that somebody has made a remark of takes its own remarks with it', () => {
    const remarks = '#: private\n#@ expires 2040-01-01T00:00:00Z\n';
    const { entries } = LIST_FORMATS.access.read(`${remarks}#a.example OK\nb.example OK\n`);
    expect(entries).toEqual([{ line: 4, key: 'b.example', action: 'OK', comment: '', expires: null }]);
    // A remark within an entry ends neither the entry nor what belongs to it.
    const within = LIST_FORMATS.access.read(`${remarks}a.example\n# remark\n  OK\n`);
    expect(within.entries).toMatchObject([{ action: 'OK', comment: 'private' }]);
  });
});

describe.runIf(hasPostmap)('postmap(1)', () => {
  let directory: PostmapDirectory;
  beforeAll(async () => {
    directory = await PostmapDirectory.create();
  });
  afterAll(() => directory.remove());

  it('makes of an export the entries that an import makes of it', async () => {
    const keys = fc.uniqueArray(entry, { minLength: 20, maxLength: 60, selector: (one) => one.key });
    for (const fields of fc.sample(keys, 10)) {
      const text = textOf('access', fields);
      const lines = LIST_FORMATS.access.read(text).entries.map((one) => `${one.key}\t${one.action}`);
      expect(lines).toHaveLength(fields.filter(LIST_FORMATS.access.canWrite).length);
      expect((await directory.dump('hash', text)).sort()).toEqual(lines.sort());
    }
  });
});

describe('a text that makes no sense', () => {
  it.each<[ListFormatName, string, number, string]>([
    ['access', 'example.com REJECT\nexample.net\n', 2, 'has no action'],
    ['access', '  REJECT\n', 1, 'no line it could continue'],
    ['access', '"a REJECT\n', 1, 'unbalanced'],
    ['access', '#@ expires tomorrow\nexample.com OK\n', 1, 'no time'],
    ['access', '#: one\n#: two\nexample.com OK\n', 2, 'has a comment already'],
    [
      'access',
      '#@ expires 2040-01-01T00:00:00Z\n#: c\n#@ expires 2041-01-01T00:00:00Z\nexample.com OK\n',
      3,
      'has an expiry already',
    ],
    ['csv', 'key,action,Action,action\na.example,OK,,REJECT\n', 1, 'unknown column `Action`'],
    ['csv', 'key,action,action\na.example,OK,REJECT\n', 1, 'the column `action` stands there twice'],
    ['csv', 'example.com,REJECT\n', 1, 'unknown column `example.com`'],
    ['csv', 'key,comment\n', 1, 'names no columns'],
    ['csv', 'key,action\na.example,REJECT,more\n', 2, '3 fields where there are 2'],
    ['csv', 'key,action\n\na"b,OK\n', 3, 'a quote stands where none may'],
    ['csv', 'key,action,expires_at\na.example,OK,2030-13-01T00:00:00Z\n', 2, 'no time'],
    ['ndjson', '{"key":"a.example"', 1, 'no JSON'],
    ['ndjson', '[]', 1, 'no JSON object'],
    ['ndjson', `{"key":${'['.repeat(40)}${']'.repeat(40)}}`, 1, 'more than 32 levels'],
    ['ndjson', '\n{"key":"a.example","action":1}', 2, 'must be texts'],
    ['ndjson', '{"key":"a.example","action":"OK","note":""}', 1, 'unknown field `note`'],
    ['ndjson', '{"key":"a.example","action":"OK","expires_at":5}', 1, 'no time'],
    ['ndjson', '{"key":"a.example","action":"OK","\\u0061ction":"REJECT"}', 1, '`action` stands there twice'],
  ])('as %s: %j is told of with its line', (name, text, at, part) => {
    const { mistakes } = LIST_FORMATS[name].read(text);
    expect(mistakes).toMatchObject([{ line: at }]);
    expect(mistakes[0]?.message).toContain(part);
  });

  it('does not hide the rest', () => {
    const { entries, mistakes } = LIST_FORMATS.access.read(
      'a.example OK\nb.example\n# remark\nc.example\n  REJECT x\n',
    );
    expect(entries.map(({ key, action, line: at }) => [key, action, at])).toEqual([
      ['a.example', 'OK', 1],
      ['c.example', 'REJECT x', 4],
    ]);
    expect(mistakes).toHaveLength(1);
  });
});
