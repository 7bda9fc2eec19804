/** pgsql: tables, against a real PostgreSQL that is also stopped, killed and slow. */
import { expect, it } from 'vitest';
import { askPostgresql, startPostgresql } from '../../support/postgresql.ts';
import { describeNetworkTable, PASSWORD, type Place } from '../network-table.ts';
import { AWKWARD_KEYS, SAMPLE_MAPS, SAMPLE_TABLES } from './sample-maps.ts';

const ALIAS = "query = SELECT goto FROM alias WHERE address = '%s'";

/** Postfix 3.7 exchanges Latin-1 with PostgreSQL, and is not followed there: these it cannot ask for. */
const ASCII_KEYS = AWKWARD_KEYS.filter((key) => /^[ -~]*$/.test(key));

/** A connection URI where there is TLS: Postfix has no other way to say so. */
function login({ servers, password = PASSWORD, tls }: Place): string {
  const hosts = servers.map(({ address = '127.0.0.1', port }) => {
    if (tls === undefined) return `inet:${address}:${port}`;
    const checks = tls.authority === undefined ? 'require' : `verify-full&sslrootcert=${tls.authority}`;
    const secret = encodeURIComponent(password);
    return `postgresql://postfix:${secret}@${address}:${port}/postgres?sslmode=${checks}`;
  });
  return `hosts = ${hosts.join(' ')}\nuser = postfix\npassword = ${password}\ndbname = postgres\n`;
}

describeNetworkTable(
  {
    type: 'pgsql',
    needs: 'postgresql',
    start: async () => {
      const server = await startPostgresql();
      await askPostgresql(
        server.port,
        `${SAMPLE_TABLES} CREATE USER postfix PASSWORD '${PASSWORD}';
         GRANT SELECT ON domain, alias, mailbox TO postfix;
         CREATE FUNCTION found(text) RETURNS SETOF text LANGUAGE sql AS 'SELECT goto FROM alias WHERE address = $1';`,
      );
      return server;
    },
    login,
    aliases: ALIAS,
    comparisons: [
      { maps: SAMPLE_MAPS, keys: ASCII_KEYS },
      {
        maps: [
          'select_function = found',
          "query = SELECT * FROM found('%s')",
          "query = SELECT 1; SELECT goto FROM alias WHERE address = '%s'",
          "query = SELECT no_such_column FROM alias WHERE address = '%s'",
          "query = SELECT goto, address FROM alias WHERE address = '%s' ORDER BY goto",
          "query = SELECT maildir, quota, quota / 3.0, NULL, '', true, '{1,2}'::int[], '\\x61'::bytea FROM mailbox WHERE username = '%s'",
          'query = SELECT quota FROM mailbox LIMIT %u',
          "query = DO 'BEGIN END'",
        ],
        keys: ['info@example.test', 'alice@example.test', '1', "o'neill@example.test", "1'"],
      },
    ],
    refusal: 'password authentication failed',
    slow: "query = SELECT CASE '%u' WHEN 'slow' THEN pg_sleep(20)::text ELSE 'fast' END",
  },
  (bench) => {
    it('find addresses outside of ASCII', async () => {
      await askPostgresql(bench.server.port, "INSERT INTO alias VALUES ('jörg@example.test', 'josé', 1)");
      expect(await bench.open(ALIAS).lookup('JÖRG@example.test')).toBe('josé');
    });

    it('take no backslash for an escape of its own', async () => {
      await askPostgresql(
        bench.server.port,
        "INSERT INTO alias VALUES (E'back\\\\slash@example.test', 'found', 1)",
      );
      for (const quoted of ["'%s'", "E'%s'"]) {
        const table = bench.open(`query = SELECT goto FROM alias WHERE address = ${quoted}`);
        expect(await table.lookup('back\\slash@example.test')).toBe('found');
        expect(await table.lookup("\\' OR 1=1 -- @example.test")).toBeUndefined();
      }
    });

    it('lose nothing when the server closed its connections between two lookups', async () => {
      const table = bench.open(ALIAS);
      expect(await table.lookup('root@example.test')).toBe('alice@example.test');
      await askPostgresql(
        bench.server.port,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postfix'",
      );
      expect(await table.lookup('info@example.test')).toBe('alice@example.test,bob@example.test');
    });

    it('encrypt what goes over the network where the server can, and not where it cannot', async () => {
      const relay = await bench.relay();
      const place = { servers: [{ port: relay.port }] };
      const find = async (): Promise<unknown> =>
        await bench.openAt(place, `${ALIAS} AND active = 1`).lookup('root@example.test');
      expect(await find()).toBe('alice@example.test');
      expect(relay.sent).not.toContain('root@example.test');
      await askPostgresql(bench.server.port, "ALTER SYSTEM SET ssl = 'off'");
      await askPostgresql(bench.server.port, 'SELECT pg_reload_conf()');
      try {
        bench.maps.tables.close();
        expect(await bench.openWith({}, ALIAS, place).lookup('root@example.test')).toBe('alice@example.test');
        expect(relay.sent).toContain('root@example.test');
      } finally {
        await askPostgresql(bench.server.port, 'ALTER SYSTEM RESET ssl');
        await askPostgresql(bench.server.port, 'SELECT pg_reload_conf()');
      }
    });

    it('ask by the socket that a URI names', async () => {
      const { directory, port } = bench.server;
      const uri = `postgresql://postfix:${encodeURIComponent(PASSWORD)}@${encodeURIComponent(directory)}:${port}/postgres`;
      const table = bench.maps.open('pgsql', 'uri.cf', `hosts = ${uri}\n${ALIAS}\n`);
      expect(await table.lookup('root@example.test')).toBe('alice@example.test');
      expect(bench.maps.diagnostics).toEqual([]);
    });
  },
);
