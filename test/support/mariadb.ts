/** A private MariaDB; root has no password on its socket. */
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { PrivateServer } from './private-server.ts';

export async function startMariadb(): Promise<PrivateServer> {
  return await PrivateServer.start({
    prepare: (directory) => [
      'mariadb-install-db',
      '--no-defaults',
      `--datadir=${join(directory, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    serve: (directory, port) => [
      '/usr/sbin/mariadbd',
      '--no-defaults',
      `--datadir=${join(directory, 'data')}`,
      `--socket=${mariadbSocket(directory)}`,
      `--pid-file=${join(directory, 'pid')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--character-set-server=utf8mb4',
      '--innodb-buffer-pool-size=16M',
      '--innodb-flush-log-at-trx-commit=0',
    ],
    greet: async (directory) => {
      await askMariadb(directory, 'SELECT 1');
    },
  });
}

export function mariadbSocket(directory: string): string {
  return join(directory, 'socket');
}

/** Runs statements as root. */
export async function askMariadb(directory: string, sql: string): Promise<void> {
  const client = await createConnection({
    socketPath: mariadbSocket(directory),
    user: 'root',
    multipleStatements: true,
  });
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
