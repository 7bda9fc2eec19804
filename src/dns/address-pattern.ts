/**
 * The IPv4 address patterns of Postfix's ip_match(3): `127.0.0.[2..11;127]`.
 *
 * Four fields, each a number or, in brackets, numbers and ranges separated by
 * `;`; brackets around the whole are taken off. Compiled once to a set of bits
 * per field. A broken pattern is a value that says what is wrong and where.
 */

/** True for an address, as an unsigned 32-bit number, that the pattern matches. */
export type AddressPattern = (address: number) => boolean;

export interface PatternError {
  /** What is wrong, as a message to the policy's author. */
  readonly error: string;
  /** Where, in the pattern. */
  readonly start: number;
  readonly end: number;
}

const FIELDS = 4;
const MAX_OCTET = 255;

export function parseAddressPattern(pattern: string): AddressPattern | PatternError {
  const reader = new PatternReader(pattern);
  const allowed = new Uint8Array(FIELDS * (MAX_OCTET + 1));
  if (reader.atEnd) return reader.fail('empty address pattern');
  for (let field = 0; field < FIELDS; field += 1) {
    if (field > 0 && !reader.take('.')) return reader.fail('need `.`');
    const error = readField(reader, allowed.subarray(field << 8, (field + 1) << 8));
    if (error !== undefined) return error;
  }
  if (!reader.atEnd) return reader.fail('text after the address pattern');
  return (address) =>
    allowed[address >>> 24] === 1 &&
    allowed[256 + ((address >>> 16) & 0xff)] === 1 &&
    allowed[512 + ((address >>> 8) & 0xff)] === 1 &&
    allowed[768 + (address & 0xff)] === 1;
}

export function isPatternError(value: AddressPattern | PatternError): value is PatternError {
  return typeof value !== 'function';
}

function readField(reader: PatternReader, octets: Uint8Array): PatternError | undefined {
  const single = reader.takeOctet();
  if (single !== undefined) {
    octets[single] = 1;
    return undefined;
  }
  if (!reader.take('[')) return reader.fail('need a number from 0 to 255 or `[`');
  do {
    const first = reader.takeOctet();
    if (first === undefined) return reader.fail('need a number from 0 to 255');
    let last: number | undefined = first;
    if (reader.take('..')) {
      const start = reader.at;
      last = reader.takeOctet();
      if (last === undefined || last < first) return reader.fail('bad end of a range', start);
    }
    octets.fill(1, first, last + 1);
  } while (reader.take(';'));
  return reader.take(']') ? undefined : reader.fail('need `;` or `]`');
}

class PatternReader {
  readonly #text: string;
  readonly #end: number;
  at: number;

  constructor(text: string) {
    const isEnclosed = text.startsWith('[') && closingBracket(text) === text.length - 1;
    this.#text = text;
    this.at = isEnclosed ? 1 : 0;
    this.#end = isEnclosed ? text.length - 1 : text.length;
  }

  get atEnd(): boolean {
    return this.at >= this.#end;
  }

  take(token: string): boolean {
    if (this.at + token.length > this.#end || !this.#text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  /** Leading zeros are allowed, and decimal. */
  takeOctet(): number | undefined {
    let end = this.at;
    while (end < this.#end && /[0-9]/.test(this.#text.charAt(end))) end += 1;
    const value = Number(this.#text.slice(this.at, end));
    if (end === this.at || value > MAX_OCTET) return undefined;
    this.at = end;
    return value;
  }

  /** An error at the next number or character, or at what began at `start`. */
  fail(error: string, start = this.at): PatternError {
    const [token = ''] = /^(?:[0-9]+|.)/su.exec(this.#text.slice(start, this.#end)) ?? [];
    return { error, start, end: start + token.length };
  }
}

/** Where the bracket that opens the text is closed; -1 when it is not. */
function closingBracket(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '[') depth += 1;
    else if (text[at] === ']') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}
