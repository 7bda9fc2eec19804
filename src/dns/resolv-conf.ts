/**
 * Which DNS servers the system uses.
 *
 * Reads resolv.conf(5) as far as it concerns a resolver that asks only for
 * whole names: nameserver, and the options timeout and attempts. `search` and
 * `domain` have no say: Postfix does not append domains either.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { DnsServerAddress } from './dns-server.ts';

export interface ResolvConf {
  readonly servers: readonly DnsServerAddress[];
  /** `options timeout:N`, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** `options attempts:N`, which counts rounds, times the servers: how often a question is sent in all. */
  readonly attempts: number | undefined;
}

const DNS_PORT = 53;
/** What resolv.conf(5) says happens without a nameserver line. */
const DEFAULT_SERVERS: readonly DnsServerAddress[] = [{ host: '127.0.0.1', port: DNS_PORT }];
/** The bounds that resolv.conf(5) sets silently. */
const MAX_TIMEOUT_SECONDS = 30;
const MAX_ATTEMPTS = 5;

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
  let timeoutMs: number | undefined;
  let rounds: number | undefined;
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver') {
      const [host = ''] = values;
      // With a zone id too, as in fe80::1%eth0.
      if (isIP(host) !== 0) servers.push({ host, port: DNS_PORT });
    } else if (keyword === 'options') {
      for (const option of values) {
        const [, name, digits] = /^(timeout|attempts):(\d{1,9})$/.exec(option) ?? [];
        const value = Math.max(1, Number(digits));
        if (name === 'timeout') timeoutMs = Math.min(value, MAX_TIMEOUT_SECONDS) * 1000;
        else if (name === 'attempts') rounds = Math.min(value, MAX_ATTEMPTS);
      }
    }
  }
  const found = servers.length === 0 ? DEFAULT_SERVERS : servers;
  return { servers: found, timeoutMs, attempts: rounds === undefined ? undefined : rounds * found.length };
}
