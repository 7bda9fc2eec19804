/**
 * What all map files of Postfix's network tables have in common (db_common(3)):
 * queries with placeholders, `result_format` and `expansion_limit`; how a search
 * string fills a query, and how the values that are found become one result.
 */
import { quote } from '../../language/quote.ts';
import { TableFailure } from '../table.ts';
import type { MapFile } from './map-file.ts';
import {
  type Address,
  fill,
  isFit,
  keyFor,
  type Needs,
  needsOf,
  parseTemplate,
  splitAddress,
  type Template,
} from './template.ts';

/** A search string, taken apart. */
export interface MapKey {
  readonly address: Address;
  readonly labels: readonly string[];
}

/** More text than this is no result. */
const MAX_RESULT_LENGTH = 1_048_576;

export class MapTemplates {
  readonly #resultFormat: Template;
  readonly #needs: Needs;
  readonly #expansionLimit: number;

  /**
   * Reports what is wrong with the file.
   *
   * @param formats parameters that hold the result format: the first that is set counts
   */
  constructor(file: MapFile, queries: readonly Template[], formats: readonly string[] = ['result_format']) {
    const format = formats.find((name) => file.shown(name) !== undefined) ?? 'result_format';
    this.#resultFormat = readTemplate(file, format, file.filled(format, '%s'));
    this.#needs = needsOf(queries, this.#resultFormat);
    this.#expansionLimit = file.atLeast('expansion_limit', 0, 0);
  }

  /** 0: none. */
  get expansionLimit(): number {
    return this.#expansionLimit;
  }

  /** undefined for a search string that is not to be looked up. */
  key(text: string): MapKey | undefined {
    return keyFor(this.#needs, text);
  }

  /** An empty result for this search string. */
  result(key: MapKey): MapResult {
    return new MapResult(this.#resultFormat, this.#needs, this.#expansionLimit, key);
  }
}

/** What Postfix makes of the values that are found: each through the result format, joined with commas. */
export class MapResult {
  readonly #format: Template;
  readonly #needs: Needs;
  readonly #limit: number;
  readonly #key: MapKey;
  #text = '';
  #count = 0;

  constructor(format: Template, needs: Needs, limit: number, key: MapKey) {
    this.#format = format;
    this.#needs = needs;
    this.#limit = limit;
    this.#key = key;
  }

  /** undefined when there was nothing. */
  get text(): string | undefined {
    return this.#text === '' ? undefined : this.#text;
  }

  /** A failure when there are more values than allowed. */
  add(value: string): TableFailure | undefined {
    const address = splitAddress(value);
    if (!isFit(this.#needs, address)) return undefined;
    if (this.#text !== '') this.#text += ',';
    for (const part of this.#format) {
      this.#text +=
        typeof part === 'string'
          ? part
          : fill(part.placeholder, address, this.#key.address, this.#key.labels);
    }
    this.#count++;
    if (this.#limit > 0 && this.#count > this.#limit) {
      return new TableFailure(`more than expansion_limit (${this.#limit}) values`);
    }
    return this.#text.length > MAX_RESULT_LENGTH ? new TableFailure('the result is too long') : undefined;
  }
}

/** A query for this search string, with each value quoted. */
export function fillQuery(template: Template, key: MapKey, quoted: (value: string) => string): string {
  let text = '';
  for (const part of template) {
    text +=
      typeof part === 'string' ? part : quoted(fill(part.placeholder, key.address, key.address, key.labels));
  }
  return text;
}

export function readTemplate(file: MapFile, parameter: string, text: string): Template {
  const parsed = parseTemplate(text);
  if (!('error' in parsed)) return parsed;
  const help = 'the placeholders are %s %u %d %S %U %D %1 to %9; write `%%` for a percent sign';
  file.error(parameter, 'map-file-template', `${parsed.error} in ${quote(text)}`, help);
  return [];
}
