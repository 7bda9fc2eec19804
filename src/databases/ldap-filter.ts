/**
 * LDAP search filters: from their text (RFC 4515) to what goes over the wire
 * (RFC 4511 §4.5.1). As generous as OpenLDAP's library, which Postfix uses:
 * white space between filters, no parentheses around a single one, and the
 * escapes of LDAPv2 (`\*` for `\2a`).
 */
import { berBoolean, berElement, berText, SEQUENCE } from './ber.ts';

export interface FilterMistake {
  readonly error: string;
}

/** OpenLDAP's servers take no more. */
const MAX_DEPTH = 100;

/** RFC 4512 §2.5: a name or an object identifier, and options. */
const ATTRIBUTE = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)(?:;[A-Za-z0-9-]+)*$/;

const SET_OPERATORS: Readonly<Record<string, number>> = { '&': 0xa0, '|': 0xa1 };
const NOT = 0xa2;
const EQUALITY = 0xa3;
const SUBSTRINGS = 0xa4;
const COMPARISONS: Readonly<Record<string, number>> = { '>': 0xa5, '<': 0xa6, '~': 0xa8 };
const PRESENT = 0x87;
const EXTENSIBLE = 0xa9;

export function encodeFilter(text: string): Buffer | FilterMistake {
  try {
    return new FilterParser(text).whole();
  } catch (error) {
    if (error instanceof Malformed) return { error: error.message };
    throw error;
  }
}

class Malformed extends Error {}

class FilterParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Buffer {
    this.#skipSpace();
    if (this.#next() !== '(') return simple(this.#text.slice(this.#at));
    const filter = this.#parenthesised(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new Malformed(`nothing may follow the filter's last \`)\``);
    return filter;
  }

  #parenthesised(depth: number): Buffer {
    if (depth === MAX_DEPTH) throw new Malformed(`more than ${MAX_DEPTH} filters within each other`);
    if (this.#next() !== '(') throw new Malformed('a `(` is missing');
    this.#at++;
    this.#skipSpace();
    const operator = this.#next();
    const set = SET_OPERATORS[operator];
    let filter: Buffer;
    if (set !== undefined) {
      this.#at++;
      filter = berElement(set, ...this.#list(depth));
    } else if (operator === '!') {
      this.#at++;
      const list = this.#list(depth);
      if (list.length !== 1) throw new Malformed('`!` wants one filter');
      filter = berElement(NOT, ...list);
    } else {
      const end = closing(this.#text, this.#at);
      filter = simple(this.#text.slice(this.#at, end));
      this.#at = end;
    }
    if (this.#next() !== ')') throw new Malformed('a `)` is missing');
    this.#at++;
    return filter;
  }

  #list(depth: number): Buffer[] {
    const filters: Buffer[] = [];
    for (this.#skipSpace(); this.#next() === '('; this.#skipSpace()) {
      filters.push(this.#parenthesised(depth + 1));
    }
    return filters;
  }

  #next(): string {
    return this.#text.charAt(this.#at);
  }

  #skipSpace(): void {
    while (/\s/.test(this.#next())) this.#at++;
  }
}

/** Where the `)` is that closes what begins here. */
function closing(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') at++;
    else if (char === ')') return at;
    else if (char === '(') break;
  }
  throw new Malformed('a `)` is missing');
}

/** `attribute=value` and its kin, without parentheses. */
function simple(text: string): Buffer {
  const equals = text.indexOf('=');
  if (equals < 0) throw new Malformed(`there is no \`=\` in \`${text}\``);
  const value = text.slice(equals + 1);
  const kind = text.charAt(equals - 1);
  const comparison = COMPARISONS[kind];
  if (comparison !== undefined) {
    return berElement(comparison, attribute(text.slice(0, equals - 1)), berText(unescaped(value)));
  }
  if (kind === ':') return extensible(text.slice(0, equals - 1), value);
  const name = text.slice(0, equals);
  if (value === '*') return berText(checked(name), PRESENT);
  const parts = value.split(WILDCARD);
  if (parts.length === 1) return berElement(EQUALITY, attribute(name), berText(unescaped(value)));
  return berElement(SUBSTRINGS, attribute(name), berElement(SEQUENCE, ...substrings(parts)));
}

function substrings(parts: readonly string[]): Buffer[] {
  const found: Buffer[] = [];
  for (const [index, part] of parts.entries()) {
    const isAtEnd = index === 0 || index === parts.length - 1;
    if (isAtEnd && part === '') continue;
    // OpenLDAP's library refuses it, and servers take it for nothing at all.
    if (part === '') throw new Malformed('`*` follows `*`');
    const tag = index === 0 ? 0x80 : index === parts.length - 1 ? 0x82 : 0x81;
    found.push(berText(unescaped(part), tag));
  }
  return found;
}

/** `attribute:dn:rule:=value`, of which the attribute or the rule may be missing. */
function extensible(text: string, value: string): Buffer {
  const found = /^([^:]*)(:dn)?(?::([^:]+))?$/i.exec(text);
  const [, name = '', dn, rule] = found ?? [];
  if (found === null || (name === '' && rule === undefined)) {
    throw new Malformed(`\`${text}:=\` names neither an attribute nor a rule`);
  }
  return berElement(
    EXTENSIBLE,
    ...(rule === undefined ? [] : [berText(checked(rule), 0x81)]),
    ...(name === '' ? [] : [berText(checked(name), 0x82)]),
    berText(unescaped(value), 0x83),
    ...(dn === undefined ? [] : [berBoolean(true, 0x84)]),
  );
}

function attribute(name: string): Buffer {
  return berText(checked(name));
}

function checked(name: string): string {
  if (!ATTRIBUTE.test(name)) throw new Malformed(`\`${name}\` is not the name of an attribute`);
  return name;
}

/** A `*` behind no, or an even number of, `\`. */
const WILDCARD = /(?<!(?<!\\)(?:\\\\)*\\)\*/;

const ESCAPE = /\\([0-9A-Fa-f]{2}|[()*\\])/;

/** The bytes of a value: `\` and two hexadecimal digits stand for one. */
function unescaped(value: string): Buffer {
  const parts = value.split(ESCAPE).map((part, index) => {
    const isEscape = index % 2 === 1;
    const syntax = isEscape ? undefined : /[()*]/.exec(part)?.[0];
    if (syntax !== undefined) throw new Malformed(`\`${syntax}\` has no place in a value`);
    if (!isEscape && part.includes('\\')) throw new Malformed('`\\` wants two hexadecimal digits');
    return Buffer.from(part, isEscape && part.length === 2 ? 'hex' : 'utf8');
  });
  return Buffer.concat(parts);
}
