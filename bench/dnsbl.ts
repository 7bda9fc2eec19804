/**
 * Nine DNSBLs that each take 50 ms: what one after another costs, and what the
 * daemon needs for clients it does not know, and for the same ones again.
 */
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type FixtureDns, startFixtureDns } from '../test/support/fixture-dns.ts';
import { expectDunno } from './expect-dunno.ts';
import { median } from './median.ts';
import { DNSBL_ZONES } from './policies.ts';
import { benchRequest } from './requests.ts';
import type { ServerProcess } from './server-process.ts';

export interface DnsblTimes {
  readonly medianMs: number;
  readonly worstMs: number;
  /** DNS queries a request. */
  readonly queries: number;
}

export interface DnsblResult {
  readonly oneByOne: DnsblTimes;
  readonly cold: DnsblTimes;
  readonly warm: DnsblTimes;
}

const DELAY_MS = 50;

export function startDelayedDnsbls(): Promise<FixtureDns> {
  const zone = DNSBL_ZONES.map(
    (name) =>
      `${name} 3600 SOA ns.${name} host.${name} 1 3600 600 86400 3600\n*.${name} !DELAY ${DELAY_MS}\n`,
  ).join('');
  return startFixtureDns({ zone });
}

export async function measureDnsbls(
  server: ServerProcess,
  dns: FixtureDns,
  clients: number,
): Promise<DnsblResult> {
  const resolver = new Resolver();
  resolver.setServers([`${dns.address}:${dns.port}`]);
  const socket = connect({ host: '127.0.0.1', port: server.port, noDelay: true });
  await once(socket, 'connect');
  const ask = async (i: number): Promise<void> => {
    socket.write(benchRequest(i));
    const [answer] = await once(socket, 'data');
    expectDunno(server.name, String(answer));
  };

  const measure = async (times: number, run: (i: number) => Promise<void>): Promise<DnsblTimes> => {
    dns.clearQueries();
    const samplesMs: number[] = [];
    for (let i = 0; i < times; i++) {
      const startedMs = performance.now();
      await run(i);
      samplesMs.push(performance.now() - startedMs);
    }
    return {
      medianMs: median(samplesMs),
      worstMs: Math.max(...samplesMs),
      queries: dns.received / times,
    };
  };

  const oneByOne = await measure(Math.min(clients, 5), async (i) => {
    for (const zone of DNSBL_ZONES) {
      await resolver.resolve4(`${i}.0.18.198.${zone}`).catch(() => undefined);
    }
  });
  const cold = await measure(clients, ask);
  const warm = await measure(clients, ask);
  socket.destroy();
  return { oneByOne, cold, warm };
}
