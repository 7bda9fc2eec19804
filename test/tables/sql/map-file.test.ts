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

const BASE = 'search_base = dc=x\n';
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
      'mysql',
      `dbname = d\ntls_ciphers = NOSUCH\n${GOOD}`,
      'error map-file-value 2:1 no TLS with this: error:0A0000B9:SSL routines::no cipher match',
    ],
    [
      'pgsql',
      `hosts = postgresql://u@db/d?sslmode=verify-ca\n${GOOD}`,
      'error map-file-value 1:1 sslmode verify-ca wants to know which authority to trust',
    ],
    [
      'pgsql',
      `hosts = postgresql://u@db/d?sslmode=sometimes\n${GOOD}`,
      'error map-file-value 1:1 `sometimes` is no sslmode',
    ],
    [
      'pgsql',
      `hosts = postgresql://u:hUsh@one:0/d\n${GOOD}`,
      'error map-file-value 1:1 `postgresql://one:0/d` is not the URI of a server',
    ],
    [
      'ldap',
      'query_filter = (mail=%s\n',
      'error map-file-value 1:1 `(mail=%s` is no filter: a `)` is missing',
    ],
    ['ldap', 'server_host = ldap://a:99999\n', 'error map-file-value 1:1 `ldap://a:99999` is not a server'],
    ['ldap', 'server_host = ldap://[::1\n', 'error map-file-value 1:1 `ldap://[::1` is not a server'],
    ['ldap', 'bind = perhaps\n', 'error map-file-value 1:1 `perhaps` is no way to bind'],
    [
      'ldap',
      'bind = sasl\nsasl_mechs = DIGEST-MD5\n',
      'error map-file-value 1:1 of the SASL mechanisms only `EXTERNAL` is known here',
    ],
    [
      'ldap',
      'server_host = ldaps://a\nstart_tls = yes\n',
      'error map-file-value 2:1 `ldaps://` is TLS from the start already',
    ],
    ['ldap', 'recursion_limit = 0\n', 'error map-file-value 1:1 `recursion_limit` is less than 1'],
    ['ldap', 'size_limit = -5\n', 'error map-file-value 1:1 `size_limit` is negative'],
    ['ldap', 'timeout = 0\n', 'error map-file-value 1:1 `timeout` is less than 1'],
    ['ldap', 'chase_referrals = 1\n', 'error map-file-value 1:1 `1` is neither `yes` nor `no`'],
    ['ldap', 'search_base = %q\n', 'error map-file-template 1:1 `%q` stands for nothing in `%q`'],
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
      `hosts = postgresql://u@db/d?sslcrl=/x\n${GOOD}`,
      'warning map-file-parameter 1:1 `sslcrl` of a connection URI is not read here',
    ],
    ['ldap', 'query_filter = (a=%s)\n', 'warning map-file-incomplete 1:1 `search_base` is not set'],
    [
      'ldap',
      `${BASE}query_filter = (a=b)\n`,
      'warning map-file-value 2:1 the filter is the same for every search string',
    ],
    ['ldap', `${BASE}scope = tree\n`, 'warning map-file-value 2:1 `tree` is no scope, `sub` is used'],
    ['ldap', `${BASE}dereference = 4\n`, 'warning map-file-value 2:1 `4` is none of 0 to 3, 0 is used'],
    ['ldap', `${BASE}version = 2\n`, 'warning map-file-value 2:1 always version 3 is spoken here'],
    ['ldap', `${BASE}cache = yes\n`, 'warning map-file-parameter 2:1 `cache` is ignored, by Postfix too'],
    [
      'ldap',
      `${BASE}chase_referrals = yes\n`,
      'warning map-file-parameter 2:1 referrals are not followed here: an answer that holds one is a failed lookup',
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
