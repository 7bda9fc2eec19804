/**
 * What a DNS server, or somebody who would like to be one, may send: each case
 * really sent, to the resolver and to a policy that asks a DNSBL and looks for
 * the sender's domain. Nobody is rejected for good for what the DNS did not
 * honestly say. Behaviours that a zone text can have are in
 * wire-client.test.ts too.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import type { DnsAnswer, DnsType } from '../../src/dns/resolver.ts';
import { WireClient, type WireClientOptions } from '../../src/dns/wire-client.ts';
import { formatReply } from '../../src/engine/outcome.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';
import { type FixtureDns, startFixtureDns, type Tamper } from '../support/fixture-dns.ts';
import { encodeName } from '../support/fixture-wire.ts';
import { HONEST_FLAGS, message, pointer, record, TRUNCATED } from '../support/hostile-answer.ts';

/** Lists nobody whom the tests ask about; the client of all of them has done nothing wrong. */
const ZONE = `
*.bl.test            300 A    127.0.0.2
10.2.0.192.bl.test       TXT  "nothing, and no address"
sender.test              MX   10 mx.sender.test
mx.sender.test           A    192.0.2.1
`;
const NAME = '10.2.0.192.bl.test';
const LISTS = 'smtpd_client_restrictions = reject_rbl_client bl.test\n';
const EXISTENCE =
  'smtpd_sender_restrictions = reject_unknown_sender_domain\nunknown_address_reject_code = 550\n';

let dns: FixtureDns;
const clients: WireClient[] = [];

beforeAll(async () => {
  dns = await startFixtureDns({ zone: ZONE });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  dns.setTamper();
  dns.setZone(ZONE);
  dns.clearQueries();
});
afterAll(() => dns.stop());

function client(options: Partial<WireClientOptions> = {}): WireClient {
  const made = new WireClient({ servers: [dns.server], timeoutMs: 3000, attempts: 2, ...options });
  clients.push(made);
  return made;
}

/** For answers that count as none. */
const IMPATIENT: Partial<WireClientOptions> = { timeoutMs: 60, attempts: 1 };

async function decide(
  policy: string,
  resolver: WireClient,
  request: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { resolver: new CachingResolver(resolver), request };
  const { verdict, reply } = await compilePolicyText(policy).decide(options);
  return reply === undefined ? verdict : `${verdict}: ${formatReply(reply)}`;
}

const NOT_REJECTED = 'permit';
const NOT_FOUND = '.1.8 <alice@sender.test>: Sender address rejected: Domain not found';
const DEFERRED = `defer_if_permit: 450 4${NOT_FOUND}`;
const GONE = `reject: 550 5${NOT_FOUND}`;

interface Case {
  readonly name: string;
  readonly tamper?: Tamper;
  readonly zone?: string;
  readonly options?: Partial<WireClientOptions>;
  /** What the resolver makes of the DNSBL's answer. */
  readonly answer: Partial<DnsAnswer>;
  /** What becomes of a mail whose sender's domain is answered for like that; default: deferred. */
  readonly sender?: string;
}

/** The answer that would be a listing, had it come honestly. */
const listing = (name: string, options = {}) => record(name, 'A', '127.0.0.2', options);
/** Answers everything alike. */
const always =
  (make: (...args: Parameters<Tamper>) => Buffer): Tamper =>
  (tampering) => [make(tampering)];
const overTcp =
  (stream: (honest: Buffer) => { stream: Buffer; isEnd: boolean }): Tamper =>
  ({ question, honest, transport }) =>
    transport === 'udp'
      ? [message(question, { flags: HONEST_FLAGS | TRUNCATED })]
      : stream(honest ?? Buffer.alloc(0));

const NOTHING = { status: 'nodata' } as const;
const TIMEOUT = { status: 'tempfail', reason: 'timeout' } as const;
const MALFORMED = { status: 'tempfail', reason: 'malformed answer' } as const;

const CASES: readonly Case[] = [
  // Answers.
  {
    name: 'nxdomain',
    zone: `${NAME} !NXDOMAIN\nsender.test !NXDOMAIN`,
    answer: { status: 'nxdomain' },
    sender: GONE,
  },
  {
    name: 'nodata',
    zone: `${NAME} !NODATA\nsender.test !NODATA`,
    answer: NOTHING,
    sender: GONE,
  },
  {
    name: 'servfail',
    zone: '*.test !SERVFAIL',
    answer: { status: 'tempfail', reason: 'SERVFAIL' },
  },
  { name: 'refused', zone: '*.test !REFUSED', answer: { status: 'tempfail', reason: 'REFUSED' } },
  {
    name: 'an-error-with-a-listing-in-it',
    tamper: always(({ question }) =>
      message(question, { flags: HONEST_FLAGS | 2, answers: [listing(question.name)] }),
    ),
    answer: { status: 'tempfail', reason: 'SERVFAIL' },
  },
  {
    name: 'nxdomain-with-a-listing-in-it',
    tamper: always(({ question }) =>
      message(question, { flags: HONEST_FLAGS | 3, answers: [listing(question.name)] }),
    ),
    answer: { status: 'nxdomain' },
    sender: GONE,
  },
  // Silence.
  { name: 'timeout', zone: '*.test !TIMEOUT', options: IMPATIENT, answer: TIMEOUT },
  { name: 'slow', zone: `${ZONE}*.test !DELAY 80`, answer: NOTHING, sender: NOT_REJECTED },
  // Truncation.
  {
    name: 'truncated-tcp-works',
    zone: `${ZONE}${NAME} !TRUNCATE\nsender.test !TRUNCATE`,
    answer: NOTHING,
    sender: NOT_REJECTED,
  },
  {
    name: 'truncated-with-a-listing-in-it: what was cut counts for nothing',
    tamper: ({ question, honest, transport }) =>
      transport === 'tcp'
        ? [honest ?? Buffer.alloc(0)]
        : [message(question, { flags: HONEST_FLAGS | TRUNCATED, answers: [listing(question.name)] })],
    answer: NOTHING,
    sender: NOT_REJECTED,
  },
  {
    name: 'truncated-tcp-hangs',
    tamper: overTcp(() => ({ stream: Buffer.alloc(0), isEnd: false })),
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'truncated-tcp-hangs-in-the-middle',
    tamper: overTcp((honest) => ({
      stream: Buffer.concat([Buffer.from([0, honest.length]), honest.subarray(0, 20)]),
      isEnd: false,
    })),
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'truncated-tcp-closes',
    tamper: overTcp(() => ({ stream: Buffer.alloc(0), isEnd: true })),
    answer: { status: 'tempfail', reason: 'TCP connection closed' },
  },
  {
    name: 'truncated-tcp-closes-in-the-middle',
    tamper: overTcp((honest) => ({
      stream: Buffer.concat([Buffer.from([0, honest.length]), honest.subarray(0, 20)]),
      isEnd: true,
    })),
    answer: { status: 'tempfail', reason: 'TCP connection closed' },
  },
  {
    name: 'truncated-tcp-garbage: a mail server answers',
    tamper: overTcp(() => ({ stream: Buffer.from('220 mail.test ESMTP\r\n'), isEnd: true })),
    answer: { status: 'tempfail', reason: 'TCP connection closed' },
  },
  {
    name: 'truncated-tcp-garbage: sixty thousand octets of it',
    tamper: overTcp(() => ({ stream: Buffer.alloc(60_000, 0xff), isEnd: false })),
    answer: { status: 'tempfail', reason: 'answer too large' },
  },
  {
    name: 'truncated-tcp-garbage: a frame with nothing in it',
    tamper: overTcp(() => ({ stream: Buffer.alloc(2), isEnd: false })),
    answer: { status: 'tempfail', reason: 'answer to another query over TCP' },
  },
  {
    name: 'truncated-tcp-answers-something-else',
    tamper: overTcp((honest) => ({
      stream: Buffer.concat([Buffer.from([0, honest.length, 0, 0]), honest.subarray(2)]),
      isEnd: false,
    })),
    answer: { status: 'tempfail', reason: 'answer to another query over TCP' },
  },
  {
    name: 'truncated-tcp-is-truncated-too',
    tamper: always(({ question }) =>
      message(question, { flags: HONEST_FLAGS | TRUNCATED, answers: [listing(question.name)] }),
    ),
    answer: { status: 'tempfail', reason: 'truncated over TCP' },
  },
  // Not the answer to our question.
  {
    name: 'wrong-id',
    tamper: always(({ question }) =>
      message(question, { id: question.id ^ 1, answers: [listing(question.name)] }),
    ),
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'wrong-question',
    tamper: always(({ question }) => {
      const other = Buffer.concat([encodeName(`x${question.name}`), question.bytes.subarray(-4)]);
      return message(question, { question: other, answers: [listing(question.name)] });
    }),
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'wrong-type-in-the-question',
    tamper: always(({ question }) => {
      const other = Buffer.concat([question.bytes.subarray(0, -4), Buffer.from([0, 255, 0, 1])]);
      return message(question, { question: other, answers: [listing(question.name)] });
    }),
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'no-question',
    tamper: always(({ question }) =>
      message(question, { question: Buffer.alloc(0), counts: [0], answers: [listing(question.name)] }),
    ),
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'two-questions',
    tamper: always(({ question }) =>
      message(question, {
        question: Buffer.concat([question.bytes, question.bytes]),
        counts: [2],
        answers: [listing(question.name)],
      }),
    ),
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'a-query-in-the-place-of-an-answer',
    tamper: always(({ question }) => message(question, { flags: 0x0100, answers: [listing(question.name)] })),
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'another-opcode',
    tamper: always(({ question }) => message(question, { flags: 0xa980, answers: [listing(question.name)] })),
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'empty-and-tiny-datagrams',
    tamper: ({ question }) => [
      Buffer.alloc(0),
      Buffer.from([question.id >> 8]),
      Buffer.from([question.id >> 8, question.id & 255]),
      message(question, {}).subarray(0, 11),
    ],
    options: IMPATIENT,
    answer: TIMEOUT,
  },
  {
    name: 'spoofed: wrong id, question and source come before the answer',
    zone: `${ZONE}*.test !WRONG_ID 127.0.0.2\n*.test !WRONG_QUESTION 127.0.0.2\n*.test !WRONG_SOURCE 127.0.0.2`,
    answer: NOTHING,
    sender: NOT_REJECTED,
  },
  {
    name: 'answered-in-other-letters',
    tamper: ({ question, honest = Buffer.alloc(0) }) => {
      const shouted = Buffer.from(honest);
      for (let at = 12; at < 12 + question.bytes.length - 4; at += 1) {
        const octet = shouted[at] ?? 0;
        if (octet >= 0x61 && octet <= 0x7a) shouted[at] = octet & 0xdf;
      }
      return [shouted];
    },
    answer: NOTHING,
    sender: NOT_REJECTED,
  },
  // Records that prove nothing.
  {
    name: 'a-listing-of-another-name',
    tamper: always(({ question }) => message(question, { answers: [listing('11.2.0.192.bl.test')] })),
    answer: NOTHING,
    sender: GONE,
  },
  {
    name: 'a-listing-in-the-wrong-section',
    tamper: always(({ question, honest }) =>
      question.type === 'A' && question.name === NAME
        ? message(question, {
            authorities: [listing(question.name)],
            additionals: [listing(question.name)],
          })
        : (honest ?? Buffer.alloc(0)),
    ),
    answer: NOTHING,
    sender: NOT_REJECTED,
  },
  {
    name: 'a-listing-of-another-class',
    tamper: always(({ question }) => message(question, { answers: [listing(question.name, { class: 3 })] })),
    answer: NOTHING,
    sender: GONE,
  },
  {
    name: 'out-of-bailiwick: an alias with a listing that does not belong to it',
    tamper: always(({ question, honest }) =>
      question.name === NAME
        ? message(question, {
            answers: [record(question.name, 'CNAME', 'gone.bl.test'), listing('other.bl.test')],
            counts: [1, 2],
          })
        : question.name === 'gone.bl.test'
          ? message(question, { flags: HONEST_FLAGS | 3 })
          : (honest ?? Buffer.alloc(0)),
    ),
    answer: { status: 'nxdomain' },
    sender: NOT_REJECTED,
  },
  {
    name: 'cname-loop',
    tamper: always(({ question, honest }) =>
      question.name.endsWith('bl.test')
        ? message(question, {
            answers: [
              record(question.name, 'CNAME', 'a.bl.test'),
              record('a.bl.test', 'CNAME', question.name),
            ],
          })
        : (honest ?? Buffer.alloc(0)),
    ),
    answer: NOTHING,
    sender: NOT_REJECTED,
  },
  {
    name: 'cname-chain-without-end, one answer after the other',
    tamper: always(({ question, honest }) =>
      question.name.endsWith('bl.test')
        ? message(question, { answers: [record(question.name, 'CNAME', `x${question.name}`)] })
        : (honest ?? Buffer.alloc(0)),
    ),
    answer: NOTHING,
    sender: NOT_REJECTED,
  },
  // Malformed, in the ways a decoder trips over.
  {
    name: 'a-name-that-points-to-itself',
    tamper: always(({ question }) => {
      const at = 12 + question.bytes.length;
      return message(question, { answers: [listing('', { nameBytes: pointer(at) })] });
    }),
    answer: MALFORMED,
  },
  {
    name: 'names-that-point-to-each-other',
    tamper: always(({ question }) => {
      const at = 12 + question.bytes.length;
      const names = Buffer.concat([pointer(at + 2), pointer(at)]);
      return message(question, { answers: [listing('', { nameBytes: names })] });
    }),
    answer: MALFORMED,
  },
  {
    name: 'a-name-that-points-beyond-the-end',
    tamper: always(({ question }) =>
      message(question, { answers: [listing('', { nameBytes: pointer(0x3fff) })] }),
    ),
    answer: MALFORMED,
  },
  {
    name: 'more-records-announced-than-sent',
    tamper: always(({ question }) =>
      message(question, { answers: [listing(question.name)], counts: [1, 9] }),
    ),
    answer: MALFORMED,
  },
  {
    name: 'sixty-thousand-records-announced',
    tamper: always(({ question }) =>
      message(question, { answers: [listing(question.name)], counts: [1, 65_535] }),
    ),
    answer: { status: 'tempfail', reason: 'answer too large' },
  },
  {
    name: 'a-record-longer-than-the-message',
    tamper: always(({ question }) =>
      message(question, { answers: [listing(question.name, { length: 60_000 })] }),
    ),
    answer: MALFORMED,
  },
  {
    name: 'an-answer-cut-in-the-middle',
    tamper: always(({ question }) => {
      const whole = message(question, { answers: [listing(question.name)] });
      return whole.subarray(0, whole.length - 2);
    }),
    answer: MALFORMED,
  },
];

describe('the DNSBL’s answer, the client and the sender', () => {
  it.each(CASES)('$name', async ({ tamper, zone, options, answer, sender = DEFERRED }) => {
    if (zone !== undefined) dns.setZone(zone);
    dns.setTamper(tamper);
    const resolver = client(options);
    expect(await resolver.lookup(NAME, 'A')).toMatchObject(answer);
    expect(await decide(LISTS, resolver), 'nobody is rejected for it').toBe(NOT_REJECTED);
    expect(
      await decide(EXISTENCE, resolver),
      'and who cannot be found out about is not rejected for good',
    ).toBe(sender);
  });

  it('the same policy does reject who is listed, in the ways that an honest answer may come', async () => {
    const request = { client_address: '198.51.100.66' };
    const blocked =
      'reject: 554 5.7.1 Service unavailable; Client host [198.51.100.66] blocked using bl.test';
    expect(await decide(LISTS, client(), request)).toBe(blocked);
    dns.setZone(`${ZONE}*.bl.test !TRUNCATE`);
    expect(await decide(LISTS, client(), request), 'over TCP').toBe(blocked);
    dns.setZone(`*.bl.test CNAME listed.test\nlisted.test A 127.0.0.2`);
    expect(await decide(LISTS, client(), request), 'through an alias').toBe(blocked);
  });
});

describe('one answer too many', () => {
  it('a server that answers twice: the first counts, the second is counted as ignored', async () => {
    dns.setTamper(({ question, honest = Buffer.alloc(0) }) => [
      honest,
      message(question, { answers: [listing(question.name)] }),
    ]);
    const resolver = client();
    expect(await resolver.lookup(NAME, 'A')).toMatchObject(NOTHING);
    // A second lookup, to know that the late message has been seen.
    await resolver.lookup('sender.test', 'MX');
    expect(resolver.stats.ignoredMessages).toBeGreaterThanOrEqual(1);
    expect(await decide(LISTS, resolver)).toBe(NOT_REJECTED);
  });

  it('spoofed-address: from the right port of another address', async () => {
    const forger = createSocket('udp4');
    forger.bind(dns.port, '127.0.0.2');
    await once(forger, 'listening');
    try {
      dns.setTamper(({ question, sourcePort }) => {
        forger.send(message(question, { answers: [listing(question.name)] }), sourcePort, '127.0.0.1');
        return [];
      });
      expect(await client(IMPATIENT).lookup(NAME, 'A')).toMatchObject(TIMEOUT);
      expect(await decide(LISTS, client(IMPATIENT))).toBe(NOT_REJECTED);
    } finally {
      forger.close();
    }
  });

  it('what an answer says of other names is not remembered', async () => {
    dns.setTamper(({ question, honest = Buffer.alloc(0) }) =>
      question.name === 'attacker.test'
        ? [
            message(question, {
              answers: [record('attacker.test', 'A', '192.0.2.99'), listing(NAME)],
              authorities: [record('bl.test', 'NS', 'ns.attacker.test')],
              additionals: [listing(NAME), record('ns.attacker.test', 'A', '192.0.2.99')],
            }),
          ]
        : [honest],
    );
    const cache = new CachingResolver(client());
    expect((await cache.lookup('attacker.test', 'A')).records.map(({ data }) => data)).toEqual([
      '192.0.2.99',
    ]);
    expect(await cache.cachedAnswers(NAME)).toEqual([]);
    expect(await cache.cachedAnswers('ns.attacker.test')).toEqual([]);
    expect((await cache.lookup(NAME, 'A')).status).toBe('nodata');
  });

  it('a flood of forged answers on the right port delays nobody else', async () => {
    dns.setTamper(({ question, honest = Buffer.alloc(0) }) => [
      ...Array.from({ length: 300 }, (_, index) =>
        message(question, { id: question.id ^ (index + 1), answers: [listing(question.name)] }),
      ),
      honest,
    ]);
    const resolver = client();
    expect(await resolver.lookup(NAME, 'A')).toMatchObject(NOTHING);
    expect(resolver.stats.ignoredMessages).toBe(300);
  });
});

describe('sizes', () => {
  const filled = (count: number, make: (index: number) => Buffer): Tamper => {
    return ({ question, transport }) =>
      transport === 'udp'
        ? [message(question, { flags: HONEST_FLAGS | TRUNCATED })]
        : [message(question, { answers: Array.from({ length: count }, (_, index) => make(index)) })];
  };
  const ask = async (type: DnsType, tamper: Tamper): Promise<DnsAnswer> => {
    dns.setTamper(tamper);
    return client().lookup('x.test', type);
  };
  const name = pointer(12);

  it('thousand-records: a hundred are kept', async () => {
    const answer = await ask(
      'A',
      filled(1000, (index) => record('', 'A', `10.0.${index >> 8}.${index & 255}`, { nameBytes: name })),
    );
    expect(answer).toMatchObject({ status: 'found' });
    expect(answer.records).toHaveLength(100);
  });

  it('five-thousand-records: refused before it is decoded', async () => {
    const answer = await ask(
      'A',
      filled(4000, () => record('', 'A', '127.0.0.2', { nameBytes: name })),
    );
    expect(answer).toMatchObject({ status: 'tempfail', reason: 'answer too large' });
  });

  it('huge-txt: 60 KB of one record are refused, 12 KB are cut', async () => {
    const text = (octets: number) =>
      Buffer.concat(
        Array.from({ length: octets / 256 }, () => Buffer.from(`\u00ff${'x'.repeat(255)}`, 'latin1')),
      );
    expect(
      await ask(
        'TXT',
        filled(1, () => record('', 'TXT', text(61_440), { nameBytes: name })),
      ),
    ).toMatchObject({
      status: 'tempfail',
      reason: 'answer too large',
    });
    const { records } = await ask(
      'TXT',
      filled(1, () => record('', 'TXT', text(12_288), { nameBytes: name })),
    );
    expect(records[0]?.data).toHaveLength(4096);
  });

  it('a reason with line ends cannot end the reply', async () => {
    const text = Buffer.from('spam\r\n250 OK\r\nQUIT\r\n\u0000\u001b[2J and more');
    const evil = Buffer.concat([Buffer.from([text.length]), text]);
    dns.setTamper(({ question }) => [
      message(question, {
        answers: [question.type === 'TXT' ? record(question.name, 'TXT', evil) : listing(question.name)],
      }),
    ]);
    const reply = await decide(LISTS, client());
    expect(reply).toMatch(
      /^reject: 554 5\.7\.1 Service unavailable; .* blocked using bl\.test; spam {2}250 OK/,
    );
    expect(reply).toMatch(/^[\x20-\x7e]*$/);
  });
});

describe('TTL', () => {
  async function keptSeconds(ttlSeconds: number, options = {}): Promise<number> {
    dns.setTamper(({ question }) => [
      message(question, { answers: [listing(question.name, { ttlSeconds })] }),
    ]);
    const cache = new CachingResolver(client(), { now: () => 0, ...options });
    await cache.lookup(NAME, 'A');
    const [kept] = await cache.cachedAnswers(NAME);
    return kept?.remainingSeconds ?? 0;
  }

  it('zero: the floor, or not kept at all', async () => {
    expect(await keptSeconds(0, { minTtlSeconds: 5 })).toBe(5);
    expect(await keptSeconds(0, { minTtlSeconds: 0 })).toBe(0);
  });

  it('beyond 2^31 counts as zero (RFC 2181 §8), below it ends at the ceiling', async () => {
    expect(await keptSeconds(0x80000000, { minTtlSeconds: 0 })).toBe(0);
    expect(await keptSeconds(0xffffffff, { minTtlSeconds: 0 })).toBe(0);
    expect(await keptSeconds(0x7fffffff)).toBe(86_400);
  });

  it('a negative TTL of 68 years ends at its own ceiling', async () => {
    dns.setZone('bl.test 2147483647 SOA ns.bl.test host.bl.test 1 3600 600 86400 2147483647');
    const cache = new CachingResolver(client(), { now: () => 0 });
    await cache.lookup(NAME, 'A');
    expect((await cache.cachedAnswers(NAME))[0]?.remainingSeconds).toBe(3_600);
  });
});
