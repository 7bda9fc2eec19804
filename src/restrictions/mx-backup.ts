/**
 * permit_mx_backup: permit mail for a domain that names this host as one of
 * its mail exchangers, but not as a primary one (postconf(5)). Which hosts are
 * ours: mydestination by name, inet_interfaces and proxy_interfaces by address.
 *
 * What cannot be looked up might have permitted: it never rejects, and turns
 * later rejects into deferrals (defer_if_reject), the first trouble's words.
 */
import { queryName } from '../dns/query-name.ts';
import { type DnsAnswer, type DnsRecord, type DnsType, INVALID_DATA, isNullMx } from '../dns/resolver.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, fault, type Outcome, PERMIT, type Reply } from '../engine/outcome.ts';
import { ALL_DROPPED } from '../engine/reply-filter.ts';
import { isValidHostAddress } from '../net/hostname-rules.ts';
import type { IpFamily } from '../net/ip-address.ts';
import { TableFailure } from '../tables/table.ts';
import { firstFound } from '../util/first-found.ts';
import { andThen, isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import { isFinalDestination } from './address-resolver.ts';
import { addressTypes } from './address-types.ts';
import { inSequence } from './in-sequence.ts';
import type { CompileContext, Restriction, RestrictionUse } from './restriction.ts';
import { lookupFailure, recipientSubject, rejected } from './subject.ts';

export const MX_BACKUP: readonly Restriction[] = [
  {
    name: 'permit_mx_backup',
    aliases: [],
    argument: 'none',
    summary:
      'Permit when this host is a backup mail exchanger for the recipient domain, or delivers or relays mail for it.',
    reads: ['recipient'],
    yields: ['dunno', 'permit', 'reject', 'defer_if_reject', 'evaluate'],
    io: ['dns', 'table'],
    support: { level: 'works' },
    compile: (use, context) => {
      const { addresses } = context;
      const hosts = new OwnHosts(context);
      return {
        check: (e) => {
          const { recipient } = e;
          if (recipient === undefined) return DUNNO;
          return andThen(addresses.recipient(e), (resolved) => {
            if (resolved instanceof TableFailure) {
              e.warn('table_failure', `address ${recipient}: ${resolved.reason}`);
              return fault(lookupFailure(recipient));
            }
            const { addressClass, isRouted, domain } = resolved;
            if (isRouted && !context.parameters.boolean('allow_untrusted_routing')) return DUNNO;
            if (isFinalDestination(addressClass) || addressClass === 'relay') return PERMIT;
            if (domain.startsWith('[') && domain.endsWith(']')) return DUNNO;
            const search = new BackupSearch(e, hosts, context);
            return andThen(search.isBackup(domain), (isBackup) => outcomeOf(isBackup, search.trouble, use));
          });
        },
        queries: (e) => {
          if (e.recipient === undefined) return [];
          const resolved = addresses.recipient(e);
          if (isPromise(resolved) || resolved instanceof TableFailure) return [];
          const name = resolved.addressClass === 'default' ? queryName(resolved.domain) : undefined;
          return name === undefined ? [] : [{ name, type: 'MX' }];
        },
      };
    },
  },
];

/** A trouble counts even where there is a permit: it holds for the lists that follow. */
function outcomeOf(isBackup: boolean, trouble: Reply | undefined, use: RestrictionUse): Outcome {
  if (trouble === undefined) return isBackup ? PERMIT : DUNNO;
  const deferral: Outcome = { kind: 'defer_if_reject', reply: trouble };
  if (!isBackup) return deferral;
  return inSequence(use, [deferral, PERMIT]);
}

/** Which names and addresses are this host's. */
class OwnHosts {
  readonly #context: CompileContext;
  /** inet_interfaces may hold names; Postfix looks them up when it starts. */
  readonly #names: readonly string[];

  constructor(context: CompileContext) {
    this.#context = context;
    this.#names = [...context.ownAddresses].filter((each) => !isValidHostAddress(each));
  }

  /** By mydestination. A table that fails there leaves the address to decide. */
  hasName(name: string): PromiseOrValue<true | undefined> {
    const isLocal = this.#context.domains('mydestination').matches(name.toLowerCase());
    return andThen(isLocal, (matches) => (matches === true ? true : undefined));
  }

  hasAddress(e: Evaluation, addresses: readonly string[]): PromiseOrValue<true | undefined> {
    if (addresses.some((address) => this.#context.ownAddresses.has(address))) return true;
    return firstFound(this.#names, (name) =>
      andThen(lookUpHost(e, name, this.#context.addressFamilies, BY_SYSTEM), ({ records }) =>
        records.some(({ data }) => addresses.includes(data)) ? true : undefined,
      ),
    );
  }
}

/** One request's search through the mail exchangers of a domain. */
class BackupSearch {
  readonly #e: Evaluation;
  readonly #hosts: OwnHosts;
  readonly #context: CompileContext;
  /** The first thing that could not be found out. */
  trouble: Reply | undefined;

  constructor(e: Evaluation, hosts: OwnHosts, context: CompileContext) {
    this.#e = e;
    this.#hosts = hosts;
    this.#context = context;
  }

  isBackup(domain: string): PromiseOrValue<boolean> {
    const name = queryName(domain);
    if (name === undefined) return false;
    return andThen(this.#e.lookup(name, 'MX'), (answer) => {
      if (answer.status === 'tempfail') {
        this.#defer(`Unable to look up mail exchanger information: ${resolverText(answer)}`);
        return false;
      }
      return answer.status === 'found' && !isNullMx(answer) && this.#isAmong(answer.records);
    });
  }

  #isAmong(records: readonly DnsRecord[]): PromiseOrValue<boolean> {
    const best = records[0]?.preference;
    const names = (isPrimary: boolean): readonly string[] =>
      records.filter(({ preference }) => (preference === best) === isPrimary).map(({ data }) => data);
    const primaries = names(true);
    return andThen(this.#includesMe(primaries), (isPrimary) => {
      if (isPrimary) return false;
      return andThen(this.#includesMe(names(false)), (isBackup) => isBackup && this.#mayBackUp(primaries));
    });
  }

  /** Names are compared before addresses are looked up. */
  #includesMe(servers: readonly string[]): PromiseOrValue<boolean> {
    const byName = firstFound(servers, (server) => this.#hosts.hasName(server));
    const found = andThen(
      byName,
      (isMine) => isMine ?? firstFound(servers, (server) => this.#isMine(server)),
    );
    return andThen(found, (isMine) => isMine === true);
  }

  #isMine(server: string): PromiseOrValue<true | undefined> {
    if (isValidHostAddress(server)) return this.#hosts.hasAddress(this.#e, [server]);
    return andThen(lookUpHost(this.#e, server, this.#context.addressFamilies, BY_SYSTEM), (host) => {
      if (host.records.length > 0)
        return this.#hosts.hasAddress(
          this.#e,
          host.records.map(({ data }) => data),
        );
      this.#defer(`Unable to look up mail exchanger host ${server}: ${HOST_TROUBLE[host.status]}`);
      return undefined;
    });
  }

  /** All addresses of all primaries must be in permit_mx_backup_networks, if that says anything. */
  #mayBackUp(primaries: readonly string[]): PromiseOrValue<boolean> {
    if (this.#context.parameters.words('permit_mx_backup_networks').length === 0) return true;
    const networks = this.#context.networks('permit_mx_backup_networks');
    const outside = firstFound(primaries, (server) =>
      andThen(lookUpHost(this.#e, server, this.#context.addressFamilies, BY_DNS), (host) => {
        if (host.records.length === 0) {
          this.#defer(`Unable to look up host ${server} as mail exchanger: ${resolverText(host)}`);
          return true;
        }
        return firstFound(host.records, ({ data }) =>
          andThen(networks.matches(server, data), (matches) => {
            if (matches === true) return undefined;
            if (matches instanceof TableFailure) {
              this.#e.warn('table_failure', `permit_mx_backup_networks: ${matches.reason}`);
              this.#defer(`Unable to verify host ${server} as mail exchanger`);
            }
            return true;
          }),
        );
      }),
    );
    return andThen(outside, (isOutside) => isOutside === undefined);
  }

  #defer(text: string): void {
    this.trouble ??= rejected(recipientSubject(this.#e), 450, '4.4.4', text);
  }
}

/** How smtpd looks up addresses: by itself, or by the system's library. */
interface Way {
  readonly ask: (e: Evaluation, name: string, type: DnsType) => PromiseOrValue<DnsAnswer>;
  /** Of two answers without an address the one that ranks higher tells why. */
  readonly rank: (answer: DnsAnswer) => number;
}

const BY_DNS: Way = { ask: (e, name, type) => e.lookup(name, type), rank: recordRank };
const BY_SYSTEM: Way = { ask: (e, name, type) => e.lookupHost(name, type), rank: hostRank };

/**
 * All addresses of a host. When there are none, the answer of the two that
 * ranks higher tells why. An address is no name to look up.
 */
function lookUpHost(
  e: Evaluation,
  name: string,
  families: readonly IpFamily[],
  { ask, rank }: Way,
): PromiseOrValue<DnsAnswer> {
  const [type, other] = addressTypes(families);
  if (type === undefined || other === undefined) return ask(e, name, type ?? 'A');
  return andThen(ask(e, name, 'A'), (a) =>
    andThen(ask(e, name, 'AAAA'), (aaaa) => {
      if (a.records.length === 0 && aaaa.records.length === 0) return rank(aaaa) >= rank(a) ? aaaa : a;
      return { ...a, status: 'found', reason: '', records: [...a.records, ...aaaa.records] };
    }),
  );
}

/** As dns_lookup_v(3) has it: trouble before absence, what a filter dropped before trouble. */
function recordRank({ status, reason }: DnsAnswer): number {
  if (reason === ALL_DROPPED) return 3;
  if (status === 'tempfail') return 2;
  return reason === INVALID_DATA ? 1 : 0;
}

/** As getaddrinfo(3) of the GNU library has it: absence before trouble. */
function hostRank({ status }: DnsAnswer): number {
  return ['tempfail', 'nodata', 'nxdomain'].indexOf(status);
}

/** dns_strerror(3). */
function resolverText({ status, reason }: DnsAnswer): string {
  if (reason === ALL_DROPPED) return 'DNS reply filter policy';
  if (status === 'tempfail') return 'Host not found, try again';
  if (status === 'nxdomain') return 'Host not found';
  return reason === INVALID_DATA ? 'Unknown error 0' : 'Host found but no data record of requested type';
}

/** gai_strerror(3) of the GNU library, which Postfix asks here. */
const HOST_TROUBLE: Readonly<Record<DnsAnswer['status'], string>> = {
  found: '',
  nodata: 'No address associated with hostname',
  nxdomain: 'Name or service not known',
  tempfail: 'Temporary failure in name resolution',
};
