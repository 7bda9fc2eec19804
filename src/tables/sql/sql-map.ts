/**
 * A map file of mysql:, pgsql: or sqlite: beside its servers: how a search
 * string becomes a query, and rows become a result (mysql_table(5),
 * pgsql_table(5), sqlite_table(5)).
 */
import { NoAnswer } from '../../databases/connection.ts';
import type { SqlQuery, SqlQuotes } from '../../databases/sql-text.ts';
import type { MapFile } from '../map-file/map-file.ts';
import { type MapKey, MapTemplates, readTemplate } from '../map-file/map-templates.ts';
import { type MapKind, mapFileReader } from '../map-file/read-map-file.ts';
import { fill, type Template } from '../map-file/template.ts';
import { type LookupResult, TableFailure } from '../table.ts';
import type { ContentReader } from '../table-content.ts';
import type { SqlEngine, SqlPool } from './engine.ts';
import { type QuoteRules, quotesOf } from './quotes.ts';

/** The parameters that are read here, and in map-templates.ts. */
const PARAMETERS = [
  'query',
  'result_format',
  'expansion_limit',
  'table',
  'select_field',
  'where_field',
  'additional_conditions',
] as const;

export function sqlMapReader(engine: SqlEngine): ContentReader {
  const { type, library } = engine;
  const kind: MapKind = {
    type,
    parameters: [...engine.parameters, ...PARAMETERS],
    ...(library === undefined ? {} : { library }),
    read: (file, limits) => {
      const map = new SqlMap(file, engine.quoteRules);
      const { key: poolKey, open } = engine.source(file, limits);
      return (pools) => {
        const { pool, release } = pools.lease(poolKey, open);
        return { lookup: (key) => map.lookup(key, pool), release };
      };
    },
  };
  return mapFileReader(kind);
}

class SqlMap {
  readonly #query: Template;
  readonly #quotes: readonly SqlQuotes[];
  readonly #templates: MapTemplates;

  /** Reports what is wrong with the file. */
  constructor(file: MapFile, rules: QuoteRules) {
    this.#query = readTemplate(file, 'query', queryText(file));
    this.#quotes = quotesOf(this.#query, rules);
    this.#templates = new MapTemplates(file, [this.#query]);
    this.#warnUnquoted(file);
  }

  async lookup(text: string, pool: SqlPool): Promise<LookupResult> {
    const key = this.#templates.key(text);
    if (key === undefined) return undefined;
    const rows = await pool.ask(this.#fill(key));
    if (rows instanceof NoAnswer) return new TableFailure(rows.reason);
    const result = this.#templates.result(key);
    for (const row of rows) {
      for (const value of row) {
        const failure = value === null ? undefined : result.add(value);
        if (failure !== undefined) return failure;
      }
    }
    return result.text;
  }

  #fill({ address, labels }: MapKey): SqlQuery {
    let index = 0;
    return this.#query.map((part) => {
      if (typeof part === 'string') return part;
      const quotes = this.#quotes[index++] ?? 'none';
      return { value: fill(part.placeholder, address, address, labels), quotes };
    });
  }

  #warnUnquoted(file: MapFile): void {
    if (!this.#quotes.includes('none')) return;
    const parameter = file.text('query') === '' ? 'table' : 'query';
    file.warn(
      parameter,
      'unquoted-placeholder',
      'a `%` placeholder stands outside of quotes, where Postfix lets what a client says be SQL',
      "write `'%s'`; here only search strings of letters, digits, `_` and `.` are looked up",
    );
  }
}

function queryText(file: MapFile): string {
  const query = file.text('query');
  if (query !== '') return query;
  const selectFunction = file.text('select_function');
  if (selectFunction !== '') return `SELECT ${selectFunction}('%s')`;
  const help = 'set `query`, or `table`, `select_field` and `where_field`';
  const select = file.required('select_field', help);
  const table = file.required('table', help);
  const where = file.required('where_field', help);
  return `SELECT ${select} FROM ${table} WHERE ${where}='%s' ${file.text('additional_conditions')}`;
}
