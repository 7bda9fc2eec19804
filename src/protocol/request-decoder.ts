/**
 * Bytes of a policy connection, cut anywhere, into requests: `name=value`
 * lines up to an empty line (SMTPD_POLICY_README). Any order of attributes,
 * unknown ones passed over, missing ones left empty; of a doubled one the last
 * value counts, which the protocol leaves to the server. A CR before the LF is
 * dropped, for peers that are not Postfix.
 *
 * Values are UTF-8. What is malformed becomes U+FFFD, so that it equals no
 * well-formed name in a table; it never changes where a value ends.
 *
 * Bounded in everything; the first error is final. Values share the memory of
 * the text they came in: who keeps one for long copies it.
 */
import { isAttributeName, REQUEST_TYPE } from './attributes.ts';
import { excerpt, ProtocolError } from './protocol-error.ts';
import { PolicyRequest } from './request.ts';
import { LayoutCache, type RequestLayout } from './request-layout.ts';

export interface RequestLimits {
  /** Bytes of one `name=value` line. */
  readonly maxLineBytes: number;
  /** Bytes of one request. */
  readonly maxRequestBytes: number;
  /** Lines of one request. */
  readonly maxAttributes: number;
}

/** smtpd holds no address or name above 2 kB (line_length_limit); Postfix 3.12 sends 32 attributes. */
export const DEFAULT_REQUEST_LIMITS: RequestLimits = Object.freeze({
  maxLineBytes: 8_192,
  maxRequestBytes: 65_536,
  maxAttributes: 256,
});

const NON_ASCII = /[\x80-\xff]/;

export class RequestDecoder {
  readonly #limits: RequestLimits;
  readonly #layouts: LayoutCache;
  #layout: RequestLayout | undefined;
  /** Bytes as latin1 characters: framing and most values need no decoding. */
  #text = '';
  /** Where in #text the next request begins. */
  #at = 0;
  /** From where on its end has not been looked for. */
  #searched = 0;
  #error: ProtocolError | undefined;
  #byLayout = 0;

  /** @param layouts shared by connections that are likely to speak alike */
  constructor(limits: RequestLimits = DEFAULT_REQUEST_LIMITS, layouts: LayoutCache = new LayoutCache()) {
    this.#limits = limits;
    this.#layouts = layouts;
    this.#layout = layouts.latest;
  }

  /** Bytes that wait to be taken by `next`. */
  get bufferedBytes(): number {
    return this.#text.length - this.#at;
  }

  /** How many requests came in a layout that was known. */
  get decodedByLayout(): number {
    return this.#byLayout;
  }

  push(chunk: Buffer): void {
    if (this.#error !== undefined) return;
    const text = chunk.toString('latin1');
    this.#text = this.#at === this.#text.length ? text : this.#text.slice(this.#at) + text;
    this.#searched -= this.#at;
    if (this.#searched < 0) this.#searched = 0;
    this.#at = 0;
  }

  /** The next whole request, undefined when more bytes are needed, or what is wrong. */
  next(): PolicyRequest | ProtocolError | undefined {
    if (this.#at === this.#text.length) return this.#error;
    const layout = this.#layout;
    // A request that was incomplete before is not tried again with each byte that comes.
    if (layout !== undefined && this.#searched <= this.#at) {
      const request = layout.match(this.#text, this.#at);
      // No line of a request is longer than the request.
      if (request !== undefined && layout.end - this.#at <= this.#limits.maxLineBytes) {
        this.#at = layout.end;
        this.#byLayout += 1;
        return request;
      }
    }
    const result = this.#nextInGeneral();
    if (result instanceof ProtocolError) {
      this.#error = result;
      this.#text = '';
      this.#at = 0;
    }
    return result;
  }

  #nextInGeneral(): PolicyRequest | ProtocolError | undefined {
    const end = this.#findEnd();
    const raw = this.#text.slice(this.#at, end);
    const outOfBounds = this.#checkBounds(raw, end !== undefined);
    if (outOfBounds !== undefined || end === undefined) return outOfBounds;
    this.#at = end;

    const text = NON_ASCII.test(raw) ? Buffer.from(raw, 'latin1').toString('utf8') : raw;
    const lines = text.split('\n');
    // The empty line, and the nothing behind it.
    lines.length -= 2;
    if (lines.length > this.#limits.maxAttributes) {
      return new ProtocolError('too_many_attributes', `${lines.length} attributes`);
    }
    const request = new PolicyRequest();
    const names: string[] = [];
    for (const withCr of lines) {
      const line = withCr.endsWith('\r') ? withCr.slice(0, -1) : withCr;
      const equals = line.indexOf('=');
      if (equals <= 0) return new ProtocolError('malformed_line', excerpt(line));
      const name = line.slice(0, equals);
      names.push(name);
      if (isAttributeName(name)) request[name] = line.slice(equals + 1);
    }
    if (request.request !== REQUEST_TYPE) {
      return new ProtocolError('request_type', `request=${excerpt(request.request)}`);
    }
    this.#layout = this.#layouts.get(names) ?? this.#layout;
    return request;
  }

  /** Behind the empty line that ends the request; undefined if it is not in yet. */
  #findEnd(): number | undefined {
    const text = this.#text;
    if (text.startsWith('\n', this.#at)) return this.#at + 1;
    const from = Math.max(this.#at, this.#searched);
    const lf = text.indexOf('\n\n', from);
    const crlf = text.indexOf('\n\r\n', from);
    if (lf < 0 && crlf < 0) {
      // The end may have been cut in two.
      this.#searched = Math.max(this.#at, text.length - 2);
      return undefined;
    }
    return crlf >= 0 && (lf < 0 || crlf < lf) ? crlf + 3 : lf + 2;
  }

  /** @param raw a whole request, or what is in of one */
  #checkBounds(raw: string, isWhole: boolean): ProtocolError | undefined {
    const { maxLineBytes, maxRequestBytes } = this.#limits;
    if (raw.includes('\0')) return new ProtocolError('nul_byte', excerpt(raw));
    if (raw.length <= maxLineBytes) return undefined;
    const lines = isWhole ? raw.split('\n') : [raw.slice(raw.lastIndexOf('\n') + 1)];
    const tooLong = lines.find((line) => line.length > maxLineBytes);
    if (tooLong !== undefined) return new ProtocolError('line_too_long', excerpt(tooLong));
    if (raw.length <= maxRequestBytes) return undefined;
    return new ProtocolError('request_too_large', `more than ${maxRequestBytes} bytes`);
  }
}
