/** A private PostgreSQL; the superuser `postgres` has the password `superuser`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { PrivateServer } from './private-server.ts';

const VERSIONS = '/usr/lib/postgresql';

function program(name: string): string {
  const newest = readdirSync(VERSIONS)
    .sort((one, other) => Number(one) - Number(other))
    .at(-1);
  return join(VERSIONS, newest ?? '', 'bin', name);
}

export async function startPostgresql(): Promise<PrivateServer> {
  return await PrivateServer.start({
    prepare: (directory) => [
      '/bin/sh',
      '-c',
      'echo superuser > password && exec "$0" -D data -U postgres -A scram-sha-256 --pwfile=password -E UTF8 --locale=C.UTF-8 --no-sync',
      program('initdb'),
      directory,
    ],
    serve: (directory, port) => [
      program('postgres'),
      '-D',
      join(directory, 'data'),
      '-k',
      directory,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'fsync=off',
    ],
    greet: async (_directory, port) => {
      await askPostgresql(port, 'SELECT 1');
    },
  });
}

/** Runs statements as the superuser. */
export async function askPostgresql(port: number, sql: string): Promise<void> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: 'superuser',
    database: 'postgres',
    connectionTimeoutMillis: 2000,
  });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}
