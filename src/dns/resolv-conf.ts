/**
 * Which DNS servers the system uses.
 *
 * Reads resolv.conf(5) as far as it concerns a resolver that asks only for
 * whole names: nameserver. `search` and `domain` have no say: Postfix's own
 * lookups append no domains either; what the C library appends for it is that
 * host's business. How long and how often to ask is in our own settings.
 * Follows the file: a network that comes up late, or gives other servers, has
 * it written anew, and the C library that Postfix asks through sees that, too.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { DnsServerAddress } from './dns-server.ts';

export interface ResolvConf {
  readonly servers: readonly DnsServerAddress[];
}

const DNS_PORT = 53;
const FILE = '/etc/resolv.conf';
const LOOK_MS = 5_000;
/** What resolv.conf(5) says happens without a nameserver line. */
const DEFAULT_SERVERS: readonly DnsServerAddress[] = [{ host: '127.0.0.1', port: DNS_PORT }];

/** The servers of the system; those of a machine without resolv.conf when the file cannot be read. */
export function readResolvConf(file = FILE): ResolvConf {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // resolv.conf(5): as if it were empty.
  }
  return parseResolvConf(text);
}

export function parseResolvConf(text: string): ResolvConf {
  const servers: DnsServerAddress[] = [];
  for (const line of text.split('\n')) {
    const [keyword, host = ''] = line.trim().split(/\s+/);
    // With a zone id too, as in fe80::1%eth0.
    if (keyword === 'nameserver' && isIP(host) !== 0) servers.push({ host, port: DNS_PORT });
  }
  return { servers: servers.length === 0 ? DEFAULT_SERVERS : servers };
}

/** Tells of the servers that the file names from now on, until the function that it returns is called. */
export function followResolvConf(
  tell: (servers: readonly DnsServerAddress[]) => void,
  file = FILE,
  lookMs = LOOK_MS,
): () => void {
  let told = JSON.stringify(readResolvConf(file).servers);
  const timer = setInterval(() => {
    const { servers } = readResolvConf(file);
    // One without servers is being written, or its network is down: the old ones are no worse than none.
    if (servers === DEFAULT_SERVERS || JSON.stringify(servers) === told) return;
    told = JSON.stringify(servers);
    tell(servers);
  }, lookMs).unref();
  return () => clearInterval(timer);
}
