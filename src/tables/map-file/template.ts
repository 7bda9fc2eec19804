/**
 * The templates of Postfix's network tables (db_common(3)): `%s` and its kin in
 * `query` and `result_format`.
 *
 * Small letters stand for the value at hand (in a query: the search string),
 * capitals and digits for the search string always. A template says what a
 * search string must have; one that has less is not looked up at all.
 */

export type Placeholder =
  | 's'
  | 'u'
  | 'd'
  | 'S'
  | 'U'
  | 'D'
  | '1'
  | '2'
  | '3'
  | '4'
  | '5'
  | '6'
  | '7'
  | '8'
  | '9';

export interface TemplatePart {
  readonly placeholder: Placeholder;
  /** Offset of its `%`. */
  readonly at: number;
}

export type Template = readonly (string | TemplatePart)[];

export interface TemplateMistake {
  readonly error: string;
  readonly at: number;
}

/** What texts must have for all templates of a map to be filled. */
export interface Needs {
  keyDomain: boolean;
  keyUser: boolean;
  valueDomain: boolean;
  valueUser: boolean;
  /** Labels of the search string's domain. */
  labels: number;
}

const PLACEHOLDERS = 'sudSUD123456789';

export function parseTemplate(text: string): Template | TemplateMistake {
  const parts: (string | TemplatePart)[] = [];
  let literal = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char !== '%') {
      literal += char;
      continue;
    }
    const next = text.charAt(at + 1);
    if (next === '%') literal += '%';
    else if (next !== '' && PLACEHOLDERS.includes(next)) {
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push({ placeholder: next as Placeholder, at });
    } else return { error: next === '' ? '`%` at the end' : `\`%${next}\` stands for nothing`, at };
    at++;
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

export function needsOf(queries: readonly Template[], resultFormat: Template): Needs {
  const needs: Needs = { keyDomain: false, keyUser: false, valueDomain: false, valueUser: false, labels: 0 };
  for (const part of queries.flat()) {
    if (typeof part !== 'string') addNeed(needs, part.placeholder, true);
  }
  for (const part of resultFormat) {
    if (typeof part !== 'string') addNeed(needs, part.placeholder, false);
  }
  return needs;
}

function addNeed(needs: Needs, placeholder: Placeholder, isQuery: boolean): void {
  switch (placeholder) {
    case 's':
    case 'S':
      return;
    case 'u':
      if (isQuery) needs.keyUser = true;
      else needs.valueUser = true;
      return;
    case 'd':
      if (isQuery) needs.keyDomain = true;
      else needs.valueDomain = true;
      return;
    case 'U':
      needs.keyUser = true;
      return;
    case 'D':
      needs.keyDomain = true;
      return;
    default:
      needs.keyDomain = true;
      needs.labels = Math.max(needs.labels, Number(placeholder));
  }
}

/** The parts of a text that placeholders name. */
export interface Address {
  readonly whole: string;
  /** Before the last `@`; the whole text without one. */
  readonly user: string;
  /** Behind the last `@`; undefined without one. */
  readonly domain: string | undefined;
}

export function splitAddress(whole: string): Address {
  const at = whole.lastIndexOf('@');
  if (at < 0) return { whole, user: whole, domain: undefined };
  return { whole, user: whole.slice(0, at), domain: whole.slice(at + 1) };
}

/** The search string as templates want it; undefined when it has not what they need. */
export function keyFor(
  needs: Needs,
  key: string,
): { readonly address: Address; readonly labels: readonly string[] } | undefined {
  const address = splitAddress(key);
  const { domain } = address;
  if (key === '') return undefined;
  if (needs.keyDomain && (domain === undefined || domain === '')) return undefined;
  if (needs.keyUser && domain !== undefined && address.user === '') return undefined;
  if (needs.labels === 0) return { address, labels: [] };
  const labels = (domain ?? '').split('.').filter((label) => label !== '');
  return labels.length < needs.labels ? undefined : { address, labels };
}

/** False for a value that the result format cannot take; it is passed over. */
export function isFit(needs: Needs, value: Address): boolean {
  const { whole, user, domain } = value;
  if (whole === '') return false;
  if (needs.valueDomain && (domain === undefined || domain === '')) return false;
  return !(needs.valueUser && domain !== undefined && user === '');
}

/** What a placeholder stands for. */
export function fill(
  placeholder: Placeholder,
  value: Address,
  key: Address,
  labels: readonly string[],
): string {
  switch (placeholder) {
    case 's':
      return value.whole;
    case 'u':
      return value.user;
    case 'd':
      return value.domain ?? '';
    case 'S':
      return key.whole;
    case 'U':
      return key.user;
    case 'D':
      return key.domain ?? '';
    default:
      return labels.at(-Number(placeholder)) ?? '';
  }
}
