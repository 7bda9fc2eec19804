import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { formatSpan, Source } from '../../src/language/source.ts';
import type { TableReload } from '../../src/tables/file-table.ts';
import { TableFailure } from '../../src/tables/table.ts';
import { TableSet } from '../../src/tables/table-set.ts';

let directory: string;
let tables: TableSet;
let diagnostics: Diagnostic[];
let reloads: TableReload[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'postward-tables-'));
  diagnostics = [];
  reloads = [];
  tables = new TableSet({ onReload: (reload) => reloads.push(reload) });
});

afterEach(() => {
  tables.close();
  rmSync(directory, { recursive: true });
});

function open(spec: string) {
  return tables.open(spec, undefined, (diagnostic) => diagnostics.push(diagnostic));
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** What is wrong, as `code at line:column: message`. */
function told(): string[] {
  return diagnostics.map(({ code, span, message }) => {
    const place = span === undefined ? '' : ` at ${formatSpan(span).split(':').slice(1).join(':')}`;
    return `${code}${place}: ${message}`;
  });
}

describe('opening', () => {
  test('the same table is opened once', () => {
    const path = file('access', 'a REJECT\n');
    expect(open(`hash:${path}`)).toBe(open(`hash:${path}`));
    expect(open(`proxy:hash:${path}`)).toBe(open(`hash:${path}`));
    expect(open(`hash:${path}`).lookup('A')).toBe('REJECT');
    expect(told()).toEqual([]);
  });

  test.each([
    ['hahs:/x', 'table-unknown-type', 'did you mean `hash`?'],
    ['2001:db8::/32', 'table-unknown-type', '`[2001:db8::]/32`'],
    ['nonsense:/x', 'table-unknown-type', 'the types are hash'],
    ['nis:passwd.byname', 'table-unsupported', 'texthash'],
    ['hash:', 'table-syntax', 'type:name'],
    ['hash', 'table-syntax', 'type:name'],
    ['inline:{a}', 'table-syntax', 'inline:{key=value'],
    ['static:{a', 'table-syntax', 'static:{a value}'],
    ['randmap:{}', 'table-syntax', 'randmap:{value'],
    [`${'pipemap:{'.repeat(3000)}static:a${'}'.repeat(3000)}`, 'table-syntax', 'side by side'],
    ['unionmap:{x}', 'table-syntax', 'unionmap:{type:name'],
    ['pipemap:x', 'table-syntax', 'pipemap:{type:name'],
    ['hash:access', 'table-unreadable', '$config_directory/access'],
    ['cidr:/nonexistent/x', 'table-unreadable', 'takes effect when it appears'],
    ['pcre:{ {/x/ REJECT}', 'table-syntax', 'write `{ {rule}, {rule} }`'],
    ['cidr:{ 192.0.2.0/24 REJECT }', 'table-syntax', 'write `{ {rule}, {rule} }`'],
    ['regexp:{{/a/ b}{/c/ d}}', 'table-syntax', 'write `{ {rule}, {rule} }`'],
    ['texthash:{ {x y} }', 'table-unreadable', 'whole path'],
    ['pcre:/', 'table-unreadable', 'name a text file'],
    ['ldap:users', 'table-unsupported', '`ldap:/etc/postfix/users.cf`'],
    ['mysql:sql/users.cf', 'table-unsupported', '`mysql:/etc/postfix/sql/users.cf`'],
    ['mysql:./users.cf', 'table-unreadable', 'write the whole path'],
  ])('%s fails its lookups, and says why', (spec, code, help) => {
    const table = open(spec);
    expect(table.lookup('x')).toBeInstanceOf(TableFailure);
    expect(diagnostics).toMatchObject([{ severity: 'error', code, help: expect.stringContaining(help) }]);
    open(spec);
    expect(diagnostics).toHaveLength(1);
  });

  test('rules of patterns and networks may be the name, as in Postfix 3.7', () => {
    expect(open('cidr:{ {if 192.0.2.0/24}, { 192.0.2.7  a  b }, {endif} }').lookup('192.0.2.7')).toBe('a  b');
    expect(open('pcre:{{/^(a{1,2})$/ got $1}}').lookup('aa')).toBe('got aa');
    expect(open('regexp:{ {#/a/ no} {} {/A/ yes} }').lookup('a')).toBe('yes');
    expect(open('pcre:{}').lookup('a')).toBeUndefined();
    expect(told()).toEqual([]);
  });

  test('a mistake in such a rule is told where the table is named', () => {
    const span = new Source('main.cf', 'x = pcre:…').span(4, 10);
    tables.open('pcre:{ {/(/ x} {/a/ y} }', span, (diagnostic) => diagnostics.push(diagnostic));
    expect(told()).toEqual(['pattern-syntax at 1:5: missing closing parenthesis; Postfix skips this line']);
    expect(open('pcre:{ {/(/ x} {/a/ y} }').lookup('a')).toBe('y');
  });

  test('only the database is there: the text is asked for', () => {
    const path = file('access.db', '');
    open(`hash:${path.slice(0, -3)}`);
    expect(told()).toEqual([expect.stringContaining('no such file, only')]);
  });

  test('tables of tables', async () => {
    const path = file('access', 'a one\nb two\none uno\n');
    const union = open(`unionmap:{hash:${path}, inline:{a=1, c=3}}`);
    expect([union.lookup('a'), union.lookup('b'), union.lookup('c'), union.lookup('d')]).toEqual([
      'one,1',
      'two',
      '3',
      undefined,
    ]);
    const pipe = open(`pipemap:{hash:${path}, hash:${path}}`);
    expect([pipe.lookup('a'), pipe.lookup('b'), pipe.isPattern]).toEqual(['uno', undefined, false]);
    expect(open('unionmap:{static:x, fail:down}').lookup('a')).toBeInstanceOf(TableFailure);
    expect(open('pipemap:{randmap:{a b}, inline:{a=1,b=1}}').lookup('x')).toBe('1');
    expect(open('pipemap:{regexp:/nonexistent, static:x}').isPattern).toBe(true);
  });
});

describe('mistakes in a file', () => {
  test('indexed: duplicates with both places, the first counts', () => {
    const path = file('access', 'a OK\n# c\n A\nb REJECT\nA REJECT\n"x\nlonely\nc:  OK\n');
    const table = open(`hash:${path}`);
    expect(table.lookup('b')).toBe('REJECT');
    expect(table.lookup('a')).toBe('OK A');
    expect(told()).toEqual([
      'unbalanced-quote at 6:1: unbalanced `"`; Postfix ignores it',
      'entry-without-value at 7:1: entry `lonely` has no value; Postfix ignores it',
      'alias-format at 8:1: key ends with `:`; is this an aliases file?',
      `duplicate-key at 5:1: duplicate entry \`a\`, first at ${path}:1:1; the first one counts`,
    ]);
  });

  test('texthash: a duplicate fails the table, as smtpd does', () => {
    const table = open(`texthash:${file('access', 'a OK\nb OK\na OK\n')}`);
    expect(table.lookup('b')).toBeInstanceOf(TableFailure);
    expect(told()).toEqual([expect.stringContaining('Postfix refuses the whole texthash table')]);
  });

  test('cidr: the other lines count', () => {
    const table = open(
      `cidr:${file('access', '10.1.2.3/8 REJECT\n10.0.0.0/8\n11.0.0.0/8 OK\nif 12.0.0.0/8\n')}`,
    );
    expect(table.lookup('11.1.1.1')).toBe('OK');
    expect(told()).toEqual([
      'cidr-syntax at 1:1: non-null host address bits in `10.1.2.3/8`; Postfix skips this line',
      'cidr-syntax at 2:1: no result for `10.0.0.0/8`; Postfix skips this line',
      'if-without-endif at 4:1: `if` has no matching `endif`; it reaches to the end of the table',
    ]);
    expect(diagnostics[0]?.help).toContain('`10.0.0.0/8`');
  });

  test('pcre: place of the mistake in the line', () => {
    open(
      `pcre:${file('access', '/ok/ OK\n/a(b/ REJECT\n/a/q REJECT\n/a $1\n/(a)/ $2\nfoo\nendif\n/x/\n!/(x)/ $1\n')}`,
    );
    expect(told()).toEqual([
      'pattern-syntax at 2:4: missing closing parenthesis; Postfix skips this line',
      'pattern-syntax at 3:4: unknown flag `q`; Postfix skips this line',
      'pattern-syntax at 4:1: no closing `/`; Postfix skips this line',
      'pattern-syntax at 5:7: `$2` is out of range: the pattern has 1 group; Postfix skips this line',
      'pattern-syntax at 6:1: not a pattern; Postfix skips this line',
      'pattern-syntax at 7:1: `endif` without `if`; Postfix skips this line',
      'pattern-doubt at 8:1: pattern has no result; a lookup that comes here fails',
      'pattern-syntax at 9:8: `$number` in the result of a negated pattern; Postfix skips this line',
    ]);
  });

  test('regexp: Perl notation that POSIX does not have is pointed out', () => {
    const table = open(`regexp:${file('access', '/^\\d+$/ REJECT\n')}`);
    expect(table.lookup('12')).toBeUndefined();
    expect(told()).toEqual([expect.stringMatching(/^pattern-doubt at 1:3: `\\d` is not defined in POSIX/)]);
    expect(diagnostics[0]).toMatchObject({ severity: 'warning', help: expect.stringContaining('[0-9]') });
  });

  test('a file full of mistakes is summed up', () => {
    open(`cidr:${file('access', 'x\n'.repeat(500))}`);
    expect(diagnostics).toHaveLength(51);
    expect(told().at(-1)).toContain('450 more mistakes');
  });
});

describe('a file that changes', () => {
  test('takes effect within a second', async () => {
    const path = file('access', 'a OK\n');
    const table = open(`hash:${path}`);
    expect(table.lookup('b')).toBeUndefined();
    writeFileSync(path, 'b REJECT\n');
    await vi.waitFor(() => expect(table.lookup('b')).toBe('REJECT'), { timeout: 5000 });
    expect(table.lookup('a')).toBeUndefined();
    expect(reloads).toMatchObject([{ spec: `hash:${path}`, file: path, isInForce: true, diagnostics: [] }]);
  });

  test('by rename, with the size and the second it had', async () => {
    const path = file('access', '/a/ OK\n');
    const table = open(`pcre:${path}`);
    renameSync(file('new', '/b/ OK\n'), path);
    await vi.waitFor(() => expect(table.lookup('b')).toBe('OK'), { timeout: 5000 });
  });

  test('appearing where none was', async () => {
    const path = join(directory, 'later');
    const table = open(`cidr:${path}`);
    expect(table.lookup('10.0.0.1')).toBeInstanceOf(TableFailure);
    writeFileSync(path, '10.0.0.0/8 OK\n');
    await vi.waitFor(() => expect(table.lookup('10.0.0.1')).toBe('OK'), { timeout: 5000 });
  });

  test('with a line that Postfix skips: the old content stays in force, and why is told', async () => {
    const path = file('access', '10.0.0.0/8 OK\n');
    const table = open(`cidr:${path}`);
    writeFileSync(path, '10.0.0.1/8 REJECT\n11.0.0.0/8 REJECT\n');
    await vi.waitFor(() => expect(reloads).toHaveLength(1), { timeout: 5000 });
    expect(reloads[0]).toMatchObject({ isInForce: false, diagnostics: [{ code: 'cidr-syntax' }] });
    expect(table.lookup('10.0.0.1')).toBe('OK');
    expect(table.lookup('11.0.0.1')).toBeUndefined();
    writeFileSync(path, '11.0.0.0/8 REJECT\n');
    await vi.waitFor(() => expect(table.lookup('11.0.0.1')).toBe('REJECT'), { timeout: 5000 });
    expect(table.lookup('10.0.0.1')).toBeUndefined();
  });

  test('with such a line from the start: it is skipped, and so it is in what replaces it', async () => {
    const path = file('access', '/[/ OK\n/a/ OK\n');
    const table = open(`regexp:${path}`);
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'pattern-syntax' }]);
    expect(table.lookup('a')).toBe('OK');
    writeFileSync(path, '/[/ OK\n/a/ REJECT\n');
    await vi.waitFor(() => expect(table.lookup('a')).toBe('REJECT'), { timeout: 5000 });
    expect(reloads).toMatchObject([{ isInForce: true, diagnostics: [{ code: 'pattern-syntax' }] }]);
  });

  test('with such a line from the start, and one that only Postfix can use: the old content stays in force', async () => {
    const path = file('access', '/[/ OK\n/a/ OK\n');
    const table = open(`pcre:${path}`);
    writeFileSync(path, '/[/ OK\n/\\p{L}/ REJECT\n');
    await vi.waitFor(() => expect(reloads).toHaveLength(1), { timeout: 5000 });
    expect(reloads[0]).toMatchObject({ isInForce: false });
    expect(table.lookup('a')).toBe('OK');
  });

  test('with a line that postmap skips: so it is here, and that is told', async () => {
    const path = file('access', 'a OK\n');
    const table = open(`hash:${path}`);
    writeFileSync(path, '  OK\nb OK\n');
    await vi.waitFor(() => expect(table.lookup('b')).toBe('OK'), { timeout: 5000 });
    expect(reloads).toMatchObject([{ isInForce: true, diagnostics: [{ code: 'line-without-start' }] }]);
  });

  test('with a line that only Postfix can use: the old content stays in force, and why is told', async () => {
    const path = file('access', '/a/ OK\n');
    const table = open(`pcre:${path}`);
    writeFileSync(path, '/\\p{L}/ REJECT\n/b/ REJECT\n');
    await vi.waitFor(() => expect(reloads).toHaveLength(1), { timeout: 5000 });
    expect(reloads[0]).toMatchObject({ isInForce: false, diagnostics: [{ code: 'pattern-unsupported' }] });
    expect(table.lookup('a')).toBe('OK');
    expect(table.lookup('b')).toBeUndefined();
    writeFileSync(path, '/b/ REJECT\n');
    await vi.waitFor(() => expect(table.lookup('b')).toBe('REJECT'), { timeout: 5000 });
    expect(table.lookup('a')).toBeUndefined();
  });

  test('removed: the old content stays in force, and that is told once', async () => {
    const path = file('access', 'a OK\n');
    const table = open(`hash:${path}`);
    unlinkSync(path);
    await vi.waitFor(() => expect(reloads).toHaveLength(1), { timeout: 5000 });
    expect(reloads[0]).toMatchObject({ isInForce: false, diagnostics: [{ code: 'table-unreadable' }] });
    expect(table.lookup('a')).toBe('OK');
  });

  test('while it is being written: only the whole is read', async () => {
    const path = file('access', 'a OK\n');
    const table = open(`hash:${path}`);
    let text = '';
    for (let count = 0; count < 10; count++) {
      text += `k${count} OK\n`;
      writeFileSync(path, text);
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(table.lookup('k0') === undefined || count >= 5).toBe(true);
    }
    await vi.waitFor(() => expect(table.lookup('k9')).toBe('OK'), { timeout: 5000 });
  });

  test('a closed set does not change any more', async () => {
    const path = file('access', 'a OK\n');
    const table = open(`hash:${path}`);
    tables.close();
    writeFileSync(path, 'b OK\n');
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(table.lookup('a')).toBe('OK');
    expect(reloads).toEqual([]);
  });
});
