/** Node's own resolver (c-ares) as an independent opinion on the plain cases, over the same server. */
import { Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DnsAnswer, DnsType } from '../../src/dns/resolver.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';

const ZONE = readFileSync(join(import.meta.dirname, '../fixtures/base.zone'), 'utf8');
const TYPES: readonly DnsType[] = ['A', 'AAAA', 'MX', 'NS', 'PTR', 'TXT'];
const STATUS_OF_CODE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'nxdomain',
  ENODATA: 'nodata',
  ESERVFAIL: 'tempfail SERVFAIL',
  EREFUSED: 'tempfail REFUSED',
};

let dns: FixtureDns;
let client: WireClient;

beforeAll(async () => {
  dns = await startFixtureDns({ zone: ZONE });
  client = new WireClient({ servers: [dns.server] });
});

afterAll(async () => {
  client.close();
  await dns.stop();
});

function summary(answer: DnsAnswer): string {
  const { status, reason, records } = answer;
  if (status !== 'found') return `${status} ${reason}`.trim();
  return records.map(({ preference, data }) => `${preference} ${data}`).join(', ');
}

/** c-ares reports an alias without records of the type as success with an empty list. */
async function opinionOfNode(name: string, type: DnsType): Promise<string> {
  return (await askNode(name, type)) || 'nodata';
}

async function askNode(name: string, type: DnsType): Promise<string> {
  const resolver = new Resolver({ tries: 1 });
  resolver.setServers([`127.0.0.1:${dns.port}`]);
  try {
    if (type === 'MX') {
      const records = await resolver.resolveMx(name);
      records.sort((a, b) => a.priority - b.priority);
      return records.map(({ priority, exchange }) => `${priority} ${exchange}`).join(', ');
    }
    if (type === 'TXT') {
      return (await resolver.resolveTxt(name)).map((strings) => `0 ${strings.join('')}`).join(', ');
    }
    return ((await resolver.resolve(name, type)) as string[]).map((data) => `0 ${data}`).join(', ');
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    return STATUS_OF_CODE[code] ?? code;
  }
}

it('agrees with node:dns on every name of the base zone and every type', async () => {
  const lines = ZONE.split('\n').filter((line) => /^[a-z0-9]/.test(line) && !/!(TIMEOUT|DELAY)/.test(line));
  const names = new Set(lines.map((line) => line.split(/\s+/)[0] ?? ''));
  names.add('10.2.0.192.in-addr.arpa').add('nothing.client.test').add('x.blocked.test');
  for (const name of ['slow.test', 'dead.test', '7.113.0.203.bl.test']) names.delete(name);
  let compared = 0;
  for (const name of names) {
    for (const type of TYPES) {
      const answer = await client.lookup(name, type);
      expect(summary(answer), `${name} ${type}`).toBe(await opinionOfNode(name, type));
      compared += 1;
    }
  }
  expect(compared).toBeGreaterThan(200);
});
