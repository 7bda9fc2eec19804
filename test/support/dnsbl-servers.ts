/**
 * A real DNSBL: rbldnsd with a zone of ours, and a real resolver in front of
 * it, unbound, which knows nothing else. Both on loopback, in directories and
 * on ports of their own.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { WireClient } from '../../src/dns/wire-client.ts';
import { PrivateServer } from './private-server.ts';

export const ZONE = 'bl.example.net';
/** Short, so that tests need not wait for unbound to forget. */
const TTL_SECONDS = 1;

export interface DnsblServers {
  readonly rbldnsd: PrivateServer;
  readonly unbound: PrivateServer;
  /** Gives the zone other entries, as rbldnsd's ip4set has them; in force within two seconds. */
  list(entries: readonly string[]): void;
  /** The same for IPv6, as its ip6trie has them. */
  listIpv6(entries: readonly string[]): void;
  /** Which zone rbldnsd serves from its next start on. */
  serve(zone: string): void;
}

/** @param entries addresses and networks, beside the test entry if it is to be there */
export async function startDnsblServers(entries: readonly string[]): Promise<DnsblServers> {
  let served = ZONE;
  const rbldnsd = await PrivateServer.start({
    prepare(directory) {
      writeFileSync(join(directory, 'entries'), dataset(entries));
      writeFileSync(join(directory, 'entries6'), ipv6Dataset([]));
      return ['true'];
    },
    serve: (directory, port) => [
      '/usr/sbin/rbldnsd',
      ...['-n', '-q', '-c', '1', '-w', directory, '-b', `127.0.0.1/${port}`],
      `${served}:ip4set:entries`,
      `${served}:ip6trie:entries6`,
    ],
    greet: (_directory, port) => answers(port, served),
  });
  onTestFinished(() => rbldnsd.stop());
  const unbound = await PrivateServer.start({
    prepare(directory) {
      writeFileSync(join(directory, 'root'), ROOT);
      return ['true'];
    },
    serve(directory, port) {
      writeFileSync(join(directory, 'unbound.conf'), configuration(directory, port, rbldnsd.port));
      return ['/usr/sbin/unbound', '-d', '-c', join(directory, 'unbound.conf')];
    },
    greet: (_directory, port) => answers(port, 'com'),
  });
  onTestFinished(() => unbound.stop());
  return {
    rbldnsd,
    unbound,
    list: (now) => writeFileSync(join(rbldnsd.directory, 'entries'), dataset(now)),
    listIpv6: (now) => writeFileSync(join(rbldnsd.directory, 'entries6'), ipv6Dataset(now)),
    serve(zone) {
      served = zone;
    },
  };
}

async function answers(port: number, name: string): Promise<void> {
  const client = new WireClient({ servers: [{ host: '127.0.0.1', port }], timeoutMs: 300, attempts: 1 });
  const { status, reason } = await client.lookup(name, 'NS');
  client.close();
  if (status === 'tempfail') throw new Error(reason);
}

function dataset(entries: readonly string[]): string {
  return [
    `$SOA 60 ns.${ZONE} host.${ZONE} 1 600 300 86400 ${TTL_SECONDS}`,
    `$NS 60 ns.${ZONE}`,
    `$TTL ${TTL_SECONDS}`,
    `:127.0.0.2:Listed, see https://${ZONE}/$`,
    ...entries,
    '',
  ].join('\n');
}

function ipv6Dataset(entries: readonly string[]): string {
  return [`$TTL ${TTL_SECONDS}`, ':127.0.0.2:Listed', ...entries, ''].join('\n');
}

const ROOT = '. 60 IN SOA ns.invalid. host.invalid. 1 600 300 86400 1\n. 60 IN NS ns.invalid.\n';

function configuration(directory: string, port: number, rbldnsdPort: number): string {
  return `
server:
  interface: 127.0.0.1@${port}
  username: ""
  chroot: ""
  directory: "${directory}"
  pidfile: ""
  use-syslog: no
  do-ip6: no
  do-not-query-localhost: no
  num-threads: 1
  module-config: "iterator"
  # What it knows of servers that were down is forgotten soon: tests do not wait for a quarter of an hour.
  infra-host-ttl: 1
remote-control:
  control-enable: no
auth-zone:
  name: "."
  zonefile: "root"
  for-downstream: no
  for-upstream: yes
  fallback-enabled: no
stub-zone:
  name: "${ZONE}"
  stub-addr: 127.0.0.1@${rbldnsdPort}
  stub-prime: no
`;
}
