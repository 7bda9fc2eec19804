/**
 * IP addresses as values.
 *
 * Owns the strict text form: what inet_pton(3) reads, and so what Postfix
 * reads: dotted quads without leading zeros, RFC 4291 text without zone ids.
 * Promises canonical output (RFC 5952). An IPv4-mapped address
 * (`::ffff:192.0.2.1`) stays the IPv6 address it is written as: Postfix turns
 * such clients into IPv4 before anybody sees them, and its tables do not
 * match across families either.
 */

export type IpFamily = 4 | 6;

/** 32-bit words, most significant first; IPv4 uses the first alone and leaves the others 0. */
export type IpWords = Uint32Array;

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;

export class IpAddress {
  readonly family: IpFamily;
  readonly words: IpWords;

  constructor(family: IpFamily, words: IpWords) {
    this.family = family;
    this.words = words;
  }

  /** The 4 or 16 octets in network order, as DNSBL names need them. */
  octets(): Uint8Array {
    const octets = new Uint8Array(this.family === 4 ? 4 : 16);
    for (let at = 0; at < octets.length; at++) {
      octets[at] = ((this.words[at >> 2] ?? 0) >>> (24 - 8 * (at & 3))) & 0xff;
    }
    return octets;
  }

  /** Canonical text: `192.0.2.1`, `2001:db8::1`. */
  toString(): string {
    return this.family === 4 ? formatIpv4(this.words[0] ?? 0) : formatIpv6(this.words);
  }
}

/** Reads an address of either family; undefined when the text is not exactly one. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const words = new Uint32Array(4);
  if (text.includes(':')) return parseIpv6Into(text, words) ? new IpAddress(6, words) : undefined;
  const value = parseIpv4(text);
  if (value < 0) return undefined;
  words[0] = value;
  return new IpAddress(4, words);
}

/** A dotted quad as an unsigned 32-bit number; -1 when it is none. Allocates nothing. */
export function parseIpv4(text: string): number {
  return parseIpv4At(text, 0);
}

function parseIpv4At(text: string, start: number): number {
  let value = 0;
  let octet = -1;
  let octets = 1;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      if (octet === 0) return -1;
      octet = octet < 0 ? code - ZERO : octet * 10 + code - ZERO;
      if (octet > 255) return -1;
    } else if (code === DOT && octet >= 0 && octets < 4) {
      value = value * 256 + octet;
      octet = -1;
      octets++;
    } else {
      return -1;
    }
  }
  return octets === 4 && octet >= 0 ? value * 256 + octet : -1;
}

/** Writes an IPv6 address into four words; false when the text is none. Allocates nothing. */
export function parseIpv6Into(text: string, words: IpWords): boolean {
  words.fill(0);
  let fields = 0;
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    const start = at;
    let field = 0;
    for (; at < text.length && at - start <= 4; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      field = field * 16 + digit;
    }
    if (at === start || at - start > 4) return false;
    if (text.charCodeAt(at) === DOT) {
      const embedded = parseIpv4At(text, start);
      if (embedded < 0 || fields > 6) return false;
      setField(words, fields++, embedded >>> 16);
      setField(words, fields++, embedded & 0xffff);
      break;
    }
    if (fields === 8) return false;
    setField(words, fields++, field);
    if (at === text.length) break;
    if (text.charCodeAt(at) !== COLON) return false;
    at++;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return false;
      gap = fields;
      at++;
    } else if (at === text.length) {
      return false;
    }
  }
  if (gap < 0) return fields === 8;
  if (fields === 8) return false;
  moveTail(words, gap, fields);
  return true;
}

/** Moves the fields after `::` to the end. */
function moveTail(words: IpWords, gap: number, fields: number): void {
  for (let from = fields - 1, to = 7; from >= gap; from--, to--) {
    const field = getField(words, from);
    setField(words, from, 0);
    setField(words, to, field);
  }
}

function getField(words: IpWords, index: number): number {
  const word = words[index >> 1] ?? 0;
  return index & 1 ? word & 0xffff : word >>> 16;
}

function setField(words: IpWords, index: number, field: number): void {
  const word = words[index >> 1] ?? 0;
  words[index >> 1] = index & 1 ? (word & 0xffff0000) | field : (field << 16) | (word & 0xffff);
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`;
}

/** RFC 5952: lower case, the longest run of two or more zero fields compressed, mapped addresses dotted. */
export function formatIpv6(words: IpWords): string {
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return `::ffff:${formatIpv4(words[3] ?? 0)}`;
  let bestStart = -1;
  let bestLength = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && getField(words, end) === 0) end++;
    if (end - at > bestLength) {
      bestStart = at;
      bestLength = end - at;
    }
    if (end > at) at = end;
  }
  let text = '';
  for (let at = 0; at < 8; at++) {
    if (at === bestStart) {
      text += '::';
      at += bestLength - 1;
    } else {
      if (text !== '' && !text.endsWith(':')) text += ':';
      text += getField(words, at).toString(16);
    }
  }
  return text;
}
