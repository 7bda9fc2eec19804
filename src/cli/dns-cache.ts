/** `postward dns lookup --daemon` and `dns flush`: what a running daemon keeps of DNS answers, in memory and in Redis. */

import type { CachedAnswer } from '../dns/caching-resolver.ts';
import { dnsblAddressName } from '../dns/dnsbl.ts';
import type { DnsAnswer, DnsRecord, DnsType } from '../dns/resolver.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import { OperatorError } from '../util/operator-error.ts';
import { AdminClient } from './admin-client.ts';
import type { OptionValues } from './setting-flags.ts';
import { painter, type Terminal } from './terminal.ts';
import { textTable } from './text-table.ts';

/** As `GET /v1/dns/cache` answers. */
interface Cached {
  readonly name: string;
  readonly answers: readonly {
    readonly tier: CachedAnswer['tier'];
    readonly type: DnsType;
    readonly status: DnsAnswer['status'];
    readonly records: readonly Pick<DnsRecord, 'data' | 'preference'>[];
    readonly reason: string;
    readonly remaining_seconds: number;
  }[];
}

/** As `POST /v1/dns/flush` answers. */
interface Flushed {
  readonly entries: number;
  /** Missing: nothing is shared. */
  readonly shared?: boolean;
}

/** @param type undefined: all. @returns 0 when something is kept, 1 when not */
export async function dnsCached(
  subject: string,
  type: DnsType | undefined,
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const client = new AdminClient(options, terminal);
  const cached = await client.ask<Cached>({ path: ['dns', 'cache'], query: { name: nameOf(subject) } });
  const answers = cached.answers.filter((answer) => type === undefined || answer.type === type);
  if (options['json'] === true) {
    terminal.out(JSON.stringify({ ...cached, answers }, undefined, 2));
  } else if (answers.length === 0) {
    terminal.out(`nothing is kept of ${cached.name}`);
  } else {
    const rows = answers.map(({ tier, type, status, records, reason, remaining_seconds: left }) => [
      tier,
      type,
      status,
      left < 0 ? `stale for ${Math.round(-left)} s` : `${Math.round(left)} s`,
      reason === '' ? records.map((record) => shown(type, record)).join(', ') : reason,
    ]);
    terminal.out(
      textTable(['tier', 'type', 'answer', 'left', 'records'], rows, painter(terminal.hasOutColour)),
    );
  }
  return answers.length === 0 ? 1 : 0;
}

/** @returns 0. @throws OperatorError when shared answers could not be forgotten */
export async function dnsFlush(
  subject: string | undefined,
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const client = new AdminClient(options, terminal);
  const body = subject === undefined ? {} : { name: nameOf(subject) };
  const flushed = await client.ask<Flushed>({ method: 'POST', path: ['dns', 'flush'], body });
  if (options['json'] === true) terminal.out(JSON.stringify(flushed));
  else {
    const shared = flushed.shared === true ? ', and those shared through Redis' : '';
    terminal.out(`${flushed.entries === 1 ? '1 answer' : `${flushed.entries} answers`} forgotten${shared}`);
  }
  if (flushed.shared !== false) return 0;
  throw new OperatorError(
    'shared-not-flushed',
    'the answers shared through Redis are not all forgotten: Redis has not confirmed it',
    'try again when Redis answers; `postward health` tells',
  );
}

/** The name that is asked for about an address is the one that says who it is. */
function nameOf(subject: string): string {
  const address = parseIpAddress(subject);
  const zone = address?.family === 6 ? 'ip6.arpa' : 'in-addr.arpa';
  return (address && dnsblAddressName(subject, zone)) ?? subject.replace(/\.$/, '');
}

function shown(type: DnsType, { data, preference }: Pick<DnsRecord, 'data' | 'preference'>): string {
  const text = data === '' ? '.' : data;
  return type === 'MX' ? `${preference} ${text}` : text;
}
