/** DNSBLs on the fixture DNS server under watch, for tests; what happens to them is written down. */
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { isDnsblArgumentError, parseDnsblArgument } from '../../src/dns/dnsbl.ts';
import { DnsblHealth, type DnsblHealthOptions, type DnsblUse, dnsblUse } from '../../src/dns/dnsbl-health.ts';
import type { DnsblSubject } from '../../src/dns/dnsbl-points.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import type { DnsblHealthMode, WatchedList } from '../../src/dns/watched-list.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';

/** The test entries of RFC 5782 for a zone that works. */
export function testEntries(zone: string): string {
  return `@dnsbl ${zone} 127.0.0.2 127.0.0.2 "test entry"\n`;
}

export interface Watch {
  readonly dns: FixtureDns;
  readonly health: DnsblHealth;
  /** As restrictions ask, without a cache. */
  readonly resolver: Resolver;
  /** `bl.test aside lists_the_world`, `bl.test back`, `bl.test unproven`, `bl.test doubtful silent_family`. */
  readonly happened: readonly string[];
  use(argument: string, subject?: DnsblSubject, mode?: DnsblHealthMode): DnsblUse;
  list(argument: string, subject?: DnsblSubject, mode?: DnsblHealthMode): WatchedList;
  until(event: string, count?: number): Promise<void>;
}

const PATIENCE_MS = 15_000;

/** Where a zone has answers that never come they are not waited for; elsewhere nothing is about time. */
export async function watchLists(
  zone: string,
  {
    timeoutMs = /!TIMEOUT|!LOSE/.test(zone) ? 150 : 5_000,
    ...options
  }: Partial<DnsblHealthOptions> & { readonly timeoutMs?: number } = {},
): Promise<Watch> {
  const dns = await startFixtureDns({ zone });
  onTestFinished(() => dns.stop());
  const client = new WireClient({ servers: [dns.server], timeoutMs, attempts: 1 });
  onTestFinished(() => client.close());
  const happened: string[] = [];
  const health = new DnsblHealth({
    resolver: client,
    probeMs: 3_600_000,
    retryMs: 50,
    confirmMs: 60_000,
    slowMs: 5_000,
    minHoldMs: 0,
    graceMs: 3_600_000,
    noPrefetch: new Set(),
    now: () => performance.now(),
    ...options,
    events: {
      setAside: (list) => happened.push(`${list.shown} aside ${list.fault?.code}`),
      returned: (list) => happened.push(`${list.shown} back`),
      unproven: (list, isEverywhere) =>
        happened.push(`${list.shown} unproven${isEverywhere ? ' like all' : ''}`),
      doubted: (list, { code }) => happened.push(`${list.shown} doubtful ${code}`),
    },
  });
  onTestFinished(() => health.close());
  const use: Watch['use'] = (argument, subject = 'address', mode = 'enforce') => {
    const list = parseDnsblArgument(argument);
    if (isDnsblArgumentError(list)) throw new Error(list.error);
    return dnsblUse(list, subject, mode, false);
  };
  return {
    dns,
    health,
    resolver: health.observed(client),
    happened,
    use,
    list(...of) {
      const list = health.list(use(...of));
      if (list === undefined) throw new Error('nobody watches it');
      return list;
    },
    async until(event, count = 1) {
      const limit = performance.now() + PATIENCE_MS;
      while (happened.filter((one) => one === event).length < count) {
        if (performance.now() > limit) throw new Error(`no ${event}, but ${happened.join(', ')}`);
        await sleep(5);
      }
    },
  };
}
