/**
 * Reads a map file of mysql:, pgsql: or sqlite: as the content of a table:
 * search string → query → rows → result, each answer kept for a short time.
 */
import { createRequire } from 'node:module';
import { NoAnswer } from '../../databases/connection.ts';
import type { Report } from '../../language/diagnostic.ts';
import { tokenize } from '../../language/tokenizer.ts';
import { andThen } from '../../util/promise-or-value.ts';
import { BoundedReport } from '../bounded-report.ts';
import { foldCase } from '../fold-case.ts';
import { LookupCache } from '../lookup-cache.ts';
import { compileStringList } from '../match-list.ts';
import { TableFailure } from '../table.ts';
import { type ContentReader, failingContent } from '../table-content.ts';
import { ENCODING_FAILURE, isUtf8Text } from '../utf8-text.ts';
import type { SqlEngine } from './engine.ts';
import { MapFile } from './map-file.ts';
import { COMMON_PARAMETERS, SqlMap } from './sql-map.ts';

export function sqlMapReader(engine: SqlEngine): ContentReader {
  return function* (source, report, tables) {
    const found = new BoundedReport(source.file);
    if (engine.library !== undefined) reportMissing(engine.type, engine.library, found.add);
    const file = new MapFile(source, [...engine.parameters, ...COMMON_PARAMETERS], found.add);
    const map = new SqlMap(file, engine.quoteRules);
    const { key: poolKey, open } = engine.source(file, tables.limits);
    const domain = file.shown('domain');
    const domains =
      domain === undefined || domain.text === ''
        ? undefined
        : compileStringList(tokenize(domain, found.add), {
            parameter: `${source.file}: domain`,
            isParentMatching: false,
            tables,
            report: found.add,
          });
    yield;
    for (const diagnostic of found.finish()) report(diagnostic);
    if (found.hasErrors) return failingContent(`${source.file}: the map file has mistakes`);

    const { pool, release } = tables.pools.lease(poolKey, open);
    const cache = new LookupCache(async (key) => {
      const query = map.query(key);
      if (query === undefined) return undefined;
      const rows = await pool.ask(query);
      if (rows instanceof NoAnswer) return new TableFailure(`${source.file}: ${rows.reason}`);
      const result = map.result(key, rows);
      if (typeof result === 'string' && !isUtf8Text(result)) return ENCODING_FAILURE;
      return result;
    }, tables.limits);
    return {
      lookup: (name) => {
        if (!isUtf8Text(name)) return undefined;
        const key = foldCase(name);
        if (domains === undefined) return cache.lookup(key);
        const at = key.lastIndexOf('@');
        if (at <= 0) return undefined;
        return andThen(domains.matches(key.slice(at + 1)), (isMine) => {
          if (isMine instanceof TableFailure) return isMine;
          return isMine ? cache.lookup(key) : undefined;
        });
      },
      close: release,
    };
  };
}

const require = createRequire(import.meta.url);

function reportMissing(type: string, library: string, report: Report): void {
  try {
    require.resolve(library);
  } catch {
    report({
      severity: 'error',
      code: 'library-missing',
      message: `tables of type \`${type}\` need the npm package \`${library}\`, which is not installed`,
      help: `run \`npm install ${library}\` where Postward is installed`,
    });
  }
}
