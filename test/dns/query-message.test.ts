import { decode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeQuery, isAnswerTo } from '../../src/dns/query-message.ts';
import { isLookupName, isSystemName, queryName, wireName } from '../../src/dns/query-name.ts';
import { readAnswer } from '../../src/dns/read-answer.ts';
import type { DnsType } from '../../src/dns/resolver.ts';

const TYPES: readonly DnsType[] = ['A', 'AAAA', 'MX', 'NS', 'PTR', 'TXT'];
const label = fc.string({ unit: fc.constantFrom(...'abcXYZ019_'), minLength: 1, maxLength: 63 });
const name = fc.array(label, { minLength: 1, maxLength: 12 }).map((labels) => labels.join('.'));

/** The query turned into an answer without records. */
function answerTo(query: Buffer, id: number): Buffer {
  const answer = Buffer.from(query);
  answer.writeUInt16BE(id, 0);
  answer.writeUInt16BE(0x8180, 2);
  return answer;
}

describe('encodeQuery', () => {
  it('another decoder reads what was meant, with and without EDNS0', () => {
    fc.assert(
      fc.property(
        name.filter(isLookupName),
        fc.constantFrom(...TYPES),
        fc.boolean(),
        (text, type, hasEdns) => {
          const packet = decode(encodeQuery(text, type, hasEdns).bytes);
          expect(packet.questions).toEqual([{ name: text, type, class: 'IN' }]);
          expect(packet).toMatchObject({ type: 'query', id: 0, flag_rd: true, answers: [], authorities: [] });
          expect(packet.additionals?.map((each) => each.type)).toEqual(hasEdns ? ['OPT'] : []);
          if (hasEdns)
            expect(packet.additionals?.[0]).toMatchObject({ udpPayloadSize: 1232, ednsVersion: 0 });
        },
      ),
    );
  });
});

describe('isAnswerTo', () => {
  const query = encodeQuery('host.test', 'A', true);
  const good = answerTo(query.bytes, 0x1234);

  it('id and question are right', () => {
    expect(isAnswerTo(good, query, 0x1234)).toBe(true);
  });

  it('letter case of the name does not matter', () => {
    const upper = answerTo(encodeQuery('HOST.Test', 'A', true).bytes, 0x1234);
    expect(isAnswerTo(upper, query, 0x1234)).toBe(true);
  });

  it('any other bit of id, flags that matter, and question does', () => {
    const letterBits = new Set<number>();
    for (let at = 12; at < 23; at += 1)
      if (/[a-z]/.test(String.fromCharCode(good[at] ?? 0))) letterBits.add(at);
    for (let at = 0; at < 27; at += 1) {
      if (at === 2 || at === 3 || (at >= 6 && at < 12)) continue;
      for (let bit = 0; bit < 8; bit += 1) {
        if (letterBits.has(at) && bit === 5) continue;
        const changed = Buffer.from(good);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(isAnswerTo(changed, query, 0x1234), `octet ${at}, bit ${bit}`).toBe(false);
      }
    }
  });

  it('a query, another opcode, and a piece of an answer do not pass', () => {
    expect(isAnswerTo(query.bytes, query, 0)).toBe(false);
    const update = Buffer.from(good);
    update[2] = 0xa8;
    expect(isAnswerTo(update, query, 0x1234)).toBe(false);
    for (let length = 0; length < 27; length += 1) {
      expect(isAnswerTo(good.subarray(0, length), query, 0x1234), `${length} octets`).toBe(false);
    }
  });

  it('a bare header passes only for a refusal of the format', () => {
    const header = Buffer.from([0x12, 0x34, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(isAnswerTo(header, query, 0x1234)).toBe(true);
    header[3] = 0x83;
    expect(isAnswerTo(header, query, 0x1234)).toBe(false);
  });
});

describe('readAnswer', () => {
  it('has a reading for any bytes after a right question', () => {
    const query = encodeQuery('host.test', 'A', false);
    const tail = fc.uint8Array({ maxLength: 200 });
    const counts = fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5));
    fc.assert(
      fc.property(tail, counts, fc.nat(15), fc.constantFrom(...TYPES), (bytes, [an, ns, ar], rcode, type) => {
        const message = Buffer.concat([answerTo(query.bytes, 1), bytes]);
        message[3] = 0x80 | rcode;
        message.writeUInt16BE(an, 6);
        message.writeUInt16BE(ns, 8);
        message.writeUInt16BE(ar, 10);
        expect(['answer', 'alias', 'failure']).toContain(readAnswer(message, 'host.test', type).kind);
      }),
      { numRuns: 2000 },
    );
  });

  it('a message that claims too many records is refused before it is decoded', () => {
    const message = answerTo(encodeQuery('host.test', 'A', false).bytes, 1);
    message.writeUInt16BE(65_535, 6);
    expect(readAnswer(message, 'host.test', 'A')).toMatchObject({
      kind: 'failure',
      reason: 'answer too large',
    });
  });
});

describe('queryName', () => {
  it('is valid_hostname(3) with wildcards', () => {
    for (const text of ['a', 'a.b', '_dmarc.a', 'a-b.c', '1a.2', '*', '*.a', '*.1', `${'a'.repeat(63)}.b`]) {
      expect(queryName(text), text).toBe(text);
    }
    const refused = [
      '',
      '.',
      'a.',
      '.a',
      'a..b',
      '-a',
      'a-',
      'a-.b',
      '1.2',
      '*a',
      'a.*',
      '**',
      'a b',
      'a/b',
      '[::1]',
    ];
    for (const text of [...refused, `${'a'.repeat(64)}.b`]) expect(queryName(text), text).toBeUndefined();
  });

  it('leaves room for the length octets: 253 characters', () => {
    const parts = `${'a'.repeat(49)}.`.repeat(5);
    expect(queryName(`${parts}abc`)).toBe(`${parts}abc`);
    expect(queryName(`${parts}abcd`)).toBeUndefined();
  });

  it('turns letters beyond ASCII into A-labels, and refuses what has none', () => {
    expect(queryName('Bücher.test')).toBe('xn--bcher-kva.test');
    expect(queryName('bü cher.test')).toBeUndefined();
    expect(queryName('\u0661.\u0662')).toBeUndefined();
    expect(queryName('xn--iñvalid.test')).toBeUndefined();
  });
});

describe('isSystemName', () => {
  it('is what getaddrinfo(3) looks up: hyphens at the ends of labels, any number of numbers', () => {
    for (const text of ['a-.b', 'a.-b', 'a.-', '_a', '1.2.3.4.5', '256.1.1.1', 'xn--zz--.b']) {
      expect(isSystemName(text), text).toBe(true);
      expect(wireName(text, 'AAAA'), text).toBe(text);
    }
    for (const text of [
      '',
      '.',
      'a.',
      'a..b',
      '-a',
      '--.b',
      '*.a',
      'a%b',
      'bücher.test',
      '192.0.2.1',
      '127.1',
      `${'a'.repeat(64)}.b`,
    ]) {
      expect(isSystemName(text), text).toBe(false);
    }
    expect(isSystemName(`${`${'a'.repeat(49)}.`.repeat(5)}abcd`)).toBe(false);
  });

  it('goes on the wire for addresses only', () => {
    expect(wireName('a-.b', 'A')).toBe('a-.b');
    expect(wireName('a-.b', 'MX')).toBeUndefined();
    expect(wireName('*.a', 'A')).toBe('*.a');
    expect(wireName('a%b', 'A')).toBeUndefined();
  });
});
