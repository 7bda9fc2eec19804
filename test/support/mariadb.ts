/** A private MariaDB, with TLS, on 127.0.0.1 and 127.0.0.2; root has no password on its socket. */
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { MAKE_CERTIFICATES, OTHER_ADDRESS } from './certificates.ts';
import { PrivateServer } from './private-server.ts';

export async function startMariadb(): Promise<PrivateServer> {
  return await PrivateServer.start({
    prepare: (directory) => [
      '/bin/sh',
      '-c',
      `${MAKE_CERTIFICATES} && exec mariadb-install-db "$@"`,
      'sh',
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
      `--bind-address=127.0.0.1,${OTHER_ADDRESS}`,
      `--ssl-ca=${join(directory, 'ca.pem')}`,
      `--ssl-cert=${join(directory, 'server.pem')}`,
      `--ssl-key=${join(directory, 'server.key')}`,
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
