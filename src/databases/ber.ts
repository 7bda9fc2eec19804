/**
 * BER as far as LDAP uses it (RFC 4511 §5.1, X.690): tags of one byte, lengths
 * that are known beforehand.
 */
import { cText } from './c-text.ts';

export const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BOOLEAN = 0x01;
const OCTET_STRING = 0x04;
const ENUMERATED = 0x0a;

/** Longer messages are none: four gigabytes would fit. */
const MAX_LENGTH_BYTES = 4;

export function berElement(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const hex = length.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | digits.length), digits, content]);
}

export function berText(value: string | Buffer, tag: number = OCTET_STRING): Buffer {
  return berElement(tag, typeof value === 'string' ? Buffer.from(value) : value);
}

/** @param value from 0 to 2^31 - 1 */
export function berInteger(value: number, tag: number = INTEGER): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(value, 1);
  // As short as can be, and not negative: the highest bit is the sign.
  let start = 0;
  while (start < 4 && bytes[start] === 0 && (bytes[start + 1] ?? 0) < 0x80) start++;
  return berElement(tag, bytes.subarray(start));
}

export function berEnumerated(value: number): Buffer {
  return berInteger(value, ENUMERATED);
}

export function berBoolean(value: boolean, tag: number = BOOLEAN): Buffer {
  return berElement(tag, Buffer.of(value ? 0xff : 0));
}

/**
 * The size of the element that begins at an offset, header included; undefined
 * when not even its header is there.
 *
 * @throws Error for a header that cannot be read
 */
export function berSize(bytes: Buffer, at: number): number | undefined {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > MAX_LENGTH_BYTES) throw new Error('its answer is malformed');
  if (bytes.length < at + 2 + count) return undefined;
  return 2 + count + bytes.readUIntBE(at + 2, count);
}

/** Reads the elements of a constructed one, in order; throws for what does not fit. */
export class BerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length;
  }

  /** The next element's tag; undefined at the end. */
  get tag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** The next element's content. */
  content(tag: number): Buffer {
    const size = berSize(this.#bytes, this.#at);
    const end = this.#at + (size ?? Number.POSITIVE_INFINITY);
    if (this.tag !== tag || size === undefined || end > this.#bytes.length) {
      throw new Error('its answer is malformed');
    }
    const long = this.#bytes[this.#at + 1] ?? 0;
    const header = long < 0x80 ? 2 : 2 + (long & 0x7f);
    const content = this.#bytes.subarray(this.#at + header, end);
    this.#at = end;
    return content;
  }

  sequence(tag: number = SEQUENCE): BerReader {
    return new BerReader(this.content(tag));
  }

  set(): BerReader {
    return this.sequence(SET);
  }

  text(): string {
    return this.content(OCTET_STRING).toString('utf8');
  }

  /** As much as C sees of a text that is followed by a zero byte. */
  cText(): string {
    return cText(this.content(OCTET_STRING));
  }

  integer(): number {
    return this.#number(INTEGER);
  }

  enumerated(): number {
    return this.#number(ENUMERATED);
  }

  #number(tag: number): number {
    const content = this.content(tag);
    if (content.length === 0 || content.length > 4) throw new Error('its answer is malformed');
    return content.readIntBE(0, content.length);
  }
}
