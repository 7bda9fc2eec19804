import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderSql, type SqlQuotes } from '../../src/databases/sql-text.ts';

const SQLITE = { hasBackslashes: false, hasDoubleQuotedTexts: false };
const MYSQL = { hasBackslashes: true, hasDoubleQuotedTexts: true };

const render = (value: string, quotes: SqlQuotes, dialect = SQLITE) =>
  renderSql([{ value, quotes }], dialect);

describe('renderSql', () => {
  it('puts values between texts', () => {
    const query = [
      "SELECT '",
      { value: 'a', quotes: 'single' },
      "' = '",
      { value: "b'", quotes: 'single' },
      "'",
    ] as const;
    expect(renderSql(query, SQLITE)).toBe("SELECT 'a' = 'b'''");
  });

  it.each([
    ['single', MYSQL, `a'b"c\\d`, `a''b"c\\\\d`],
    ['double', MYSQL, `a'b"c\\d`, `a'b""c\\\\d`],
    ['double', { ...MYSQL, hasDoubleQuotedTexts: false }, `a"b\\c`, `a""b\\c`],
    ['escape', SQLITE, `a'b\\c`, `a''b\\\\c`],
    ['single', SQLITE, `a'b\\c`, `a''b\\c`],
    ['backtick', MYSQL, 'a`b\\c', 'a``b\\c'],
    ['none', SQLITE, 'word_1.2', 'word_1.2'],
    ['none', SQLITE, '1 OR 1=1', undefined],
    ['none', SQLITE, 'user@example.test', undefined],
    ['none', SQLITE, '', undefined],
    ['single', SQLITE, 'a\0b', undefined],
  ] as const)('in %s quotes of %j: %j', (quotes, dialect, value, text) => {
    expect(render(value, quotes, dialect)).toBe(text);
  });

  it('makes any value the same value to a database', () => {
    const database = new DatabaseSync(':memory:');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = render(value, 'single');
        fc.pre(text !== undefined && value.isWellFormed());
        expect(database.prepare(`SELECT '${text}' AS found`).get()).toEqual({ found: value });
      }),
    );
    database.close();
  });
});
