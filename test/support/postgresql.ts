/** A private PostgreSQL, with TLS, on 127.0.0.1 and 127.0.0.2; the superuser `postgres` has the password `superuser`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { MAKE_CERTIFICATES, OTHER_ADDRESS } from './certificates.ts';
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
      [
        MAKE_CERTIFICATES,
        'echo superuser > password',
        '"$0" -D data -U postgres -A scram-sha-256 --pwfile=password -E UTF8 --locale=C.UTF-8 --no-sync',
        // In the file, and not on the command line, so that ALTER SYSTEM can change it.
        `printf "ssl = on\\nssl_cert_file = '%s/server.pem'\\nssl_key_file = '%s/server.key'\\n" "$1" "$1" >> data/postgresql.conf`,
      ].join(' && '),
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
      `listen_addresses=127.0.0.1,${OTHER_ADDRESS}`,
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
