/** sqlite: tables, on real files. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TableFailure } from '../../../src/tables/table.ts';
import { requirement } from '../../support/requirements.ts';
import { bothFind, MapDirectory } from '../map-directory.ts';
import { AWKWARD_KEYS, SAMPLE_MAPS, SAMPLE_TABLES } from './sample-maps.ts';

/** On a machine that has much to do. */
const PATIENCE = { timeout: 60_000 };

let maps: MapDirectory;
let database: string;

beforeEach(() => {
  maps = new MapDirectory();
  database = join(maps.path, 'mail.sqlite');
  create(database, SAMPLE_TABLES);
});

afterEach(() => maps.close());

function create(path: string, sql: string): void {
  const file = new DatabaseSync(path);
  file.exec(sql);
  file.close();
}

const open = (name: string, text: string) => maps.open('sqlite', name, `dbpath = ${database}\n${text}`);

describe('a sqlite: table', () => {
  it('finds what is there, folds the case of search strings, and sees partial ones', async () => {
    const table = open('alias.cf', "query = SELECT goto FROM alias WHERE address = '%s'\n");
    expect(table.isPattern).toBe(false);
    expect(await table.lookup('Info@Example.test')).toBe('alice@example.test,bob@example.test');
    expect(await table.lookup('nobody@example.test')).toBeUndefined();
    expect(maps.diagnostics).toEqual([]);
  });

  it('escapes for double quotes where the placeholder stands in them', async () => {
    const table = open('double.cf', 'query = SELECT goto FROM alias WHERE address = "%s"\n');
    expect(await table.lookup("o'neill@example.test")).toBe('quote');
    expect(await table.lookup('"a b"@example.test')).toBe('blank');
    expect(await table.lookup('x" OR "1"="1')).toBeUndefined();
  });

  it('keeps an answer for its time, and shares one that is under way', async () => {
    const own = new MapDirectory({ ttlMs: 60_000 });
    try {
      const table = own.open(
        'sqlite',
        'a.cf',
        `dbpath = ${database}\nquery = SELECT goto FROM alias WHERE address = '%s'\n`,
      );
      const [first, second] = [table.lookup('root@example.test'), table.lookup('root@example.test')];
      expect(first).toBe(second);
      await first;
      const file = new DatabaseSync(database);
      file.exec('DELETE FROM alias');
      file.close();
      expect(table.lookup('root@example.test')).toBe('alice@example.test');
    } finally {
      own.close();
    }
  });

  it('reads a database that was put in the place of the old one', async () => {
    const table = open('alias.cf', "query = SELECT goto FROM alias WHERE address = '%s'\n");
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    const other = join(maps.path, 'other.sqlite');
    create(
      other,
      "CREATE TABLE alias (address TEXT, goto TEXT); INSERT INTO alias VALUES ('root@example.test', 'carol@example.test')",
    );
    renameSync(other, database);
    await vi.waitFor(
      async () => expect(await table.lookup('root@example.test')).toBe('carol@example.test'),
      PATIENCE,
    );
  });

  it('takes a changed map file, and keeps the old one when the new one has mistakes', async () => {
    const table = open('alias.cf', "query = SELECT goto FROM alias WHERE address = '%s'\n");
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    maps.write('alias.cf', `dbpath = ${database}\nquery = SELECT '%z'\n`);
    await vi.waitFor(() => expect(maps.reloads).toMatchObject([{ isInForce: false }]), PATIENCE);
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    maps.write('alias.cf', `dbpath = ${database}\nquery = SELECT 'new %u'\n`);
    await vi.waitFor(() => expect(maps.reloads).toMatchObject([{}, { isInForce: true }]), PATIENCE);
    expect(await table.lookup('root@example.test')).toBe('new root');
  });

  it('leaves the files alone that its `domain` named before it changed', async () => {
    const domains = maps.write('domains', 'example.test\n');
    const own = "query = SELECT goto FROM alias WHERE address = '%s'\n";
    const table = open('alias.cf', `${own}domain = ${domains}\n`);
    maps.write('alias.cf', `dbpath = ${database}\n${own}domain = ${domains}, x.test\n`);
    await vi.waitFor(() => expect(maps.reloads).toHaveLength(1), PATIENCE);
    maps.write('alias.cf', `dbpath = ${database}\nquery = SELECT '%z'\ndomain = ${domains}\n`);
    await vi.waitFor(() => expect(maps.reloads).toHaveLength(2), PATIENCE);
    maps.write('domains', 'other.test\n');
    await vi.waitFor(() => expect(table.lookup('root@example.test')).toBeUndefined(), PATIENCE);
    maps.write('alias.cf', `dbpath = ${database}\n${own}`);
    await vi.waitFor(() => expect(maps.reloads.at(-1)?.file).toMatch(/alias\.cf$/), PATIENCE);
    expect(maps.reloads.filter(({ file }) => file === domains)).toHaveLength(1);
  });

  it('fails when there is no database, and finds it when there is', async () => {
    database = join(maps.path, 'later.sqlite');
    const table = open('alias.cf', "query = SELECT goto FROM alias WHERE address = '%s'\n");
    expect(await table.lookup('root@example.test')).toEqual(
      new TableFailure(expect.stringMatching(/alias\.cf: ENOENT.*later\.sqlite/)),
    );
    create(database, SAMPLE_TABLES);
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
  });

  it('fails when the query is none, and is not confused afterwards', async () => {
    const broken = open('broken.cf', "query = SELECT a FROM nowhere WHERE a = '%s'\n");
    const table = open('alias.cf', "query = SELECT goto FROM alias WHERE address = '%s'\n");
    expect(await broken.lookup('root@example.test')).toEqual(
      new TableFailure(expect.stringContaining('no such table')),
    );
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
  });

  it('ends a query that takes too long, and works on', async () => {
    const own = new MapDirectory({ queryTimeoutMs: 2000 });
    try {
      const endless = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n`;
      const table = own.open(
        'sqlite',
        'slow.cf',
        `dbpath = ${database}\nquery = SELECT CASE '%u' WHEN 'slow' THEN (${endless}) ELSE 'fast' END\n`,
      );
      expect(await table.lookup('slow@example.test')).toEqual(
        new TableFailure(expect.stringContaining('no answer within 2 s')),
      );
      await vi.waitFor(async () => expect(await table.lookup('quick@example.test')).toBe('fast'), PATIENCE);
    } finally {
      own.close();
    }
  });

  it('waits for a writer', async () => {
    const table = open('alias.cf', "query = SELECT goto FROM alias WHERE address = '%s'\n");
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    const writer = new DatabaseSync(database);
    writer.exec('BEGIN EXCLUSIVE');
    const waiting = table.lookup('info@example.test');
    setTimeout(() => writer.exec('COMMIT'), 100);
    expect(await waiting).toBe('alice@example.test,bob@example.test');
    writer.close();
  });

  it('does not change the database', async () => {
    const table = open('write.cf', "query = DELETE FROM alias WHERE address <> '%s'\n");
    expect(await table.lookup('x')).toBeInstanceOf(TableFailure);
  });
});

const needed = requirement('sqlite');

describe.skipIf(!needed.isMet)('as Postfix', () => {
  it.each(SAMPLE_MAPS)('%s', async (text) => {
    const { ours, postfix } = await bothFind(open('map.cf', text), AWKWARD_KEYS);
    expect(ours).toEqual(postfix);
  });
});
