/**
 * Which DNS servers the system uses.
 *
 * Reads resolv.conf(5) as far as it concerns a resolver that asks only for
 * whole names: nameserver. `search` and `domain` have no say: Postfix does not
 * append domains either. How long and how often to ask is in our own settings.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { DnsServerAddress } from './dns-server.ts';

export interface ResolvConf {
  readonly servers: readonly DnsServerAddress[];
}

const DNS_PORT = 53;
/** What resolv.conf(5) says happens without a nameserver line. */
const DEFAULT_SERVERS: readonly DnsServerAddress[] = [{ host: '127.0.0.1', port: DNS_PORT }];

/** The servers of the system; those of a machine without resolv.conf when the file cannot be read. */
export function readResolvConf(file = '/etc/resolv.conf'): ResolvConf {
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
