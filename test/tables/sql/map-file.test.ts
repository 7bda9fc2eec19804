/** What is told about a map file, and where. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatSpan, Source } from '../../../src/language/source.ts';
import { sqlMapReader } from '../../../src/tables/sql/sql-map.ts';
import { SQLITE_ENGINE } from '../../../src/tables/sql/sqlite-engine.ts';
import { TableFailure } from '../../../src/tables/table.ts';
import { MapDirectory } from '../map-directory.ts';

let maps: MapDirectory;

beforeEach(() => {
  maps = new MapDirectory();
});

afterEach(() => maps.close());

/** As `severity code line:column message`. */
function told(): string[] {
  return maps.diagnostics.map(({ severity, code, span, message }) => {
    const place = span === undefined ? '' : formatSpan(span).split(':').slice(1).join(':');
    return `${severity} ${code} ${place} ${message}`;
  });
}

const GOOD = "query = SELECT a FROM b WHERE c = '%s'\n";

describe('a map file', () => {
  it.each([
    ['sqlite', GOOD, 'error map-file-incomplete 1:1 `dbpath` is not set'],
    [
      'sqlite',
      `dbpath = mail.sqlite\n${GOOD}`,
      'error map-file-value 1:1 `mail.sqlite` is not an absolute path',
    ],
    ['sqlite', 'dbpath = /x\n', 'error map-file-incomplete 1:1 `select_field` is not set'],
    [
      'sqlite',
      "dbpath = /x\nquery = SELECT '%z'\n",
      "error map-file-template 2:1 `%z` stands for nothing in `SELECT '%z'`",
    ],
    [
      'sqlite',
      `dbpath = /x\n${GOOD}result_format = 100%\n`,
      'error map-file-template 3:1 `%` at the end in `100%`',
    ],
    [
      'sqlite',
      `dbpath = /x\n${GOOD}result_format =\n`,
      'error map-file-value 3:1 `result_format` has no value',
    ],
    [
      'sqlite',
      `dbpath = /x\n${GOOD}expansion_limit = many\n`,
      'error map-file-value 3:1 `many` is not a number',
    ],
    [
      'sqlite',
      `dbpath = /x\n${GOOD}expansion_limit = -1\n`,
      'error map-file-value 3:1 `expansion_limit` is negative',
    ],
    ['mysql', GOOD, 'error map-file-incomplete 1:1 `dbname` is not set'],
    ['mysql', `dbname = d\nhosts = a:b:c\n${GOOD}`, 'error map-file-value 2:1 `a:b:c` is not a server'],
    [
      'mysql',
      `dbname = d\nrequire_result_set = maybe\n${GOOD}`,
      'error map-file-value 2:1 `maybe` is neither `yes` nor `no`',
    ],
    [
      'mysql',
      `dbname = d\ntls_CAfile = /nonexistent\n${GOOD}`,
      'error map-file-value 2:1 cannot read `/nonexistent`: no such file or directory',
    ],
    [
      'pgsql',
      `dbname = d\nretry_interval = 0\n${GOOD}`,
      'error map-file-value 2:1 `retry_interval` is not positive',
    ],
  ])('of %s: %j', async (type, text, message) => {
    const table = maps.open(type, 'map.cf', text);
    expect(told().filter((line) => line.startsWith('error'))[0]).toBe(message);
    expect(await table.lookup('x')).toBeInstanceOf(TableFailure);
  });

  it.each([
    [
      'sqlite',
      `dbpath = /x\npath = /y\n${GOOD}`,
      'warning map-file-parameter 2:1 `path` is not a parameter of this map file',
    ],
    [
      'mysql',
      `dbname = d\noption_file = /y\n${GOOD}`,
      'warning map-file-parameter 2:1 `option_file` is not read here',
    ],
    [
      'pgsql',
      `dbname = d\nencoding = LATIN1\n${GOOD}`,
      'warning map-file-parameter 2:1 texts are always exchanged as UTF-8',
    ],
    [
      'sqlite',
      'dbpath = /x\nquery = SELECT a FROM b WHERE c = %s\n',
      'warning unquoted-placeholder 2:1 a `%` placeholder stands outside of quotes, where Postfix lets what a client says be SQL',
    ],
  ])('of %s, still of use: %j', (type, text, message) => {
    maps.open(type, 'map.cf', text);
    expect(told()).toEqual([message]);
  });

  it('shows no password, whatever is wrong around it', () => {
    const secret = 'hUsh';
    maps.open(
      'pgsql',
      'map.cf',
      `password = ${secret}\n  ${secret}\npassword ${secret}\nhosts = postgresql://me:${secret}@h:x/d?password=${secret} postgres//me:${secret}@h:1:2\npassword=${secret}\n  password: ${secret}\n`,
    );
    expect(maps.diagnostics.length).toBeGreaterThan(2);
    for (const diagnostic of maps.diagnostics) {
      const { message, help, span } = diagnostic;
      expect(`${message} ${help} ${span?.source.text}`).not.toContain(secret);
    }
  });

  it('of a database whose library is not installed says what to run', () => {
    const source = new Source('/etc/postfix/map.cf', `dbpath = /x\n${GOOD}`);
    const reader = sqlMapReader({ ...SQLITE_ENGINE, library: '@postward/no-such-library' });
    const slices = reader(source, (diagnostic) => maps.diagnostics.push(diagnostic), maps.tables);
    while (slices.next().done !== true);
    expect(maps.diagnostics).toMatchObject([
      {
        severity: 'error',
        code: 'library-missing',
        help: expect.stringContaining('npm install @postward/no-such-library'),
      },
    ]);
  });
});
