/** pgsql: tables, against a real PostgreSQL that is also stopped, killed and slow. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TableFailure } from '../../../src/tables/table.ts';
import type { LookupLimits } from '../../../src/tables/table-set.ts';
import { askPostgresql, startPostgresql } from '../../support/postgresql.ts';
import type { PrivateServer } from '../../support/private-server.ts';
import { requirement } from '../../support/requirements.ts';
import { bothFind, HASTY, MapDirectory } from '../map-directory.ts';
import { AWKWARD_KEYS, SAMPLE_MAPS, SAMPLE_TABLES } from './sample-maps.ts';

const needed = requirement('postgresql');

/** Postfix 3.7 exchanges Latin-1 with PostgreSQL, and is not followed there: these it cannot ask for. */
const ASCII_KEYS = AWKWARD_KEYS.filter((key) => /^[ -~]*$/.test(key));

describe.skipIf(!needed.isMet)('a pgsql: table', () => {
  let server: PrivateServer;
  let maps: MapDirectory;

  beforeAll(async () => {
    server = await startPostgresql();
    await askPostgresql(
      server.port,
      `${SAMPLE_TABLES} CREATE USER postfix PASSWORD 's3cret';
       GRANT SELECT ON domain, alias, mailbox TO postfix;
       CREATE FUNCTION found(text) RETURNS SETOF text LANGUAGE sql AS 'SELECT goto FROM alias WHERE address = $1';`,
    );
  });

  afterAll(async () => await server?.stop());

  beforeEach(() => {
    maps = new MapDirectory();
  });

  afterEach(() => maps.close());

  const login = () =>
    `hosts = inet:127.0.0.1:${server.port}\nuser = postfix\npassword = s3cret\ndbname = postgres\n`;
  const open = (name: string, text: string) => maps.open('pgsql', name, `${login()}${text}\n`);
  /** A table that waits a second for an answer, and no longer. */
  const openHasty = (name: string, text: string, limits: Partial<LookupLimits> = HASTY) => {
    const own = new MapDirectory(limits);
    onTestFinished(() => own.close());
    return own.open('pgsql', name, `${login()}${text}\n`);
  };
  const ALIAS = "query = SELECT goto FROM alias WHERE address = '%s'";

  it.each(SAMPLE_MAPS)('answers as Postfix: %s', async (text) => {
    const { ours, postfix } = await bothFind(open('map.cf', text), ASCII_KEYS);
    expect(ours).toEqual(postfix);
  });

  it.each([
    'select_function = found',
    "query = SELECT * FROM found('%s')",
    "query = SELECT 1; SELECT goto FROM alias WHERE address = '%s'",
    "query = SELECT no_such_column FROM alias WHERE address = '%s'",
    "query = SELECT goto, address FROM alias WHERE address = '%s' ORDER BY goto",
    "query = SELECT maildir, quota, quota / 3.0, NULL, '', true, '{1,2}'::int[], '\\x61'::bytea FROM mailbox WHERE username = '%s'",
    'query = SELECT quota FROM mailbox LIMIT %u',
    "query = DO 'BEGIN END'",
  ])('answers as Postfix: %s', async (text) => {
    const keys = ['info@example.test', 'alice@example.test', '1', "o'neill@example.test", "1'"];
    const { ours, postfix } = await bothFind(open('map.cf', text), keys);
    expect(ours).toEqual(postfix);
  });

  it('finds addresses outside of ASCII', async () => {
    await askPostgresql(server.port, "INSERT INTO alias VALUES ('jörg@example.test', 'josé', 1)");
    expect(await open('alias.cf', ALIAS).lookup('JÖRG@example.test')).toBe('josé');
  });

  it('takes no backslash for an escape of its own', async () => {
    await askPostgresql(server.port, "INSERT INTO alias VALUES (E'back\\\\slash@example.test', 'found', 1)");
    for (const quoted of ["'%s'", "E'%s'"]) {
      const table = open(`${quoted.length}.cf`, `query = SELECT goto FROM alias WHERE address = ${quoted}`);
      expect(await table.lookup('back\\slash@example.test')).toBe('found');
      expect(await table.lookup("\\' OR 1=1 -- @example.test")).toBeUndefined();
    }
  });

  it('is asked by its socket, by a URI, and by another server when one is not there', async () => {
    const uri = `postgresql://postfix:s3cret@127.0.0.1:${server.port}/postgres`;
    const table = maps.open(
      'pgsql',
      'uri.cf',
      `hosts = unix:/nonexistent inet:127.0.0.1:1 ${uri}\nuser = postfix\npassword = s3cret\ndbname = postgres\n${ALIAS}\n`,
    );
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    expect(maps.diagnostics).toEqual([]);
  });

  it('fails with a wrong password, and tells nobody what it was', async () => {
    const table = maps.open(
      'pgsql',
      'wrong.cf',
      `hosts = postgresql://postfix:wr0ng@127.0.0.1:${server.port}/postgres\npassword = wr0ng\n${ALIAS}\npasword = x\n`,
    );
    const answer = await table.lookup('root@example.test');
    expect(answer).toEqual(new TableFailure(expect.stringContaining('password authentication failed')));
    const shown = maps.diagnostics.map(({ message, help, span }) => [message, help, span?.source.text]);
    expect(JSON.stringify([answer, shown])).not.toContain('wr0ng');
  });

  it('fails while the server is stopped, and works again afterwards', async () => {
    const table = openHasty('alias.cf', ALIAS);
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    await server.pause();
    try {
      expect(await table.lookup('info@example.test')).toEqual(
        new TableFailure(expect.stringContaining('no answer within 1 s')),
      );
    } finally {
      await server.resume();
    }
    await vi.waitFor(async () => expect(await table.lookup('root@example.test')).toBe('alice@example.test'), {
      timeout: 5000,
    });
  });

  it('does not wait for a slow query', async () => {
    const table = openHasty(
      'slow.cf',
      "query = SELECT CASE '%u' WHEN 'slow' THEN pg_sleep(20)::text ELSE 'fast' END",
    );
    expect(await table.lookup('slow@example.test')).toEqual(
      new TableFailure(expect.stringContaining('no answer within 1 s')),
    );
    await vi.waitFor(async () => expect(await table.lookup('quick@example.test')).toBe('fast'), {
      timeout: 5000,
    });
  });

  it('loses nothing when the server closed its connections between two lookups', async () => {
    const table = open('alias.cf', ALIAS);
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    await askPostgresql(
      server.port,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postfix'",
    );
    expect(await table.lookup('info@example.test')).toBe('alice@example.test,bob@example.test');
  });

  it('fails while the server is dead, and works again when it is back', async () => {
    const table = open('alias.cf', ALIAS);
    expect(await table.lookup('root@example.test')).toBe('alice@example.test');
    await server.kill();
    expect(await table.lookup('info@example.test')).toBeInstanceOf(TableFailure);
    await server.restart();
    await vi.waitFor(async () => expect(await table.lookup('root@example.test')).toBe('alice@example.test'), {
      timeout: 5000,
    });
  });
});
