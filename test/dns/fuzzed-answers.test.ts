/**
 * Honest answers, damaged at random: whatever comes out is an answer of a
 * shape that an honest one could have, or a failure; never an exception, and
 * every lookup ends. fast-check prints the seed of what fails.
 */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readAnswerText, writeAnswer } from '../../src/dns/answer-text.ts';
import { isWellFormed } from '../../src/dns/message-structure.ts';
import { encodeQuery, isAnswerTo } from '../../src/dns/query-message.ts';
import { readAnswer } from '../../src/dns/read-answer.ts';
import { DNS_TYPES, type DnsType } from '../../src/dns/resolver.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { decodeQuestion, encodeAnswer } from '../support/fixture-wire.ts';
import { FixtureZone } from '../support/fixture-zone.ts';
import { message, pointer, record } from '../support/hostile-answer.ts';

const ZONE = `
full.test   A     192.0.2.1
full.test   A     127.0.0.2
full.test   AAAA  2001:db8::1
full.test   MX    10 mx1.full.test
full.test   MX    20 mx2.full.test
full.test   NS    ns1.full.test
full.test   PTR   ptr.full.test
full.test   TXT   "one" "two"
full.test   TXT   "v=spf1 -all"
alias.test  CNAME middle.test
middle.test CNAME full.test
`;
const NAMES = ['full.test', 'alias.test', 'nowhere.test'] as const;

const FIXTURE = new FixtureZone(ZONE);
const HONEST = new Map<string, Buffer>(
  NAMES.flatMap((name) => DNS_TYPES.map((type) => [`${name} ${type}`, encoded(name, type)] as const)),
);

function honest(name: string, type: DnsType): Buffer {
  return HONEST.get(`${name} ${type}`) ?? Buffer.alloc(0);
}

function encoded(name: string, type: DnsType): Buffer {
  const question = decodeQuestion(encodeQuery(name, type, true).bytes);
  if (question === undefined) throw new Error('no question');
  return encodeAnswer(question, FIXTURE.answer(name, type, true), 65_535);
}

/** Where and what; positions as shares of the length. */
const damage = fc.oneof(
  fc.record({ how: fc.constant('flip'), at: fc.double({ min: 0, max: 1, noNaN: true }), bits: fc.nat(255) }),
  fc.record({ how: fc.constant('put'), at: fc.double({ min: 0, max: 1, noNaN: true }), bits: fc.nat(255) }),
  fc.record({ how: fc.constant('take'), at: fc.double({ min: 0, max: 1, noNaN: true }), bits: fc.nat(40) }),
  fc.record({ how: fc.constant('cut'), at: fc.double({ min: 0, max: 1, noNaN: true }), bits: fc.nat(255) }),
);
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

/** Past `from`, so that it still is the answer to the question. */
function damaged(whole: Buffer, from: number, damages: readonly Damage[]): Buffer {
  let bytes = Buffer.from(whole);
  for (const { how, at, bits } of damages) {
    const place = Math.min(bytes.length - 1, from + Math.floor(at * (bytes.length - from)));
    if (place < 0) break;
    if (how === 'flip') bytes[place] = (bytes[place] ?? 0) ^ bits;
    else if (how === 'put') {
      bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from([bits]), bytes.subarray(place)]);
    } else if (how === 'take') {
      bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + bits)]);
    } else bytes = bytes.subarray(0, place);
  }
  return bytes;
}

const question = fc.record({ name: fc.constantFrom(...NAMES), type: fc.constantFrom(...DNS_TYPES) });
const damages = fc.array(damage, { minLength: 1, maxLength: 3 });

describe('damaged answers', () => {
  it('undamaged they are whole, and cut short they never are', () => {
    for (const name of NAMES) {
      for (const type of DNS_TYPES) {
        const whole = honest(name, type);
        expect(isWellFormed(whole), `${name} ${type}`).toBe(true);
        for (let length = 12; length < whole.length; length += 1) {
          expect(isWellFormed(whole.subarray(0, length)), `${name} ${type}, ${length}`).toBe(false);
        }
      }
    }
  });

  it('data shorter or longer than its type has it is not whole', () => {
    const asked = decodeQuestion(encodeQuery('full.test', 'A', false).bytes);
    if (asked === undefined) throw new Error('no question');
    const data = (type: string, bytes: readonly number[]) =>
      isWellFormed(message(asked, { answers: [record('full.test', type, Buffer.from(bytes))] }));
    expect(data('A', [127, 0, 0, 2])).toBe(true);
    expect(data('A', [127, 0, 0])).toBe(false);
    expect(data('A', [127, 0, 0, 2, 0])).toBe(false);
    expect(data('AAAA', new Array(16).fill(0))).toBe(true);
    expect(data('AAAA', new Array(15).fill(0))).toBe(false);
    expect(data('MX', [0, 10, 0])).toBe(true);
    expect(data('MX', [0, 10, ...pointer(12)])).toBe(true);
    expect(data('MX', [0, 10])).toBe(false);
    expect(data('NS', [1, 0x61])).toBe(false);
    expect(data('NS', [0x40, 0x61, 0])).toBe(false);
    expect(data('CNAME', [0, 0])).toBe(false);
    expect(data('TXT', [])).toBe(true);
    expect(data('TXT', [2, 0x61, 0x61, 1, 0x61])).toBe(true);
    expect(data('TXT', [2, 0x61])).toBe(false);
  });

  it('twenty thousand of them, read', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(question, damages, ({ name, type }, damages) => {
        const bytes = damaged(honest(name, type), 2, damages);
        if (bytes.length < 12) return;
        const reading = readAnswer(bytes, name, type);
        seen.add(reading.kind);
        if (reading.kind !== 'answer') return;
        seen.add(reading.answer.status);
        const text = writeAnswer(name, type, reading.answer);
        if (text !== undefined) expect(readAnswerText(text, name, type)).toEqual(reading.answer);
      }),
      { numRuns: 20_000 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['answer', 'failure', 'found', 'nxdomain']));
  }, 60_000);

  it('octets at random, read', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 12, maxLength: 600 }),
        fc.constantFrom(...DNS_TYPES),
        (octets, type) => {
          const reading = readAnswer(Buffer.from(octets), 'full.test', type);
          expect(['answer', 'alias', 'failure']).toContain(reading.kind);
          isAnswerTo(Buffer.from(octets), encodeQuery('full.test', type, true), 1);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('sent: every lookup ends, and the server is asked no more than it may be', async () => {
    const dns = await startFixtureDns({ zone: ZONE });
    onTestFinished(() => dns.stop());
    const client = new WireClient({ servers: [dns.server], timeoutMs: 30, attempts: 2, totalMs: 200 });
    onTestFinished(() => client.close());
    await fc.assert(
      fc.asyncProperty(question, damages, fc.boolean(), async ({ name, type }, damages, isHeaderSpared) => {
        dns.setTamper(({ question: asked, honest: whole = Buffer.alloc(0) }) => [
          damaged(whole, isHeaderSpared ? 12 + asked.bytes.length : 0, damages),
        ]);
        dns.clearQueries();
        const { status, records } = await client.lookup(name, type);
        expect(records.length > 0).toBe(status === 'found');
        // Aliases that damage makes up are followed, each with attempts of its own.
        expect(dns.received).toBeLessThanOrEqual(11 * 4);
      }),
      { numRuns: 150 },
    );
    expect(client.stats).toMatchObject({ inFlight: 0, queued: 0 });
  }, 120_000);
});
