/** `mysql:`, mysql_table(5): MySQL and MariaDB. */
import { readFileSync } from 'node:fs';
import { connectMysql, type MysqlLogin, type MysqlServer, type MysqlTls } from '../../databases/mysql.ts';
import { ServerPool } from '../../databases/server-pool.ts';
import { quote } from '../../language/quote.ts';
import { systemErrorReason } from '../../util/system-error.ts';
import type { MapFile } from '../map-file/map-file.ts';
import type { SqlEngine } from './engine.ts';
import { poolLimitsOf, portOf, SERVER_PARAMETERS, serverWords } from './sql-servers.ts';

const DEFAULT_PORT = 3306;
const TLS_FILES = ['tls_key_file', 'tls_cert_file', 'tls_CAfile'] as const;

export const MYSQL_ENGINE: SqlEngine = {
  type: 'mysql',
  parameters: [
    ...SERVER_PARAMETERS,
    'option_file',
    'option_group',
    'require_result_set',
    'charset',
    ...TLS_FILES,
    'tls_CApath',
    'tls_ciphers',
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
    for (const name of ['option_file', 'option_group', 'tls_CApath']) {
      if (file.text(name) === '') continue;
      file.warn(
        name,
        'map-file-parameter',
        `${quote(name)} is not read here`,
        'set `user`, `password`, `hosts` and `tls_CAfile` in this file',
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

function tlsOf(file: MapFile): MysqlTls | undefined {
  const isVerifying = file.boolean('tls_verify_cert', undefined);
  const ciphers = file.text('tls_ciphers');
  const [key, cert, ca] = TLS_FILES.map((name) => fileContent(file, name));
  if ([key, cert, ca, isVerifying].every((each) => each === undefined) && ciphers === '') return undefined;
  return {
    ...(key === undefined ? {} : { key }),
    ...(cert === undefined ? {} : { cert }),
    ...(ca === undefined ? {} : { ca }),
    ...(ciphers === '' ? {} : { ciphers }),
    rejectUnauthorized: isVerifying ?? ca !== undefined,
    verifyIdentity: isVerifying === true,
  };
}

function fileContent(file: MapFile, parameter: string): string | undefined {
  const path = file.text(parameter);
  if (path === '') return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = `cannot read ${quote(path)}: ${systemErrorReason(error)}`;
    file.error(
      parameter,
      'map-file-value',
      message,
      'correct the path, or let the user that Postward runs as read it',
    );
    return undefined;
  }
}
