/** Answers as text: what was written is read back; nothing else is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negative, tempfail } from '../../src/dns/answer.ts';
import { MAX_ANSWER_TEXT, readAnswerText, writeAnswer } from '../../src/dns/answer-text.ts';
import { DNS_TYPES, type DnsAnswer, type DnsType, INVALID_DATA } from '../../src/dns/resolver.ts';

const NAME = 'host.test';

function found(data: string, preference = 0): DnsAnswer {
  return { status: 'found', records: [{ data, preference }], ttlSeconds: 60, reason: '' };
}

const ANSWERS: readonly (readonly [DnsType, DnsAnswer])[] = [
  ['A', found('192.0.2.1')],
  ['AAAA', found('::ffff:1.2.3.4')],
  ['AAAA', found('2001:db8::1')],
  ['MX', found('mx.host.test', 10)],
  ['MX', found('', 0)],
  ['MX', found('192.0.2.9', 65_535)],
  ['NS', found('ns_1.host.test')],
  ['PTR', found('*.host.test')],
  ['TXT', found('grün " \\ \u0000 \ud83d\ude00')],
  ['TXT', { ...found('onetwo'), records: [{ data: 'onetwo', preference: 0, firstString: 'one' }] }],
  ['TXT', found('x'.repeat(4096))],
  ['A', negative('nxdomain', 0)],
  ['MX', negative('nodata', 0x7fffffff)],
  ['MX', negative('nodata', 30, INVALID_DATA)],
];

describe('what is written is read', () => {
  it.each(ANSWERS)('%s %j', (type, answer) => {
    const text = writeAnswer(NAME, type, answer) ?? '';
    expect(readAnswerText(text, NAME, type)).toEqual(answer);
  });

  it('failures and very long answers are not written', () => {
    expect(writeAnswer(NAME, 'A', tempfail('timeout'))).toBeUndefined();
    const many = Array.from({ length: 5 }, () => ({ data: 'x'.repeat(4096), preference: 0 }));
    expect(writeAnswer(NAME, 'TXT', { ...found(''), records: many })).toBeUndefined();
  });
});

describe('what is not read', () => {
  const good = writeAnswer(NAME, 'A', found('127.0.0.2')) ?? '';

  it('an answer to another question', () => {
    expect(readAnswerText(good, NAME, 'A')).toBeDefined();
    expect(readAnswerText(good, 'other.test', 'A')).toBeUndefined();
    for (const type of DNS_TYPES.slice(1)) expect(readAnswerText(good, NAME, type), type).toBeUndefined();
  });

  const foreign: readonly (readonly [what: string, type: DnsType, text: string])[] = [
    ['nothing', 'A', ''],
    ['half of it', 'A', good.slice(0, -9)],
    ['no JSON', 'A', 'postward'],
    ['another shape', 'A', '{"status":"found"}'],
    ['null', 'A', 'null'],
    ['another version', 'A', good.replace('[1,', '[2,')],
    ['one field more', 'A', good.replace(/]$/, ',0]')],
    ['a status of no answer', 'A', good.replace('found', 'listed')],
    ['a failure', 'A', '[1,"host.test","A","tempfail",0,"timeout",[]]'],
    ['found, but nothing', 'A', '[1,"host.test","A","found",60,"",[]]'],
    ['nothing, but with a record', 'A', '[1,"host.test","A","nxdomain",60,"",[["127.0.0.2",0]]]'],
    ['a reason that none has', 'A', '[1,"host.test","A","nodata",60,"because",[]]'],
    ['a TTL below zero', 'A', '[1,"host.test","A","nxdomain",-1,"",[]]'],
    ['a TTL beyond 2^31', 'A', '[1,"host.test","A","nxdomain",2147483648,"",[]]'],
    ['a TTL that is no number', 'A', '[1,"host.test","A","nxdomain","60","",[]]'],
    ['a TTL with a fraction', 'A', '[1,"host.test","A","nxdomain",0.5,"",[]]'],
    ['a host where an address belongs', 'A', good.replace('127.0.0.2', 'evil.test')],
    ['an address that is none', 'A', good.replace('127.0.0.2', '127.0.0.256')],
    ['an address in another form', 'A', good.replace('127.0.0.2', '127.0.0.02')],
    ['an IPv6 address as A', 'A', good.replace('127.0.0.2', '::1')],
    ['an IPv4 address as AAAA', 'AAAA', '[1,"host.test","AAAA","found",60,"",[["127.0.0.2",0]]]'],
    ['an address not in canonical form', 'AAAA', '[1,"host.test","AAAA","found",60,"",[["0:0::1",0]]]'],
    ['a preference where there is none', 'A', good.replace('",0]', '",10]')],
    ['a first string where there is none', 'A', good.replace('",0]', '",0,"x"]')],
    ['a record that is a text', 'A', '[1,"host.test","A","found",60,"",["127.0.0.2"]]'],
    ['a record of numbers', 'A', '[1,"host.test","A","found",60,"",[[2130706434,0]]]'],
    ['no host name', 'MX', '[1,"host.test","MX","found",60,"",[["not a host",10]]]'],
    ['a preference beyond 16 bits', 'MX', '[1,"host.test","MX","found",60,"",[["mx.test",65536]]]'],
    ['MX in no order', 'MX', '[1,"host.test","MX","found",60,"",[["b.test",20],["a.test",10]]]'],
    ['the root as PTR', 'PTR', '[1,"host.test","PTR","found",60,"",[["",0]]]'],
    ['a text that is too long', 'TXT', `[1,"host.test","TXT","found",60,"",[["${'x'.repeat(4097)}",0]]]`],
    [
      'too many records',
      'A',
      `[1,"host.test","A","found",60,"",[${new Array(101).fill('["127.0.0.2",0]').join()}]]`,
    ],
    ['too much of everything', 'A', `${' '.repeat(MAX_ANSWER_TEXT)}${good}`],
    ['brackets without end', 'A', '['.repeat(MAX_ANSWER_TEXT)],
  ];

  it.each(foreign)('%s', (_, type, text) => {
    expect(text).not.toBe(good);
    expect(readAnswerText(text, NAME, type)).toBeUndefined();
  });

  it('anything at all: no exception, and what is read is a whole answer', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DNS_TYPES),
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .tuple(
              fc.constantFrom(1, '1', 2, null),
              fc.constantFrom(NAME, 'x', 1),
              fc.constantFrom(...DNS_TYPES, 'SOA'),
              fc.constantFrom('found', 'nxdomain', 'nodata', 'tempfail', 'x'),
              fc.oneof(fc.integer(), fc.double(), fc.string()),
              fc.constantFrom('', INVALID_DATA, 'x'),
              fc.array(
                fc.array(fc.oneof(fc.string(), fc.integer(), fc.constantFrom('127.0.0.2', '', 0, 'a.test'))),
              ),
            )
            .map((fields) => JSON.stringify(fields)),
        ),
        (type, text) => {
          const answer = readAnswerText(text, NAME, type);
          if (answer === undefined) return;
          expect(answer.status).not.toBe('tempfail');
          expect(answer.records.length > 0).toBe(answer.status === 'found');
          expect(writeAnswer(NAME, type, answer)).toBeDefined();
        },
      ),
      { numRuns: 3000 },
    );
  });
});
