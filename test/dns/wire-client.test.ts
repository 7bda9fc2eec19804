import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DnsAnswer } from '../../src/dns/resolver.ts';
import { WireClient, type WireClientOptions } from '../../src/dns/wire-client.ts';
import { isPromise } from '../../src/util/promise-or-value.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';

const HUGE_TEXT = 'x'.repeat(6000);

const ZONE = `
host.test            300  A     192.0.2.1
host.test             60  A     192.0.2.2
mapped.test               AAAA  ::ffff:102:304
mx.test                   MX    20 b.mx.test
mx.test                   MX    10 a.mx.test
mx.test                   MX    20 c.mx.test
nullmx.test               MX    0 .
ipmx.test                 MX    10 192.0.2.9
badmx.test                MX    10 "not a host"
badmx.test                MX    20 good.mx.test
onlybadmx.test            MX    10 "not a host"
text.test                 TXT   "one" "two"
text.test                 TXT   "grün"
latin1.test               TYPE16 03 67e96e
hugetext.test             TXT   ${HUGE_TEXT}
${Array.from({ length: 300 }, (_, index) => `crowd.test A 198.18.${index >> 8}.${index & 255}`).join('\n')}

zone.test            900  SOA   ns.zone.test host.zone.test 1 3600 600 86400 40
small.test            20  SOA   ns.small.test host.small.test 1 3600 600 86400 3600
exists.small.test         A     192.0.2.3
nosoa.test                !NOSOA

chain.test           500  CNAME two.chain.test
two.chain.test        30  CNAME host.test
hop1.test             70  CNAME hop2.test
hop1.test                 !PARTIAL
hop2.test             80  CNAME host.test
hop2.test                 !PARTIAL
deadchain.test            CNAME gone.nx.test
emptychain.test           CNAME mx.test
badchain.test             CNAME "not a host"
"not a host"              A     192.0.2.1
deadbadchain.test         CNAME "no host"
loop.test                 CNAME loop2.test
loop2.test                CNAME loop.test
selfloop.test             CNAME selfloop.test
${Array.from({ length: 14 }, (_, index) => `far${index}.test CNAME far${index + 1}.test\nfar${index}.test !PARTIAL`).join('\n')}

servfail.test             !SERVFAIL
refused.test              !REFUSED
notimp.test               !NOTIMP
dead.test                 !TIMEOUT
lost.test                 !LOSE 1
lost.test                 A     192.0.2.4
garbage.test              !GARBAGE
referral.test             !REFERRAL
tc.test                   !TRUNCATE
tc.test                   A     192.0.2.5
noedns.test               !NOEDNS
noedns.test               A     192.0.2.6
wrongid.test              !WRONG_ID 203.0.113.66
wrongid.test              A     192.0.2.7
wrongquestion.test        !WRONG_QUESTION 203.0.113.66
wrongquestion.test        A     192.0.2.7
spoof.test                !WRONG_SOURCE 203.0.113.66
spoof.test                A     192.0.2.7
forgedonly.test           !WRONG_ID 203.0.113.66
forgedonly.test           !WRONG_QUESTION 203.0.113.66
forgedonly.test           !WRONG_SOURCE 203.0.113.66
forgedonly.test           !TIMEOUT
*.wild.test               A     192.0.2.8
*.slow.test               !DELAY 150
*.slow.test               A     192.0.2.8
`;

let dns: FixtureDns;
const clients: WireClient[] = [];

beforeAll(async () => {
  dns = await startFixtureDns({ zone: ZONE });
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  dns.setZone(ZONE);
  dns.clearQueries();
});

afterAll(() => dns.stop());

function client(options: Partial<WireClientOptions> = {}): WireClient {
  const made = new WireClient({ servers: [dns.server], timeoutMs: 3000, attempts: 2, ...options });
  clients.push(made);
  return made;
}

async function ask(name: string, type: Parameters<WireClient['lookup']>[1] = 'A'): Promise<DnsAnswer> {
  return client().lookup(name, type);
}

function data(answer: DnsAnswer): string[] {
  return answer.records.map((record) => record.data);
}

describe('what the DNS says', () => {
  it('found: records, and the smallest TTL', async () => {
    const answer = await ask('host.test');
    expect(answer.status).toBe('found');
    expect(data(answer)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(answer.ttlSeconds).toBe(60);
    expect(answer.reason).toBe('');
  });

  it('letter case does not matter', async () => {
    expect((await ask('HoSt.TEST')).status).toBe('found');
  });

  it('AAAA in canonical form', async () => {
    expect(data(await ask('mapped.test', 'AAAA'))).toEqual(['::ffff:1.2.3.4']);
  });

  it('MX by preference, else in the order of the answer', async () => {
    const answer = await ask('mx.test', 'MX');
    expect(answer.records).toEqual([
      { data: 'a.mx.test', preference: 10 },
      { data: 'b.mx.test', preference: 20 },
      { data: 'c.mx.test', preference: 20 },
    ]);
  });

  it('null MX is an empty host name', async () => {
    expect((await ask('nullmx.test', 'MX')).records).toEqual([{ data: '', preference: 0 }]);
  });

  it('MX that names an address passes, one that names no host does not', async () => {
    expect(data(await ask('ipmx.test', 'MX'))).toEqual(['192.0.2.9']);
    expect(data(await ask('badmx.test', 'MX'))).toEqual(['good.mx.test']);
    const answer = await ask('onlybadmx.test', 'MX');
    expect(answer).toMatchObject({ status: 'nodata', reason: 'invalid record data' });
  });

  it('TXT: character-strings are joined, the first is known', async () => {
    expect((await ask('text.test', 'TXT')).records).toEqual([
      { data: 'onetwo', preference: 0, firstString: 'one' },
      { data: 'grün', preference: 0 },
    ]);
    expect(data(await ask('latin1.test', 'TXT'))).toEqual(['gén']);
  });

  it('nxdomain, with the minimum of the SOA', async () => {
    const answer = await ask('nothing.zone.test');
    expect(answer).toEqual({ status: 'nxdomain', records: [], ttlSeconds: 40, reason: '' });
  });

  it('nodata, with the TTL of the SOA where that is smaller', async () => {
    const answer = await ask('exists.small.test', 'MX');
    expect(answer).toEqual({ status: 'nodata', records: [], ttlSeconds: 20, reason: '' });
  });

  it('negative without SOA keeps for a while', async () => {
    expect(await ask('nosoa.test')).toMatchObject({ status: 'nodata', ttlSeconds: 30 });
  });

  it('huge-txt: comes over TCP and is cut', async () => {
    const answer = await ask('hugetext.test', 'TXT');
    expect(answer.records[0]?.data).toBe(HUGE_TEXT.slice(0, 4096));
    expect(answer.records[0]?.firstString).toBe(HUGE_TEXT.slice(0, 255));
  });

  it('too many records: a hundred are kept', async () => {
    const answer = await ask('crowd.test');
    expect(answer.status).toBe('found');
    expect(answer.records).toHaveLength(100);
  });

  it('an answer beyond all bounds is a failure, not a memory problem', async () => {
    dns.setZone(
      Array.from({ length: 900 }, (_, index) => `vast.test TXT "${index} of many records"`).join('\n'),
    );
    expect(await ask('vast.test', 'TXT')).toMatchObject({ status: 'tempfail', reason: 'answer too large' });
  });
});

describe('names', () => {
  it('that cannot be in the DNS are nxdomain at once, and nobody is asked', () => {
    const resolver = client();
    const names = [
      '',
      '.',
      'a..test',
      'host.test.',
      `${'a'.repeat(64)}.test`,
      `${'a.'.repeat(127)}test`,
      '192.0.2.1',
      '::1',
      'foo!bar.wild.test',
      'foo bar.wild.test',
      '-a.wild.test',
      '\u0000.wild.test',
      'a\u2024.b\u00ad..test',
    ];
    for (const name of names) {
      const answer = resolver.lookup(name, 'A');
      expect(isPromise(answer), name).toBe(false);
      expect(answer, name).toMatchObject({ status: 'nxdomain' });
    }
    expect(resolver.stats.udpQueries).toBe(0);
  });

  it('with an underscore, a wildcard, or of full length are asked for as they are', async () => {
    const long = `${`${'a'.repeat(60)}.`.repeat(4)}wild.test`.slice(-253);
    for (const name of ['_a._b.wild.test', '*.wild.test', long]) {
      expect((await ask(name)).status, name).toBe('found');
      expect(dns.count(name)).toBe(1);
    }
  });

  it('that are not ASCII are asked for by their A-labels', async () => {
    dns.setZone('xn--bcher-kva.test A 192.0.2.1');
    expect((await ask('Bücher.test')).status).toBe('found');
  });
});

describe('aliases', () => {
  it('cname-chain: followed within the answer, with the smallest TTL of all', async () => {
    const answer = await ask('chain.test');
    expect(data(answer)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(answer.ttlSeconds).toBe(30);
    expect(dns.received).toBe(1);
  });

  it('cname-chain that leaves the answer: asked for again', async () => {
    const answer = await ask('hop1.test');
    expect(data(answer)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(answer.ttlSeconds).toBe(60);
    expect(dns.queries.map((query) => query.name)).toEqual(['hop1.test', 'hop2.test', 'host.test']);
  });

  it('cname to a name that does not exist is nxdomain', async () => {
    expect((await ask('deadchain.test')).status).toBe('nxdomain');
  });

  it('cname to a name without the type is nodata, with one query', async () => {
    expect((await ask('emptychain.test')).status).toBe('nodata');
    expect(dns.received).toBe(1);
  });

  it('cname to what is no host name', async () => {
    expect(await ask('badchain.test')).toMatchObject({ status: 'nodata', reason: 'invalid record data' });
    expect(await ask('deadbadchain.test')).toMatchObject({ status: 'nxdomain', reason: '' });
  });

  it('cname-loop: not found, as Postfix says, and soon', async () => {
    for (const name of ['loop.test', 'selfloop.test']) {
      dns.clearQueries();
      expect((await ask(name)).status, name).toBe('nodata');
      expect(dns.received).toBe(1);
    }
  });

  it('a chain without end is given up after ten aliases', async () => {
    expect((await ask('far0.test')).status).toBe('nodata');
    expect(dns.received).toBe(11);
  });
});

describe('failures', () => {
  it('servfail, refused and notimp are told by name, and not asked again', async () => {
    for (const [name, reason, queries] of [
      ['servfail.test', 'SERVFAIL', 1],
      ['refused.test', 'REFUSED', 1],
      ['notimp.test', 'NOTIMP', 2],
    ] as const) {
      dns.clearQueries();
      expect(await ask(name)).toMatchObject({ status: 'tempfail', reason });
      expect(dns.received, name).toBe(queries);
    }
  });

  it('timeout: after all attempts', async () => {
    const resolver = client({ timeoutMs: 150, attempts: 3 });
    expect(await resolver.lookup('dead.test', 'A')).toMatchObject({ status: 'tempfail', reason: 'timeout' });
    expect(dns.count('dead.test')).toBe(3);
    expect(resolver.stats).toMatchObject({ timeouts: 3, failures: 1, inFlight: 0 });
  });

  it('timeout: the total bounds what attempts would take', async () => {
    const resolver = client({ timeoutMs: 40, attempts: 1000, totalMs: 100 });
    expect(await resolver.lookup('dead.test', 'A')).toMatchObject({ status: 'tempfail', reason: 'timeout' });
    expect(dns.count('dead.test')).toBeLessThan(10);
  });

  it('a lost packet is sent again', async () => {
    expect(data(await ask('lost.test'))).toEqual(['192.0.2.4']);
    expect(dns.count('lost.test')).toBe(2);
  });

  it('a late answer to the first attempt is taken', async () => {
    const resolver = client({ timeoutMs: 100, attempts: 5 });
    expect((await resolver.lookup('late.slow.test', 'A')).status).toBe('found');
    expect(resolver.stats.timeouts).toBe(1);
  });

  it('malformed', async () => {
    expect(await ask('garbage.test')).toMatchObject({ status: 'tempfail', reason: 'malformed answer' });
  });

  it('a server that does not recurse has not said "nothing there"', async () => {
    expect(await ask('referral.test')).toMatchObject({ status: 'tempfail', reason: 'referral' });
  });

  it('no server at all', () => {
    expect(client({ servers: [] }).lookup('host.test', 'A')).toMatchObject({ status: 'tempfail' });
  });
});

describe('transport', () => {
  it('truncated-goes-to-tcp', async () => {
    expect(data(await ask('tc.test'))).toEqual(['192.0.2.5']);
    expect(dns.queries.map((query) => query.transport)).toEqual(['udp', 'tcp']);
  });

  it('a server without EDNS0 is asked without it, from then on, and tried with it after a while', async () => {
    dns.setZone('*.test !NOEDNS\n*.test A 192.0.2.6');
    let nowMs = 0;
    const resolver = client({ now: () => nowMs });
    await resolver.lookup('a.test', 'A');
    await resolver.lookup('b.test', 'A');
    expect(dns.queries.map((query) => [query.name, query.hasEdns])).toEqual([
      ['a.test', true],
      ['a.test', false],
      ['b.test', false],
    ]);
    const asked = async (...names: string[]) => {
      dns.clearQueries();
      for (const answer of await Promise.all(names.map((name) => resolver.lookup(name, 'A')))) {
        expect(answer.status).toBe('found');
      }
      return dns.queries.map(({ hasEdns }) => hasEdns).sort();
    };
    nowMs += 14 * 60_000;
    expect(await asked('c.test')).toEqual([false]);
    nowMs += 60_000;
    // One of them tries, and is refused again.
    expect(await asked('d.test', 'e.test', 'f.test')).toEqual([false, false, false, true]);
    nowMs += 14 * 60_000;
    expect(await asked('g.test')).toEqual([false]);
    dns.setZone('*.test A 192.0.2.6');
    nowMs += 60_000;
    expect(await asked('h.test', 'i.test')).toEqual([false, true]);
    expect(await asked('j.test')).toEqual([true]);
  });

  it.each([
    ['wrong-id-ignored', 'wrongid.test'],
    ['wrong-question-ignored', 'wrongquestion.test'],
    ['spoofed-source-ignored', 'spoof.test'],
  ])('%s: the forged answer comes first and does not count', async (_, name) => {
    expect(data(await ask(name))).toEqual(['192.0.2.7']);
  });

  it('forged answers alone are a timeout, and counted where the kernel lets them through', async () => {
    const resolver = client({ timeoutMs: 50, attempts: 1 });
    expect(await resolver.lookup('forgedonly.test', 'A')).toMatchObject({ reason: 'timeout' });
    expect(resolver.stats.ignoredMessages).toBe(2);
  });

  it('source ports and ids are many and in no order', async () => {
    const resolver = client();
    for (let index = 0; index < 200; index += 1) await resolver.lookup(`n${index}.wild.test`, 'A');
    const ports = dns.queries.map((query) => query.sourcePort);
    const ids = dns.queries.map((query) => query.id);
    expect(new Set(ports).size).toBe(8);
    expect(new Set(ids).size).toBeGreaterThan(190);
    const ascending = ids.filter((id, index) => id > (ids[index - 1] ?? 0)).length;
    expect(ascending).toBeGreaterThan(60);
    expect(ascending).toBeLessThan(140);
  });

  it('sockets are replaced after some queries', async () => {
    const resolver = client();
    const count = 8 * 256 + 500;
    for (let done = 0; done < count; done += 50) {
      const batch = Array.from({ length: 50 }, (_, index) =>
        resolver.lookup(`r${done + index}.wild.test`, 'A'),
      );
      for (const answer of await Promise.all(batch)) expect(answer.status).toBe('found');
    }
    expect(new Set(dns.queries.map((query) => query.sourcePort)).size).toBeGreaterThan(8);
  });
});

describe('bounds', () => {
  it('lookups beyond the cap wait, beyond the queue they are refused', async () => {
    const resolver = client({ maxInFlight: 2, maxQueued: 3, timeoutMs: 1000 });
    const answers = Array.from({ length: 8 }, (_, index) => resolver.lookup(`n${index}.slow.test`, 'A'));
    expect(resolver.stats).toMatchObject({ inFlight: 2, queued: 3, overloads: 3 });
    expect(answers.filter((answer) => !isPromise(answer))).toEqual(
      new Array(3).fill({ status: 'tempfail', records: [], ttlSeconds: 0, reason: 'overloaded' }),
    );
    const statuses = (await Promise.all(answers)).map((answer) => answer.status);
    expect(statuses).toEqual([...new Array(5).fill('found'), ...new Array(3).fill('tempfail')]);
    expect(resolver.stats).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('a long queue whose time is over ends at once, refused', async () => {
    let nowMs = 0;
    const count = 20_000;
    const options = { maxInFlight: 1, maxQueued: count, timeoutMs: 60, totalMs: 30_000, now: () => nowMs };
    const resolver = client({ ...options, attempts: 1 });
    const answers = Array.from({ length: count }, () => resolver.lookup('dead.test', 'A'));
    nowMs = 30_000;
    const reasons = (await Promise.all(answers)).map((answer) => answer.reason);
    expect(reasons).toEqual(['timeout', ...new Array(count - 1).fill('overloaded')]);
    expect(resolver.stats).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it('who waits too long for a turn is refused', async () => {
    // By a clock that stands still the lookup before it still has time.
    const resolver = client({ maxInFlight: 1, timeoutMs: 50, attempts: 3, totalMs: 50, now: () => 0 });
    const first = resolver.lookup('dead.test', 'A');
    const second = resolver.lookup('host.test', 'A');
    expect(await second).toMatchObject({ status: 'tempfail', reason: 'overloaded' });
    expect(await first).toMatchObject({ status: 'tempfail', reason: 'timeout' });
    expect(dns.count('host.test')).toBe(0);
  });

  describe('of names of DNSBLs and others neither takes all turns', () => {
    const isOfDnsbl = (name: string) => name.endsWith('.wild.test');
    beforeEach(() =>
      dns.setZone('*.silent.test !TIMEOUT\n*.wild.test A 192.0.2.7\n*.slow.test A 192.0.2.7\n'),
    );
    const many = (resolver: WireClient, count: number, zone: string) =>
      Array.from({ length: count }, (_, index) => resolver.lookup(`n${index}.${zone}`, 'A'));

    it('domains whose servers are silent keep no DNSBL from being asked', async () => {
      const resolver = client({ maxInFlight: 8, maxQueued: 20, timeoutMs: 20_000, isOfDnsbl });
      const silent = many(resolver, 100, 'silent.test');
      expect(resolver.stats).toMatchObject({ inFlight: 6, queued: 20, overloads: 74 });
      const answers = await Promise.all(many(resolver, 20, 'wild.test'));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['found']));
      expect(resolver.stats).toMatchObject({ inFlight: 6, queued: 20, overloads: 74 });
      resolver.close();
      await Promise.all(silent);
    });

    it('nor does a silent DNSBL keep others', async () => {
      const resolver = client({
        maxInFlight: 8,
        maxQueued: 20,
        timeoutMs: 20_000,
        isOfDnsbl: (name) => !isOfDnsbl(name),
      });
      const silent = many(resolver, 100, 'silent.test');
      const answers = await Promise.all(many(resolver, 20, 'wild.test'));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['found']));
      resolver.close();
      expect(new Set((await Promise.all(silent)).map(({ reason }) => reason))).toEqual(
        new Set(['overloaded', 'closed']),
      );
    });

    it('a free turn goes to a DNSBL first', async () => {
      const resolver = client({ maxInFlight: 1, isOfDnsbl });
      const names = ['a.slow.test', 'b.slow.test', 'c.wild.test'];
      await Promise.all(names.map((name) => resolver.lookup(name, 'A')));
      expect(dns.queries.map(({ name }) => name)).toEqual(['a.slow.test', 'c.wild.test', 'b.slow.test']);
    });
  });

  it('close answers what is open, and what comes later', async () => {
    const resolver = client({ maxInFlight: 1 });
    const open = [resolver.lookup('dead.test', 'A'), resolver.lookup('host.test', 'A')];
    resolver.close();
    expect((await Promise.all(open)).map((answer) => answer.reason)).toEqual(['closed', 'closed']);
    expect(await resolver.lookup('host.test', 'A')).toMatchObject({ reason: 'closed' });
  });
});
