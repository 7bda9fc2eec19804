/** `pgsql:`, pgsql_table(5): PostgreSQL. */
import { connectPgsql, type PgsqlLogin, type PgsqlServer } from '../../databases/pgsql.ts';
import { ServerPool } from '../../databases/server-pool.ts';
import type { MapFile } from '../map-file/map-file.ts';
import type { SqlEngine } from './engine.ts';
import { isPgsqlUri, parsePgsqlUri } from './pgsql-uri.ts';
import { poolLimitsOf, portOf, SERVER_PARAMETERS, serverWords } from './sql-servers.ts';

const DEFAULT_PORT = 5432;

export const PGSQL_ENGINE: SqlEngine = {
  type: 'pgsql',
  parameters: [...SERVER_PARAMETERS, 'select_function', 'encoding'],
  quoteRules: { hasBackslashes: false, hasEscapeTexts: true },
  library: 'pg',
  source: (file, limits) => {
    const words = serverWords(file);
    const login: PgsqlLogin = {
      user: file.text('user'),
      password: file.text('password'),
      database: words.every(isPgsqlUri)
        ? file.text('dbname')
        : file.required('dbname', 'write `dbname = name_of_the_database`'),
    };
    const servers = words.map((word) => serverOf(word, login, file));
    const encoding = file.filled('encoding', 'UTF8');
    if (!/^utf-?8$/i.test(encoding)) {
      file.warn('encoding', 'map-file-parameter', 'texts are always exchanged as UTF-8', 'delete `encoding`');
    }
    const own = poolLimitsOf(file, limits);
    return {
      key: JSON.stringify(['pgsql', servers, own]),
      open: () => new ServerPool(servers, connectPgsql, own),
    };
  },
};

/** `unix:/directory`, `inet:host:port`, `host:port`, `host`, or a connection URI, which holds its own login. */
function serverOf(word: string, login: PgsqlLogin, file: MapFile): PgsqlServer {
  if (isPgsqlUri(word)) return parsePgsqlUri(word, file);
  const place = word.replace(/^(?:unix|inet):/, '');
  if (place.startsWith('/')) {
    return { kind: 'unix', directory: place, port: DEFAULT_PORT, login, isLocal: true, label: word };
  }
  const { host, port } = portOf(place, DEFAULT_PORT, file);
  return { kind: 'inet', host, port, login, tls: 'preferred', isLocal: false, label: word };
}
