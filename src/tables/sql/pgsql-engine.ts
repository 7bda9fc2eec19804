/** `pgsql:`, pgsql_table(5): PostgreSQL. */
import { connectPgsql, type PgsqlServer } from '../../databases/pgsql.ts';
import { ServerPool } from '../../databases/server-pool.ts';
import type { MapFile } from '../map-file/map-file.ts';
import type { SqlEngine } from './engine.ts';
import { poolLimitsOf, portOf, SERVER_PARAMETERS, serverWords } from './sql-servers.ts';

const DEFAULT_PORT = 5432;

export const PGSQL_ENGINE: SqlEngine = {
  type: 'pgsql',
  parameters: [...SERVER_PARAMETERS, 'select_function', 'encoding'],
  quoteRules: { hasBackslashes: false, hasEscapeTexts: true },
  library: 'pg',
  source: (file, limits) => {
    const servers = serverWords(file).map((word) => serverOf(word, file));
    const isAllUris = servers.every(({ kind }) => kind === 'uri');
    const login = {
      user: file.text('user'),
      password: file.text('password'),
      database: isAllUris
        ? file.text('dbname')
        : file.required('dbname', 'write `dbname = name_of_the_database`'),
    };
    const encoding = file.filled('encoding', 'UTF8');
    if (!/^utf-?8$/i.test(encoding)) {
      file.warn('encoding', 'map-file-parameter', 'texts are always exchanged as UTF-8', 'delete `encoding`');
    }
    const own = poolLimitsOf(file, limits);
    return {
      key: JSON.stringify(['pgsql', servers, login, own]),
      open: () =>
        new ServerPool(
          servers,
          (server: PgsqlServer, timeoutMs) => connectPgsql(server, login, timeoutMs),
          own,
        ),
    };
  },
};

/** `unix:/directory`, `inet:host:port`, `host:port`, `host`, or a connection URI. */
function serverOf(word: string, file: MapFile): PgsqlServer {
  if (/^postgres(?:ql)?:/.test(word)) {
    return {
      kind: 'uri',
      uri: word,
      isLocal: false,
      label: word.replace(/\/\/[^/]*@/, '//').replace(/\?.*/, ''),
    };
  }
  const place = word.replace(/^(?:unix|inet):/, '');
  if (place.startsWith('/')) {
    return { kind: 'unix', directory: place, port: DEFAULT_PORT, isLocal: true, label: word };
  }
  return { kind: 'inet', ...portOf(place, DEFAULT_PORT, file), isLocal: false, label: word };
}
