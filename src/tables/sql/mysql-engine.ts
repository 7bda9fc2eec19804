/** `mysql:`, mysql_table(5): MySQL and MariaDB. */
import type { ClientTls } from '../../databases/client-tls.ts';
import { connectMysql, type MysqlLogin, type MysqlServer } from '../../databases/mysql.ts';
import { ServerPool } from '../../databases/server-pool.ts';
import { quote } from '../../language/quote.ts';
import type { MapFile } from '../map-file/map-file.ts';
import { judgeTls, readPemDirectory, readPemFile } from '../map-file/tls-files.ts';
import type { SqlEngine } from './engine.ts';
import { poolLimitsOf, portOf, SERVER_PARAMETERS, serverWords } from './sql-servers.ts';

const DEFAULT_PORT = 3306;
const TLS_PARAMETERS = ['tls_ciphers', 'tls_cert_file', 'tls_key_file', 'tls_CAfile', 'tls_CApath'] as const;

export const MYSQL_ENGINE: SqlEngine = {
  type: 'mysql',
  parameters: [
    ...SERVER_PARAMETERS,
    'option_file',
    'option_group',
    'require_result_set',
    'charset',
    ...TLS_PARAMETERS,
    'tls_verify_cert',
  ],
  quoteRules: { hasBackslashes: true, hasEscapeTexts: false },
  library: 'mysql2',
  source: (file, limits) => {
    const servers = serverWords(file).map((word) => serverOf(word, file));
    const tls = tlsOf(file);
    const login: MysqlLogin = {
      user: file.text('user'),
      password: file.text('password'),
      database: file.required('dbname', 'write `dbname = name_of_the_database`'),
      charset: file.filled('charset', 'utf8mb4'),
      requiresResultSet: file.boolean('require_result_set', true),
      ...(tls === undefined ? {} : { tls }),
    };
    for (const name of ['option_file', 'option_group']) {
      if (file.text(name) === '') continue;
      file.warn(
        name,
        'map-file-parameter',
        `${quote(name)} is not read here`,
        'set `user`, `password`, `hosts` and `tls_…` in this file',
      );
    }
    const own = poolLimitsOf(file, limits);
    return {
      key: JSON.stringify(['mysql', servers, login, own]),
      open: () =>
        new ServerPool(
          servers,
          (server: MysqlServer, timeoutMs) => connectMysql(server, login, timeoutMs),
          own,
        ),
    };
  },
};

/** `unix:path`, `inet:host:port`, `host:port`, `host`; `localhost` is a socket, as MySQL's own library has it. */
function serverOf(word: string, file: MapFile): MysqlServer {
  if (word.startsWith('unix:')) {
    const path = word.slice('unix:'.length);
    return { kind: 'unix', path, isLocal: true, label: word };
  }
  const { host, port } = portOf(word.replace(/^inet:/, ''), DEFAULT_PORT, file);
  if (host.toLowerCase() === 'localhost') return { kind: 'unix', path: '', isLocal: true, label: host };
  return { kind: 'inet', host, port, isLocal: false, label: word };
}

function tlsOf(file: MapFile): ClientTls | undefined {
  const isVerifying = file.boolean('tls_verify_cert', undefined);
  const ciphers = file.text('tls_ciphers');
  if (isVerifying === undefined && TLS_PARAMETERS.every((name) => file.text(name) === '')) return undefined;
  const key = readPemFile(file, 'tls_key_file');
  const cert = readPemFile(file, 'tls_cert_file');
  const fromFile = readPemFile(file, 'tls_CAfile');
  const fromDirectory = readPemDirectory(file, 'tls_CApath');
  const ca = [...(fromFile === undefined ? [] : [fromFile]), ...(fromDirectory ?? [])];
  const tls: ClientTls = {
    ...(ca.length === 0 ? {} : { ca }),
    ...(key === undefined ? {} : { key }),
    ...(cert === undefined ? {} : { cert }),
    ...(ciphers === '' ? {} : { ciphers }),
    rejectUnauthorized: isVerifying ?? ca.length > 0,
    verifiesName: isVerifying === true,
  };
  judgeTls(file, TLS_PARAMETERS, tls);
  return tls;
}
