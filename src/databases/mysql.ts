/**
 * MySQL and MariaDB by way of mysql2, which is loaded when it is needed.
 * Results are texts as the server sends them.
 */
import { existsSync } from 'node:fs';
import { isIP, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { checkServerIdentity, TLSSocket } from 'node:tls';
import type { Connection as MysqlClient, SslOptions } from 'mysql2/promise';
import { cText } from './c-text.ts';
import { type ClientTls, trustedAuthorities } from './client-tls.ts';
import { type Connection, NoAnswer, type ServerAddress } from './connection.ts';
import { guardStream, type StreamGuard, TOO_LARGE } from './guard-stream.ts';
import type { SqlRows } from './sql-rows.ts';
import { renderSql, type SqlDialect, type SqlQuery } from './sql-text.ts';

export type MysqlServer = ServerAddress &
  (
    | { readonly kind: 'inet'; readonly host: string; readonly port: number }
    /** '': where the client library looks for it, which is what `localhost` means to MySQL. */
    | { readonly kind: 'unix'; readonly path: string }
  );

export interface MysqlLogin {
  /** '': who we run as. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly charset: string;
  readonly tls?: ClientTls;
  /** A query that returns no rows at all, not even none, is a failure. */
  readonly requiresResultSet: boolean;
}

const USUAL_SOCKETS = [
  '/run/mysqld/mysqld.sock',
  '/var/run/mysqld/mysqld.sock',
  '/var/lib/mysql/mysql.sock',
  '/tmp/mysql.sock',
] as const;

export async function connectMysql(
  server: MysqlServer,
  login: MysqlLogin,
  timeoutMs: number,
): Promise<Connection<SqlQuery, SqlRows>> {
  const { createConnection } = await import('mysql2');
  const { user, password, database, charset, tls } = login;
  const core = createConnection({
    ...placeOf(server),
    user: user === '' ? userInfo().username : user,
    password,
    database,
    charset,
    connectTimeout: Math.max(1, timeoutMs),
    // No server may ask us for a file.
    flags: ['-LOCAL_FILES'],
    ...(tls === undefined ? {} : { ssl: sslOf(tls) }),
  });
  // There can be several. Told to the query under way as well; without one it is found out by the next.
  core.on('error', () => {});
  const client = core.promise();
  // The question after it, too: else a connection that nobody waits for any more stays for good.
  const timer = setTimeout(() => streamOf(client).destroy(new Error('no connection in time')), timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      core.once('connect', () => resolve());
      core.once('error', reject);
    });
    const guard = guardStream(streamOf(client));
    if (server.kind === 'inet' && tls?.verifiesName === true) checkAddress(client, server.host);
    const mode = (await readRows(client, 'SELECT @@sql_mode'))?.[0]?.[0] ?? '';
    const dialect = {
      hasBackslashes: !mode.includes('NO_BACKSLASH_ESCAPES'),
      hasDoubleQuotedTexts: !mode.includes('ANSI_QUOTES'),
    };
    return new MysqlConnection(client, dialect, login.requiresResultSet, guard);
  } catch (error) {
    abandon(client);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Does not wait for a server that may not listen: `destroy` alone keeps the socket until that has ended, too. */
function abandon(client: MysqlClient): void {
  client.destroy();
  streamOf(client).destroy();
}

function placeOf(server: MysqlServer): { socketPath: string } | { host: string; port: number } {
  if (server.kind === 'inet') return { host: server.host, port: server.port };
  if (server.path !== '') return { socketPath: server.path };
  const socketPath = USUAL_SOCKETS.find((path) => existsSync(path));
  if (socketPath !== undefined) return { socketPath };
  throw new Error(
    `no socket at ${USUAL_SOCKETS.join(', ')}; \`localhost\` means a socket, write \`127.0.0.1\` for TCP`,
  );
}

function sslOf({ ca, cert, key, ciphers, rejectUnauthorized, verifiesName }: ClientTls): SslOptions {
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(rejectUnauthorized ? { ca: [...(ca ?? trustedAuthorities())] } : {}),
    rejectUnauthorized,
    verifyIdentity: verifiesName,
  };
}

/**
 * mysql2 looks for `localhost` in the certificate of a server that is named by
 * its address.
 *
 * @throws Error when the address is not in it
 */
function checkAddress(client: MysqlClient, address: string): void {
  const stream = streamOf(client);
  if (isIP(address) === 0 || !(stream instanceof TLSSocket)) return;
  const mistake = checkServerIdentity(address, stream.getPeerCertificate());
  if (mistake !== undefined) throw mistake;
}

/** Not among its types, but documented. */
function streamOf(client: MysqlClient): Socket {
  return (client as MysqlClient & { readonly connection: { readonly stream: Socket } }).connection.stream;
}

class MysqlConnection implements Connection<SqlQuery, SqlRows> {
  readonly #client: MysqlClient;
  readonly #dialect: SqlDialect;
  readonly #requiresResultSet: boolean;
  readonly #guard: StreamGuard;

  constructor(client: MysqlClient, dialect: SqlDialect, requiresResultSet: boolean, guard: StreamGuard) {
    this.#client = client;
    this.#dialect = dialect;
    this.#requiresResultSet = requiresResultSet;
    this.#guard = guard;
  }

  async ask(query: SqlQuery): Promise<SqlRows | NoAnswer> {
    const sql = renderSql(query, this.#dialect);
    if (sql === undefined) return new NoAnswer('the search string cannot stand in the query without quotes');
    this.#guard.expectAnswer();
    try {
      const rows = await readRows(this.#client, sql);
      if (rows !== undefined) return rows;
      return this.#requiresResultSet ? new NoAnswer('the query returns no result set') : [];
    } catch (error) {
      if (this.#guard.isTooLarge) return new NoAnswer(TOO_LARGE);
      if (error instanceof SeveralResults) return new NoAnswer(error.message);
      if (isRefusal(error)) return new NoAnswer(error.message);
      throw error;
    }
  }

  close(): void {
    abandon(this.#client);
  }
}

class SeveralResults extends Error {
  constructor() {
    super('the query returns several result sets');
  }
}

/** An error that the server reports for a query, on a connection that goes on. */
function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const isFatal = 'fatal' in error && error.fatal === true;
  return !isFatal && 'sqlState' in error && !SHUTDOWN.has('errno' in error ? Number(error.errno) : 0);
}

/** ER_SERVER_SHUTDOWN, ER_NORMAL_SHUTDOWN, ER_CONNECTION_KILLED: another connection may fare better. */
const SHUTDOWN: ReadonlySet<number> = new Set([1053, 1077, 1927]);

/** undefined when there is no result set. @throws what mysql2 throws, and SeveralResults */
async function readRows(client: MysqlClient, sql: string): Promise<SqlRows | undefined> {
  const [result, fields] = await client.query({
    sql,
    rowsAsArray: true,
    // Bytes as they are, both texts and blobs, as far as C sees them.
    typeCast: (field) => {
      const value = field.buffer();
      return value === null ? null : cText(value);
    },
  });
  if (!Array.isArray(result)) return undefined;
  const perSet = fields as readonly unknown[];
  const hasSeveral = perSet.some((each) => each === undefined || Array.isArray(each));
  // A procedure: its result sets, and last what became of the call.
  const sets: readonly unknown[] = hasSeveral ? result.filter((set) => Array.isArray(set)) : [result];
  if (sets.length > 1) throw new SeveralResults();
  return sets[0] as SqlRows | undefined;
}
