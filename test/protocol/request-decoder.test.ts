import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAttributeName } from '../../src/protocol/attributes.ts';
import { ProtocolError } from '../../src/protocol/protocol-error.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';
import { DEFAULT_REQUEST_LIMITS, RequestDecoder } from '../../src/protocol/request-decoder.ts';
import { LayoutCache } from '../../src/protocol/request-layout.ts';
import { conversation, type Pair, requestText } from './request-text.ts';

type Decoded = PolicyRequest | ProtocolError;

/** Everything that a decoder makes of these pieces, up to the first error. */
function decodeAll(pieces: Iterable<Buffer>, decoder = new RequestDecoder()): Decoded[] {
  const decoded: Decoded[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
      decoded.push(next);
      if (next instanceof ProtocolError) return decoded;
    }
  }
  return decoded;
}

function decode(bytes: string | Buffer): Decoded[] {
  return decodeAll([Buffer.from(bytes)]);
}

/** What a request of these pairs must become, by the plainest code there is. */
function expected(pairs: readonly Pair[]): PolicyRequest {
  const request = new PolicyRequest();
  for (const [name, value] of pairs) if (isAttributeName(name)) request[name] = value;
  return request;
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const BASE: readonly Pair[] = [
  ['request', 'smtpd_access_policy'],
  ['protocol_state', 'RCPT'],
  ['sender', 'alice@sender.test'],
];

describe('captured requests', () => {
  const directory = join(import.meta.dirname, '../fixtures/captures');
  const files = readdirSync(directory).filter((name) => name.endsWith('.txt'));

  it.each(files)('%s', (file) => {
    const bytes = readFileSync(join(directory, file));
    const pairs = bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line): Pair => {
        const [name = '', ...rest] = line.split('=');
        return [name, rest.join('=')];
      });
    expect(pairs.length).toBeGreaterThan(26);
    expect(decode(bytes)).toEqual([expected(pairs)]);
  });

  it('are decoded by layout from the second on', () => {
    const decoder = new RequestDecoder();
    const all = files.map((file) => readFileSync(join(directory, file)));
    expect(decodeAll([Buffer.concat(all)], decoder)).toEqual(all.flatMap(decode));
    expect(decoder.decodedByLayout).toBe(files.length - 1);
  });
});

describe('RequestDecoder', () => {
  it('decodes the same whatever the order, the values and the cuts', () => {
    let byLayout = 0;
    let inGeneral = 0;
    fc.assert(
      fc.property(
        conversation,
        fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 8 }),
        (requests, sizes) => {
          const bytes = Buffer.from(requests.map((pairs) => requestText(pairs)).join(''));
          const decoder = new RequestDecoder();
          expect(decodeAll(cut(bytes, sizes), decoder)).toEqual(requests.map(expected));
          expect(decoder.bufferedBytes).toBe(0);
          byLayout += decoder.decodedByLayout;
          inGeneral += requests.length - decoder.decodedByLayout;
        },
      ),
      { numRuns: 400 },
    );
    // Both ways were really gone.
    expect(byLayout).toBeGreaterThan(100);
    expect(inGeneral).toBeGreaterThan(400);
  });

  it('decodes by layout what it decodes in general', () => {
    let byLayout = 0;
    fc.assert(
      fc.property(conversation, (requests) => {
        const texts = requests.map((pairs) => requestText(pairs));
        const decoder = new RequestDecoder();
        // Each request alone, by a decoder that knows no layout.
        const general = texts.flatMap(decode);
        expect(decodeAll([Buffer.from(texts.join(''))], decoder)).toEqual(general);
        byLayout += decoder.decodedByLayout;
      }),
      { numRuns: 400 },
    );
    expect(byLayout).toBeGreaterThan(200);
  });

  it('decodes byte by byte', () => {
    const bytes = Buffer.from(requestText([...BASE, ['helo_name', '例え.jp']]).repeat(3));
    expect(decodeAll(cut(bytes, [1]))).toEqual(decode(bytes));
    expect(decode(bytes)).toHaveLength(3);
  });

  it('keeps every attribute apart in a known layout', () => {
    const pairs = Object.keys(new PolicyRequest()).map(
      (name): Pair => [name, name === 'request' ? 'smtpd_access_policy' : `<${name}>`],
    );
    const decoder = new RequestDecoder();
    const decoded = decodeAll([Buffer.from(requestText(pairs).repeat(2))], decoder);
    expect(decoded).toEqual([expected(pairs), expected(pairs)]);
    expect(decoder.decodedByLayout).toBe(1);
  });

  it('passes over unknown attributes and accepts missing ones', () => {
    const text = requestText([...BASE, ['constructor', 'x'], ['__proto__', 'y'], ['new_in_4_0', 'z']]);
    for (const request of decode(text.repeat(2))) expect(request).toEqual(expected(BASE));
  });

  it('takes the last of a doubled attribute', () => {
    const text = requestText([...BASE, ['sender', 'second@sender.test']]);
    const decoder = new RequestDecoder();
    for (const request of decodeAll([Buffer.from(text.repeat(2))], decoder)) {
      expect(request).toHaveProperty('sender', 'second@sender.test');
    }
    expect(decoder.decodedByLayout).toBe(0);
  });

  it('accepts CRLF line ends, mixed with LF, cut anywhere', () => {
    const bytes = Buffer.from(requestText(BASE, '\r\n') + requestText(BASE) + requestText(BASE, '\r\n'));
    for (let size = 1; size <= bytes.length; size++) {
      expect(decodeAll(cut(bytes, [size]))).toEqual(Array(3).fill(expected(BASE)));
    }
  });

  it('replaces malformed UTF-8, within the value it stands in', () => {
    const bytes = Buffer.from(requestText([...BASE, ['helo_name', 'a\xc3'], ['size', '7']]), 'latin1');
    expect(decode(bytes)).toEqual([expected([...BASE, ['helo_name', 'a\ufffd'], ['size', '7']])]);
  });

  it('learns a bounded number of layouts and decodes all the same beyond it', () => {
    const layouts = new LayoutCache();
    for (let i = 0; i < 50; i++) {
      const pairs: Pair[] = [...BASE, [`new_attribute_${i}`, ''], ['size', String(i)]];
      const decoder = new RequestDecoder(DEFAULT_REQUEST_LIMITS, layouts);
      expect(decodeAll([Buffer.from(requestText(pairs).repeat(2))], decoder)).toEqual([
        expected(pairs),
        expected(pairs),
      ]);
      expect(decoder.decodedByLayout).toBe(i < 8 ? 1 : 0);
    }
  });

  it('begins with the layout that other connections spoke', () => {
    const layouts = new LayoutCache();
    for (const byLayout of [0, 1, 1]) {
      const decoder = new RequestDecoder(DEFAULT_REQUEST_LIMITS, layouts);
      expect(decodeAll([Buffer.from(requestText(BASE))], decoder)).toEqual([expected(BASE)]);
      expect(decoder.decodedByLayout).toBe(byLayout);
    }
  });
});

describe('what a peer can do wrong', () => {
  const limits = { maxLineBytes: 100, maxRequestBytes: 400, maxAttributes: 10 };
  const REQUEST = 'request=smtpd_access_policy\n';

  it.each([
    ['line_too_long', `${REQUEST}sender=${'x'.repeat(94)}\n\n`],
    ['line_too_long', `${REQUEST}sender=${'é'.repeat(47)}\n\n`],
    ['line_too_long', 'x'.repeat(101)],
    ['line_too_long', `${REQUEST}sender=${'x'.repeat(200)}`],
    ['request_too_large', REQUEST.repeat(15)],
    ['request_too_large', `${REQUEST.repeat(15)}\n`],
    ['too_many_attributes', `${REQUEST}${'a=\n'.repeat(10)}\n`],
    ['malformed_line', `${REQUEST}sender\n\n`],
    ['malformed_line', `${REQUEST}=x\n\n`],
    ['malformed_line', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['nul_byte', `${REQUEST}sender=a\0b\n\n`],
    ['nul_byte', '\x16\x03\x01\x00\xa5\x01\x00'],
    ['request_type', 'request=smtpd_access_policy2\n\n'],
    ['request_type', 'request=\n\n'],
    ['request_type', 'sender=alice@sender.test\n\n'],
    ['request_type', '\n'],
  ])('%s: %j', (reason, text) => {
    const good = Buffer.from(requestText(BASE));
    for (const size of [1, 7, 1000]) {
      const decoder = new RequestDecoder(limits);
      const decoded = decodeAll(cut(Buffer.concat([good, Buffer.from(text)]), [size]), decoder);
      expect(decoded.slice(0, -1)).toEqual([expected(BASE)]);
      expect(decoded.at(-1)).toMatchObject({ reason });
      // Final: nothing that comes after is looked at, or kept.
      decoder.push(good);
      expect(decoder.next()).toMatchObject({ reason });
      expect(decoder.bufferedBytes).toBe(0);
    }
  });

  it('is told just above the limits, not at them', () => {
    const sender = `sender=${'x'.repeat(93)}\n`;
    for (const text of [`${REQUEST}${sender}\n`, `${REQUEST}${'a=\n'.repeat(9)}\n`]) {
      const decoder = new RequestDecoder(limits);
      expect(decodeAll([Buffer.from(text.repeat(2))], decoder)).toHaveLength(2);
    }
  });

  it('is bounded in a known layout too', () => {
    const decoder = new RequestDecoder(limits);
    const decoded = decodeAll(
      [Buffer.from(`${REQUEST}sender=a\n\n${REQUEST}sender=${'x'.repeat(150)}\n\n`)],
      decoder,
    );
    expect(decoded).toMatchObject([{ sender: 'a' }, { reason: 'line_too_long' }]);
  });

  it('is quoted short and printable', () => {
    const [error] = decode(`\x1b[31m${'x'.repeat(5000)}\n\n`);
    expect(error).toMatchObject({ reason: 'malformed_line' });
    expect((error as ProtocolError).detail).toMatch(/^[ -~]{1,100}…$/);
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 300 }),
            fc
              .constantFrom('\n', '\n\n', '\r\n\r\n', '=', 'a=b\n', REQUEST, `${REQUEST}\n`)
              .map((s) => Buffer.from(s)),
          ),
          { maxLength: 30 },
        ),
        (pieces) => {
          const decoder = new RequestDecoder(limits);
          for (const decoded of decodeAll(
            pieces.map((piece) => Buffer.from(piece)),
            decoder,
          )) {
            expect(decoded instanceof PolicyRequest || decoded instanceof ProtocolError).toBe(true);
          }
          expect(decoder.bufferedBytes).toBeLessThanOrEqual(limits.maxRequestBytes);
        },
      ),
      { numRuns: 500 },
    );
  });
});
