/**
 * `postward dnsbl check`: asks every DNS list of the policies about an address or
 * a domain, with the daemon's own resolver and judgement, and shows what each
 * said. With `--independent` the `dnsbl` package asks once more, another way:
 * it cannot tell an error from a no, so what it does not see is `no listing
 * seen`. Needs no daemon.
 */

import {
  type DnsblArgument,
  type DnsblResult,
  dnsblAddressName,
  dnsblReason,
  readDnsblAnswer,
} from '../dns/dnsbl.ts';
import type { DnsblFault } from '../dns/dnsbl-faults.ts';
import type { DnsblUse } from '../dns/dnsbl-health.ts';
import { openDns, zoneMask } from '../dns/open-dns.ts';
import { queryName } from '../dns/query-name.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { ZoneMask } from '../dns/zone-mask.ts';
import { visible } from '../language/visible.ts';
import { loadPolicies } from '../load-policies.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import { dnsblUses } from '../snapshot/snapshot.ts';
import { OperatorError } from '../util/operator-error.ts';
import { type OptionValues, settingsFor } from './setting-flags.ts';
import { painter, type Style, type Terminal } from './terminal.ts';
import { textTable } from './text-table.ts';

interface Finding {
  /** As policies name it, a key masked. */
  readonly list: string;
  readonly kind: DnsblResult['kind'] | 'set_aside';
  readonly addresses: readonly string[];
  /** Why it is listed, or why there is no answer. */
  readonly reason: string;
  readonly milliseconds: number;
  /** What the second opinion says; undefined: it was not asked. */
  readonly independent?: string;
  readonly differs: boolean;
}

const WORDS: Readonly<Record<Finding['kind'], string>> = {
  listed: 'listed',
  not_listed: 'not listed',
  error_answer: 'error answer',
  tempfail: 'no answer',
  set_aside: 'set aside',
};

const STYLES: Readonly<Partial<Record<Finding['kind'], Style>>> = {
  listed: 'red',
  error_answer: 'yellow',
  tempfail: 'yellow',
  set_aside: 'yellow',
};

const LISTED = 'listed';
const NOT_SEEN = 'no listing seen';

/** @returns 0 when no list has it, 1 when one has */
export async function dnsblCheck(
  subject: string,
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const settings = settingsFor(options, terminal);
  const mask = zoneMask(settings.dns.zones);
  const address = parseIpAddress(subject);
  const name = address === undefined ? queryName(subject.replace(/\.$/, '')) : undefined;
  if (address === undefined && name === undefined) {
    throw new OperatorError(
      'no-name',
      `\`${visible(subject)}\` is neither an IP address nor a domain`,
      'give one of the two',
    );
  }
  const uses = await usesOf(settings, address === undefined ? 'domain' : 'address');
  if (uses.length === 0) {
    terminal.error(
      `postward: the policies ask no list about ${address === undefined ? 'domains' : 'addresses'}`,
    );
    return 0;
  }
  const dns = openDns(settings.dns, undefined);
  try {
    const isIndependent = options['independent'] === true;
    // What a list says counts for nothing when it says so of everybody.
    dns.dnsbl.watch(uses);
    await dns.dnsbl.probeAll();
    const findings = await Promise.all(
      uses.map((use) =>
        findingOf(use.list, dns.dnsbl.list(use)?.fault, subject, name, dns.resolver, isIndependent, mask),
      ),
    );
    terminal.out(
      options['json'] === true
        ? JSON.stringify(mask.value(findings), undefined, 2)
        : mask.text(report(findings, isIndependent, terminal)),
    );
    if (isIndependent && address === undefined) {
      terminal.error(
        'postward: the `dnsbl` package knows addresses only, so there is no second opinion on a domain',
      );
    }
    return findings.some(({ kind }) => kind === 'listed') ? 1 : 0;
  } finally {
    dns.close();
  }
}

/** Each list once, however many policies and restrictions ask it. */
async function usesOf(
  settings: Parameters<typeof loadPolicies>[0],
  subject: DnsblUse['subject'],
): Promise<DnsblUse[]> {
  const { snapshot } = await loadPolicies(settings, 1);
  if (snapshot === undefined) {
    throw new OperatorError('policy', 'the policies cannot be read', '`postward check` tells why');
  }
  const uses = new Map(dnsblUses(snapshot).map((use) => [use.key, use]));
  snapshot.retire();
  return [...uses.values()].filter((use) => use.subject === subject);
}

async function findingOf(
  list: DnsblArgument,
  fault: DnsblFault | undefined,
  subject: string,
  name: string | undefined,
  resolver: Resolver,
  isIndependent: boolean,
  mask: ZoneMask,
): Promise<Finding> {
  const question =
    name === undefined ? (dnsblAddressName(subject, list.domain) ?? '') : `${name}.${list.domain}`;
  const started = performance.now();
  const answer = await resolver.lookup(question, 'A');
  const result = readDnsblAnswer(answer, list);
  const milliseconds = Math.round(performance.now() - started);
  const addresses =
    result.kind === 'listed' ? result.addresses : result.kind === 'error_answer' ? [result.address] : [];
  const reason =
    fault !== undefined
      ? `it ${fault.reason}`
      : result.kind === 'listed'
        ? dnsblReason(await resolver.lookup(question, 'TXT'), mask)
        : result.kind === 'not_listed'
          ? ''
          : result.reason;
  const independent =
    isIndependent && name === undefined ? await secondOpinion(subject, list.domain) : undefined;
  return {
    list: list.shown + list.argument.slice(list.domain.length),
    kind: fault === undefined ? result.kind : 'set_aside',
    addresses,
    reason,
    milliseconds,
    ...(independent === undefined ? {} : { independent }),
    // The package knows no filters, so what it sees is held against what any answer would be.
    differs:
      independent !== undefined &&
      (independent === LISTED) !==
        (readDnsblAnswer(answer, { ...list, filter: undefined }).kind === 'listed'),
  };
}

async function secondOpinion(address: string, zone: string): Promise<string> {
  const { lookup } = await import('dnsbl');
  try {
    return (await lookup(address, zone, { servers: null })) === true ? LISTED : NOT_SEEN;
  } catch {
    return NOT_SEEN;
  }
}

function report(findings: readonly Finding[], isIndependent: boolean, terminal: Terminal): string {
  const paint = painter(terminal.hasOutColour);
  const headings = ['LIST', 'SAYS', 'ANSWER', 'TIME', ...(isIndependent ? ['INDEPENDENT'] : []), 'REASON'];
  const rows = findings.map(({ list, kind, addresses, milliseconds, independent, differs, reason }) => [
    list,
    WORDS[kind],
    addresses.join(' '),
    `${milliseconds} ms`,
    ...(isIndependent ? [`${independent ?? '-'}${differs ? ' (differs)' : ''}`] : []),
    reason,
  ]);
  const lines = textTable(headings, rows, paint).split('\n');
  return lines
    .map((line, index) => {
      const style = index === 0 ? undefined : STYLES[findings[index - 1]?.kind ?? 'not_listed'];
      return style === undefined ? line : paint(style, line);
    })
    .join('\n');
}
