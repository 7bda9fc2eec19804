/**
 * What all SQL map files have in common: query, result format, domain and
 * limit, and how a search string becomes a query and rows become a result
 * (db_common(3), mysql_table(5), pgsql_table(5), sqlite_table(5)).
 */
import type { SqlRows } from '../../databases/sql-rows.ts';
import type { SqlQuery, SqlQuotes } from '../../databases/sql-text.ts';
import { quote } from '../../language/quote.ts';
import { type LookupResult, TableFailure } from '../table.ts';
import type { MapFile } from './map-file.ts';
import { type QuoteRules, quotesOf } from './quotes.ts';
import {
  fill,
  isFit,
  keyFor,
  type Needs,
  needsOf,
  parseTemplate,
  splitAddress,
  type Template,
} from './template.ts';

/** The parameters that are read here. */
export const COMMON_PARAMETERS = [
  'query',
  'result_format',
  'expansion_limit',
  'domain',
  'table',
  'select_field',
  'where_field',
  'additional_conditions',
] as const;

/** More text than this is no result. */
const MAX_RESULT_LENGTH = 1_048_576;

export class SqlMap {
  readonly #query: Template;
  readonly #quotes: readonly SqlQuotes[];
  readonly #resultFormat: Template;
  readonly #needs: Needs;
  readonly #expansionLimit: number;

  /** Reports what is wrong with the file. */
  constructor(file: MapFile, rules: QuoteRules) {
    this.#query = template(file, 'query', queryText(file));
    this.#quotes = quotesOf(this.#query, rules);
    this.#resultFormat = template(file, 'result_format', file.filled('result_format', '%s'));
    this.#needs = needsOf(this.#query, this.#resultFormat);
    this.#expansionLimit = file.integer('expansion_limit', 0);
    if (this.#expansionLimit < 0) {
      file.error(
        'expansion_limit',
        'map-file-value',
        '`expansion_limit` is negative',
        'write 0 for no limit',
      );
    }
    this.#warnUnquoted(file);
  }

  /** undefined for a search string that is not to be looked up. */
  query(key: string): SqlQuery | undefined {
    const found = keyFor(this.#needs, key);
    if (found === undefined) return undefined;
    const { address, labels } = found;
    let index = 0;
    return this.#query.map((part) => {
      if (typeof part === 'string') return part;
      const quotes = this.#quotes[index++] ?? 'none';
      return { value: fill(part.placeholder, address, address, labels), quotes };
    });
  }

  /** What Postfix makes of the rows: each value through the result format, joined with commas. */
  result(key: string, rows: SqlRows): LookupResult {
    const found = keyFor(this.#needs, key);
    if (found === undefined) return undefined;
    let result = '';
    let count = 0;
    for (const row of rows) {
      for (const value of row) {
        if (value === null) continue;
        const address = splitAddress(value);
        if (!isFit(this.#needs, address)) continue;
        if (result !== '') result += ',';
        for (const part of this.#resultFormat) {
          result +=
            typeof part === 'string' ? part : fill(part.placeholder, address, found.address, found.labels);
        }
        count++;
        if (this.#expansionLimit > 0 && count > this.#expansionLimit) {
          return new TableFailure(`more than expansion_limit (${this.#expansionLimit}) values`);
        }
        if (result.length > MAX_RESULT_LENGTH) return new TableFailure('the result is too long');
      }
    }
    return result === '' ? undefined : result;
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

function template(file: MapFile, parameter: string, text: string): Template {
  const parsed = parseTemplate(text);
  if (!('error' in parsed)) return parsed;
  const help = 'the placeholders are %s %u %d %S %U %D %1 to %9; write `%%` for a percent sign';
  file.error(parameter, 'map-file-template', `${parsed.error} in ${quote(text)}`, help);
  return [];
}
