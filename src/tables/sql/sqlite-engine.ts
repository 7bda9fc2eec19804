/** `sqlite:`, sqlite_table(5). */
import { isAbsolute } from 'node:path';
import { ServerPool } from '../../databases/server-pool.ts';
import { connectSqlite } from '../../databases/sqlite.ts';
import { quote } from '../../language/quote.ts';
import type { SqlEngine } from './engine.ts';

/** Each is a process; a lookup takes a fraction of a millisecond. */
const MAX_PROCESSES = 1;

export const SQLITE_ENGINE: SqlEngine = {
  type: 'sqlite',
  parameters: ['dbpath'],
  quoteRules: { hasBackslashes: false, hasEscapeTexts: false },
  source: (file, limits) => {
    const path = file.required('dbpath', 'write `dbpath = /path/of/the/database`');
    if (path !== '' && !isAbsolute(path)) {
      file.error(
        'dbpath',
        'map-file-value',
        `${quote(path)} is not an absolute path`,
        'write the whole path',
      );
    }
    const servers = [{ isLocal: true, label: path, path }];
    return {
      key: JSON.stringify(['sqlite', path]),
      open: () => new ServerPool(servers, connectSqlite, { ...limits, maxConnections: MAX_PROCESSES }),
    };
  },
};
