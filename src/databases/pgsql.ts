/**
 * PostgreSQL by way of pg, which is loaded when it is needed. Results are
 * texts as the server sends them.
 */
import type { Duplex } from 'node:stream';
import type { Client, ClientConfig } from 'pg';
import { type ClientTls, tlsOptions, UNCHECKED_TLS } from './client-tls.ts';
import { type Connection, NoAnswer, type ServerAddress } from './connection.ts';
import { guardStream, type StreamGuard, TOO_LARGE } from './guard-stream.ts';
import { PgsqlMessages } from './pgsql-messages.ts';
import type { SqlRows } from './sql-rows.ts';
import { renderSql, type SqlDialect, type SqlQuery } from './sql-text.ts';

/** In the words of libpq: sslmode `disable`; `prefer`; the others. */
export type PgsqlTls = 'never' | 'preferred' | ClientTls;

export type PgsqlServer = ServerAddress & { readonly login: PgsqlLogin } & (
    | { readonly kind: 'inet'; readonly host: string; readonly port: number; readonly tls: PgsqlTls }
    /** `directory` holds the socket `.s.PGSQL.PORT`. */
    | { readonly kind: 'unix'; readonly directory: string; readonly port: number }
  );

export interface PgsqlLogin {
  /** '': who we run as. */
  readonly user: string;
  /** '': none, or what a .pgpass file says. */
  readonly password: string;
  readonly database: string;
}

/** invalid_authorization_specification: with it a server refuses a connection with TLS, among others. */
const NOT_AUTHORIZED = '28000';

export async function connectPgsql(
  server: PgsqlServer,
  timeoutMs: number,
): Promise<Connection<SqlQuery, SqlRows>> {
  const { user, password, database } = server.login;
  const config: ClientConfig = {
    host: server.kind === 'unix' ? server.directory : server.host,
    port: server.port,
    database,
    ...(user === '' ? {} : { user }),
    ...(password === '' ? {} : { password }),
    connectionTimeoutMillis: Math.max(1, timeoutMs),
    ssl: false,
  };
  if (server.kind === 'unix' || server.tls === 'never') return await connect(config);
  const { host, tls } = server;
  if (tls !== 'preferred') return await connect({ ...config, ssl: tlsOptions(host, tls) });
  try {
    return await connect({ ...config, ssl: tlsOptions(host, UNCHECKED_TLS) });
  } catch (error) {
    if (!isTlsRefused(error)) throw error;
    return await connect(config);
  }
}

function isTlsRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isUnknown = error.message === 'The server does not support SSL connections';
  return isUnknown || ('code' in error && error.code === NOT_AUTHORIZED);
}

async function connect(config: ClientConfig): Promise<Connection<SqlQuery, SqlRows>> {
  const { Client } = await import('pg');
  const client = new Client(config);
  // Told to the query under way as well; without one it is found out by the next.
  client.on('error', () => {});
  let guard: StreamGuard | undefined;
  whenRead(client, (stream) => {
    const messages = new PgsqlMessages();
    guard = guardStream(stream, (chunk) => messages.take(chunk));
  });
  // The question after it, too: else a connection that nobody waits for any more stays for good.
  const timer = setTimeout(
    () => client.connection.stream.destroy(new Error('no connection in time')),
    config.connectionTimeoutMillis,
  );
  try {
    await client.connect();
    const rows = await readRows(client, 'SHOW standard_conforming_strings');
    const dialect = { hasBackslashes: rows[0]?.[0] === 'off', hasDoubleQuotedTexts: false };
    return new PgsqlConnection(client, dialect, guard);
  } catch (error) {
    abandon(client);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** @param told of the stream that pg has just begun to read from: with TLS the encrypted one. Not among its types. */
function whenRead(client: Client, told: (stream: Duplex) => void): void {
  const connection = client.connection as unknown as { attachListeners(stream: Duplex): void };
  const attach = connection.attachListeners;
  connection.attachListeners = (stream) => {
    attach.call(connection, stream);
    told(stream);
  };
}

class PgsqlConnection implements Connection<SqlQuery, SqlRows> {
  readonly #client: Client;
  readonly #dialect: SqlDialect;
  readonly #guard: StreamGuard | undefined;

  constructor(client: Client, dialect: SqlDialect, guard: StreamGuard | undefined) {
    this.#client = client;
    this.#dialect = dialect;
    this.#guard = guard;
  }

  async ask(query: SqlQuery): Promise<SqlRows | NoAnswer> {
    const sql = renderSql(query, this.#dialect);
    if (sql === undefined) return new NoAnswer('the search string cannot stand in the query without quotes');
    this.#guard?.expectAnswer();
    try {
      return await readRows(this.#client, sql);
    } catch (error) {
      if (this.#guard?.isTooLarge === true) return new NoAnswer(TOO_LARGE);
      // Of severity ERROR: the connection goes on. FATAL and PANIC end it.
      if (error instanceof Error && 'severity' in error && error.severity === 'ERROR') {
        return new NoAnswer(error.message);
      }
      throw error;
    }
  }

  close(): void {
    abandon(this.#client);
  }
}

/** Says goodbye, and does not wait for a server that may not listen. */
function abandon(client: Client): void {
  client.end().catch(() => {});
  client.connection.stream.destroy();
}

/** All columns as text; of several statements the last, as PQexec does. */
async function readRows(client: Client, text: string): Promise<SqlRows> {
  const result = await client.query<(string | null)[]>({
    text,
    rowMode: 'array',
    types: { getTypeParser: () => (value: string) => value },
  });
  const last = Array.isArray(result) ? result.at(-1) : result;
  return last?.rows ?? [];
}
