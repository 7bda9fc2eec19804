/**
 * `postward dns lookup`: asks each DNS server that the daemon has for a name, with
 * the daemon's own resolver and without its cache, and shows what each said
 * and how long it took. Needs no daemon.
 */

import type { DnsServerAddress } from '../dns/dns-server.ts';
import { dnsblAddressName } from '../dns/dnsbl.ts';
import { openDns, zoneMask } from '../dns/open-dns.ts';
import { queryName } from '../dns/query-name.ts';
import type { DnsAnswer, DnsType } from '../dns/resolver.ts';
import { WireClient } from '../dns/wire-client.ts';
import { ZoneRouter } from '../dns/zone-router.ts';
import { visible } from '../language/visible.ts';
import { formatHostPort } from '../net/host-port.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import type { Settings } from '../settings/settings.ts';
import { OperatorError } from '../util/operator-error.ts';
import { type OptionValues, settingsFor } from './setting-flags.ts';
import { type Paint, painter, type Style, type Terminal } from './terminal.ts';

interface ServerAnswer {
  /** `ADDRESS:PORT`. */
  readonly server: string;
  readonly answer: DnsAnswer;
  readonly milliseconds: number;
}

const STYLES: Readonly<Record<DnsAnswer['status'], Style>> = {
  found: 'green',
  nxdomain: 'yellow',
  nodata: 'yellow',
  tempfail: 'red',
};

/**
 * @param type undefined: A, or PTR of an address
 * @returns 0 when a server has answered, whatever the answer; 1 when none has
 */
export async function dnsLookup(
  subject: string,
  type: DnsType | undefined,
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const question = questionFor(subject, type);
  const settings = settingsFor(options, terminal).dns;
  const mask = zoneMask(settings.zones);
  const servers = serversFor(question.name, settings);
  const answers = await Promise.all(servers.map((server) => ask(server, question, settings)));
  terminal.out(
    options['json'] === true
      ? JSON.stringify(mask.value({ ...question, answers: answers.map(toJson) }), undefined, 2)
      : mask.text(toText(question, answers, painter(terminal.hasOutColour))),
  );
  return answers.some(({ answer }) => answer.status !== 'tempfail') ? 0 : 1;
}

interface Question {
  readonly name: string;
  readonly type: DnsType;
}

function questionFor(subject: string, type: DnsType | undefined): Question {
  const address = parseIpAddress(subject);
  const reverse = address && dnsblAddressName(subject, address.family === 4 ? 'in-addr.arpa' : 'ip6.arpa');
  if (reverse !== undefined) return { name: reverse, type: type ?? 'PTR' };
  const name = queryName(subject.replace(/\.$/, ''));
  if (name !== undefined) return { name, type: type ?? 'A' };
  throw new OperatorError(
    'no-name',
    `\`${visible(subject)}\` is no name that can be in the DNS; Postfix would not ask for it either`,
    'give a host name or an IP address',
  );
}

/** Those of the zone that the name is in, else the usual ones. */
function serversFor(name: string, settings: Settings['dns']): readonly DnsServerAddress[] {
  const dns = openDns(settings, undefined);
  try {
    return new ZoneRouter(dns.client, dns.zoneClients).route(name).servers;
  } finally {
    dns.close();
  }
}

async function ask(
  server: DnsServerAddress,
  { name, type }: Question,
  settings: Settings['dns'],
): Promise<ServerAnswer> {
  const client = new WireClient({
    servers: [server],
    timeoutMs: settings.timeout_ms,
    attempts: settings.attempts,
    totalMs: settings.total_ms,
  });
  try {
    const startedMs = performance.now();
    const answer = await client.lookup(name, type);
    return { server: formatHostPort(server), answer, milliseconds: performance.now() - startedMs };
  } finally {
    client.close();
  }
}

function toText({ name, type }: Question, answers: readonly ServerAnswer[], paint: Paint): string {
  const lines = [paint('bold', `${name} ${type}`)];
  for (const { server, answer, milliseconds } of answers) {
    const { status, reason, records, ttlSeconds } = answer;
    const facts = [
      ...(reason === '' ? [] : [reason]),
      ...(status === 'tempfail' ? [] : [`TTL ${ttlSeconds} s`]),
      `${milliseconds.toFixed(1)} ms`,
    ];
    lines.push(`  ${server}  ${paint(STYLES[status], status)}, ${facts.join(', ')}`);
    for (const { data, preference } of records) {
      lines.push(`    ${type === 'MX' ? `${preference} ` : ''}${visible(data === '' ? '.' : data)}`);
    }
  }
  return lines.join('\n');
}

function toJson({ server, answer, milliseconds }: ServerAnswer) {
  const { status, reason, ttlSeconds, records } = answer;
  return {
    server,
    status,
    reason,
    ttl_seconds: ttlSeconds,
    milliseconds: Number(milliseconds.toFixed(1)),
    records: records.map(({ data, preference }) => ({ data, preference })),
  };
}
