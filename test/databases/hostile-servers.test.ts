/** Servers that say what the client libraries throw on, read for good, or cannot hold; and those that cannot be asked. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { NoAnswer } from '../../src/databases/connection.ts';
import { connectMysql, type MysqlServer } from '../../src/databases/mysql.ts';
import { connectPgsql, type PgsqlServer } from '../../src/databases/pgsql.ts';
import { DEFAULT_POOL_LIMITS } from '../../src/databases/pool-limits.ts';
import { ServerPool } from '../../src/databases/server-pool.ts';
import { connectSqlite, type SqliteFile } from '../../src/databases/sqlite.ts';

const TOO_LARGE = new NoAnswer('the answer is larger than 8 MiB');

async function listen(answer: (socket: Socket, request: Buffer) => void, greeting = ''): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('data', (request) => answer(socket, request));
    socket.write(greeting, 'latin1');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function endlessly(socket: Socket, text: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(text));
    socket.once('drain', more);
  };
  more();
}

/** A message of PostgreSQL: type, length, the rest as Latin-1. */
function pg(type: string, content = ''): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length + 4);
  return type + length.toString('latin1') + content;
}

const PG_READY = pg('Z', 'I');
const PG_COLUMN = pg('T', `\0\x01c\0${'\0'.repeat(18)}`);
const PG_SETTING = `${PG_COLUMN}${pg('D', '\0\x01\0\0\0\x02on')}${pg('C', 'SHOW\0')}${PG_READY}`;

async function pgsql(toQuery: (socket: Socket) => void, login = `${pg('R', '\0\0\0\0')}${PG_READY}`) {
  const port = await listen((socket, request) => {
    if (request[0] === 0) socket.write(login, 'latin1');
    else if (request.includes('SHOW')) socket.write(PG_SETTING, 'latin1');
    else if (request[0] === 0x51) toQuery(socket);
  });
  const server: PgsqlServer = {
    ...{ kind: 'inet', host: '127.0.0.1', port, tls: 'never', isLocal: true, label: 'pg' },
    login: { user: 'u', password: 'p', database: 'd' },
  };
  const pool = new ServerPool([server], connectPgsql, DEFAULT_POOL_LIMITS);
  onTestFinished(() => pool.close());
  return pool;
}

test('PostgreSQL: a message that pg throws on costs the connection', async () => {
  const pool = await pgsql(() => {}, pg('R', '\0\0\0\x63'));
  expect(await pool.ask(['SELECT 1'])).toEqual(new NoAnswer('pg: Unknown authenticationOk message type 99'));
});

test('PostgreSQL: an error without its end is not read for good', async () => {
  const pool = await pgsql((socket) => socket.write(pg('E', 'SERROR\0'), 'latin1'));
  expect(await pool.ask(['SELECT 1'])).toEqual(new NoAnswer('pg: its answer is malformed'));
});

test('PostgreSQL: messages that come in pieces are read', async () => {
  const rows = `${PG_COLUMN}${pg('D', '\0\x01\0\0\0\x01x')}${pg('N', 'SNOTICE\0Mx\0\0')}${pg('C', 'SELECT 1\0')}${PG_READY}`;
  const pool = await pgsql(async (socket) => {
    for (const char of rows) {
      socket.write(char, 'latin1');
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  expect(await pool.ask(['SELECT 1'])).toEqual([['x']]);
});

test('PostgreSQL: an answer without end is given up', async () => {
  const row = pg('D', '\0\x01\0\0\0\x05alice');
  const pool = await pgsql((socket) => {
    socket.write(PG_COLUMN, 'latin1');
    endlessly(socket, Buffer.from(row.repeat(1000), 'latin1'));
  });
  expect(await pool.ask(['SELECT 1'])).toEqual(TOO_LARGE);
});

test('PostgreSQL and MySQL: a connection that is not ready in time is let go', async () => {
  const gone = vi.fn();
  const login = { user: 'u', password: 'p', database: 'd' };
  const pgPort = await listen((socket, request) => {
    if (request[0] === 0) socket.on('end', gone).write(`${pg('R', '\0\0\0\0')}${PG_READY}`, 'latin1');
  });
  const myPort = await listen((socket, request) => {
    if (request[3] === 1) socket.on('end', gone).write(my(2, '\0\0\0\x02\0\0\0'), 'latin1');
  }, MY_GREETING);
  const place = { kind: 'inet', host: '127.0.0.1', isLocal: true, label: 'db' } as const;
  const myLogin = { ...login, charset: 'utf8mb4', requiresResultSet: false };
  const results = await Promise.allSettled([
    connectPgsql({ ...place, port: pgPort, tls: 'never', login }, 200),
    connectMysql({ ...place, port: myPort }, myLogin, 200),
  ]);
  expect(results).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  await vi.waitFor(() => expect(gone).toHaveBeenCalledTimes(2));
});

/** A packet of MySQL. */
function my(sequence: number, content: string): string {
  return String.fromCharCode(content.length, 0, 0, sequence) + content;
}

const MY_GREETING = my(
  0,
  `\x0a8.0.30\0\x01\0\0\0abcdefgh\0\xff\xf7\x21\x02\0\xbf\x81\x15${'\0'.repeat(10)}ijklmnopqrst\0mysql_native_password\0`,
);
const MY_EOF = '\xfe\0\0\x02\0';
const MY_COLUMN =
  my(1, '\x01') + my(2, '\x03def\0\0\0\x01c\0\x0c\x21\0\x01\0\0\0\xfd\0\0\0\0\0') + my(3, MY_EOF);

async function mysql(toQuery: (socket: Socket) => void) {
  const port = await listen((socket, request) => {
    if (request[3] === 1) socket.write(my(2, '\0\0\0\x02\0\0\0'), 'latin1');
    else if (request.includes('sql_mode')) socket.write(MY_COLUMN + my(4, '\0') + my(5, MY_EOF), 'latin1');
    else if (request[4] === 3) toQuery(socket);
  }, MY_GREETING);
  const server: MysqlServer = { kind: 'inet', host: '127.0.0.1', port, isLocal: true, label: 'my' };
  const login = { user: 'u', password: 'p', database: 'd', charset: 'utf8mb4', requiresResultSet: false };
  const limits = { ...DEFAULT_POOL_LIMITS, queryTimeoutMs: 2000 };
  const pool = new ServerPool([server], (to, timeoutMs) => connectMysql(to, login, timeoutMs), limits);
  onTestFinished(() => pool.close());
  return pool;
}

test('MySQL: an answer without end is given up', async () => {
  const row = (_: unknown, index: number) => my((index + 4) % 256, '\x05alice');
  const pool = await mysql((socket) => {
    socket.write(MY_COLUMN, 'latin1');
    endlessly(socket, Buffer.from(Array.from({ length: 1024 }, row).join(''), 'latin1'));
  });
  expect(await pool.ask(['SELECT 1'])).toEqual(TOO_LARGE);
});

test('MySQL: a connection to a server that has fallen silent is let go', async () => {
  const gone = vi.fn();
  let asked: Socket | undefined;
  const pool = await mysql((socket) => {
    asked = socket.on('close', gone);
  });
  expect(await pool.ask(['SELECT 1'])).toEqual(new NoAnswer('my: no answer within 2 s'));
  // Nobody is there to take it: a reset. To one who only does not send any more it could be said.
  await vi.waitFor(() => {
    asked?.write('?');
    expect(gone).toHaveBeenCalled();
  });
});

test('SQLite: a reader that cannot be started is tried again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postward-sqlite-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const { execPath } = process;
  const file: SqliteFile = { path: join(directory, 'db'), isLocal: true, label: 'db' };
  const limits = { ...DEFAULT_POOL_LIMITS, firstRetryMs: 1, maxRetryMs: 1 };
  const pool = new ServerPool([file], connectSqlite, limits);
  onTestFinished(() => pool.close());
  // Like a lack of memory this is thrown at once, where others are told later.
  process.execPath = '/dev/null/node';
  expect(await pool.ask(['SELECT 1'])).toBeInstanceOf(NoAnswer);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await pool.ask(['SELECT 1'])).toBeInstanceOf(NoAnswer);
  process.execPath = execPath;
  writeFileSync(file.path, '');
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await pool.ask(['SELECT 1'])).toEqual([['1']]);
});
