import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIST_FORMATS, type ListFormatName } from '../../src/lists/formats/list-format.ts';
import type { ListEntry } from '../../src/store/list-records.ts';
import { NO_STAMP } from '../../src/store/stamp.ts';

const NOW = Date.UTC(2030, 0, 1);
const NAMES = Object.keys(LIST_FORMATS) as ListFormatName[];

/** What an entry may hold: one line, no white space around it. */
const line = fc
  .string({
    unit: fc.constantFrom('a', 'Z', ' ', ',', '"', '#', ';', 'é', '0', '\\', ':', '@'),
    maxLength: 30,
  })
  .map((text) => text.trim());

const entry = fc.record({
  key: fc.constantFrom(
    '192.0.2.7',
    '2001:db8::/32',
    'example.com',
    '.example.com',
    '"a b"@example.com',
    '<>',
    'user@',
  ),
  action: line.map((text) => `REJECT ${text}`.trim()),
  comment: line,
  expires: fc.option(fc.integer({ min: 1, max: 1e6 }).map((seconds) => NOW + seconds * 1000)),
});

function entryOf(fields: Pick<ListEntry, 'key' | 'action' | 'comment' | 'expires'>): ListEntry {
  const author = { created: NOW, createdBy: 'x', changed: NOW, changedBy: 'x' };
  return { list: 'a', version: NO_STAMP, ...author, ...fields };
}

describe.each(NAMES)('a list as %s', (name) => {
  const format = LIST_FORMATS[name];

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (fields) => {
        const text = format.heading('a') + format.write(fields.map(entryOf), NOW);
        const { entries, mistakes } = format.read(text);
        expect(mistakes).toEqual([]);
        expect(entries.map(({ line: _line, ...rest }) => rest)).toEqual(fields);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a text that makes no sense', () => {
  it.each<[ListFormatName, string, number, string]>([
    ['access', 'example.com REJECT\nexample.net\n', 2, 'has no action'],
    ['access', '  REJECT\n', 1, 'no line it could continue'],
    ['access', '"a REJECT\n', 1, 'unbalanced'],
    ['access', '#@ expires tomorrow\nexample.com OK\n', 1, 'no time'],
    ['csv', 'example.com,REJECT\n', 1, 'unknown column `example.com`'],
    ['csv', 'key,comment\n', 1, 'names no columns'],
    ['csv', 'key,action\na.example,REJECT,more\n', 2, '3 fields where there are 2'],
    ['csv', 'key,action\n\na"b,OK\n', 3, 'a quote stands where none may'],
    ['csv', 'key,action,expires_at\na.example,OK,2030-13-01T00:00:00Z\n', 2, 'no time'],
    ['ndjson', '{"key":"a.example"', 1, 'no JSON'],
    ['ndjson', '[]', 1, 'no JSON object'],
    ['ndjson', '\n{"key":"a.example","action":1}', 2, 'must be texts'],
    ['ndjson', '{"key":"a.example","action":"OK","note":""}', 1, 'unknown field `note`'],
    ['ndjson', '{"key":"a.example","action":"OK","expires_at":5}', 1, 'no time'],
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

it('an expired entry is a remark in access(5) text, and leaves nothing to the next', () => {
  const gone = entryOf({ key: 'a.example', action: 'OK', comment: 'gone', expires: NOW - 1000 });
  const next = { key: 'b.example', action: 'OK', comment: '', expires: null };
  const { entries } = LIST_FORMATS.access.read(LIST_FORMATS.access.write([gone, entryOf(next)], NOW));
  expect(entries).toEqual([{ line: 2, ...next }]);
});
