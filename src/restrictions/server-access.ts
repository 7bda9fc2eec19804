/**
 * check_X_{a,mx,ns}_access: what a lookup table says of the hosts behind a
 * name: its addresses, its mail exchangers, its name servers (postconf(5)).
 * An OK is not allowed: whoever runs a DNS zone must not let himself in.
 */
import {
  addressKeys,
  domainKeys,
  findFirst,
  type SearchKeys,
  type SearchResult,
} from '../access/lookup-order.ts';
import { MAX_NAME_LENGTH, queryName } from '../dns/query-name.ts';
import { type DnsAnswer, INVALID_DATA, isNullMx } from '../dns/resolver.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, type Subject } from '../engine/outcome.ts';
import { isValidHostAddress, isValidHostname, isValidMailHostAddress } from '../net/hostname-rules.ts';
import { inetAton } from '../net/inet-aton.ts';
import type { AttributeName } from '../protocol/request.ts';
import { firstFound } from '../util/first-found.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import { application, listener, parentsMatch } from './access.ts';
import { type AddressType, addressTypes } from './address-types.ts';
import type { Restriction } from './restriction.ts';
import {
  clientSubject,
  heloSubject,
  recipientSubject,
  reverseClientSubject,
  senderSubject,
} from './subject.ts';

type ServerType = 'A' | 'MX' | 'NS';

/** Whose hosts are looked at. */
interface Owner {
  readonly word: string;
  readonly label: string;
  readonly reads: readonly AttributeName[];
  readonly subject: (e: Evaluation) => Subject;
  /** A name or address; undefined: there is none to look at. */
  readonly name: (e: Evaluation) => string | undefined;
}

const known = (name: string): string | undefined => (name.toLowerCase() === 'unknown' ? undefined : name);

const OWNERS: readonly Owner[] = [
  {
    word: 'client',
    label: 'client host name',
    reads: ['client_name'],
    subject: clientSubject,
    name: (e) => known(e.request.client_name),
  },
  {
    word: 'reverse_client_hostname',
    label: 'unverified client host name',
    reads: ['reverse_client_name'],
    subject: reverseClientSubject,
    name: (e) => known(e.request.reverse_client_name),
  },
  { word: 'helo', label: 'HELO name', reads: ['helo_name'], subject: heloSubject, name: (e) => e.heloName },
  {
    word: 'sender',
    label: 'sender domain',
    reads: ['sender'],
    subject: senderSubject,
    name: (e) => (e.sender === '' ? undefined : e.sender),
  },
  {
    word: 'recipient',
    label: 'recipient domain',
    reads: ['recipient'],
    subject: recipientSubject,
    name: (e) => e.recipient,
  },
];

const HOSTS: Readonly<Record<ServerType, string>> = {
  A: 'the addresses',
  MX: 'the mail exchangers, by name and address,',
  NS: 'the name servers, by name and address,',
};

export const SERVER_ACCESS: readonly Restriction[] = OWNERS.flatMap((owner) =>
  (['A', 'MX', 'NS'] as const).map((type) => serverAccess(owner, type)),
);

function serverAccess(owner: Owner, type: ServerType): Restriction {
  return {
    name: `check_${owner.word}_${type.toLowerCase()}_access`,
    aliases: [],
    argument: 'table',
    summary: `Look up ${HOSTS[type]} of the ${owner.label}. OK is not allowed.`,
    reads: owner.reads,
    yields: ['dunno', 'reject', 'defer_if_permit', 'defer_if_reject', 'effect', 'evaluate'],
    io: ['dns', 'table'],
    support: { level: 'works' },
    compile: (use, context) => {
      const table = context.table(use.argument, use.span);
      const parents = parentsMatch(context);
      const apply = application(context);
      const types = addressTypes(context.addressFamilies);
      const search = (e: Evaluation, keys: SearchKeys) => findFirst(table, keys, listener(e, table));
      return {
        check: (e) => {
          const name = owner.name(e);
          if (name === undefined) return DUNNO;
          return andThen(
            findServer(e, name, { type, types, parents }, (keys) => search(e, keys)),
            (hit) => (hit === undefined ? DUNNO : apply(e, table, hit, owner.subject(e), 'forbidden')),
          );
        },
        queries: (e) => {
          const domain = queryName(domainOf(owner.name(e) ?? ''));
          if (domain === undefined) return [];
          return type === 'A' ? addressQueries(domain, types) : [{ name: domain, type }];
        },
      };
    },
  };
}

type Found = Exclude<SearchResult, undefined>;
interface Hosts {
  readonly type: ServerType;
  /** Which of their addresses count. */
  readonly types: readonly AddressType[];
  /** Whether the parents of their names are looked up. */
  readonly parents: boolean;
}
type Search = (keys: SearchKeys) => PromiseOrValue<SearchResult>;

function domainOf(name: string): string {
  return name.slice(name.lastIndexOf('@') + 1);
}

function addressQueries(name: string, types: readonly AddressType[]) {
  return types.map((type) => ({ name, type }));
}

/** The first table entry for one of the hosts behind `name`. */
function findServer(
  e: Evaluation,
  name: string,
  { type, types, parents }: Hosts,
  search: Search,
): PromiseOrValue<Found | undefined> {
  const domain = domainOf(name);
  if (domain.startsWith('[')) {
    // An address literal is its own mail exchanger; it has no name servers.
    const literal = domain.slice(1, -1);
    if (type === 'NS' || !domain.endsWith(']') || !isValidMailHostAddress(literal)) return undefined;
    return search(addressKeys(literal.replace(/^ipv6:/i, '')));
  }
  const ascii = queryName(domain) ?? domain;
  if (type === 'A') return findHost(e, ascii, types, search, undefined);
  return andThen(servers(e, ascii, type), (names) =>
    firstFound(names, (server) => findHost(e, server, types, search, domainKeys(server, parents))),
  );
}

/** A server by its name (unless only addresses count), then by its addresses. */
function findHost(
  e: Evaluation,
  server: string,
  types: readonly AddressType[],
  search: Search,
  nameKeys: SearchKeys | undefined,
): PromiseOrValue<Found | undefined> {
  if (isValidHostAddress(server)) return search(addressKeys(server));
  return andThen(nameKeys === undefined ? undefined : search(nameKeys), (hit) => {
    if (hit !== undefined) return hit;
    const known = addressesWithoutDns(server, types);
    if (known.length > 0) return firstFound(known, (address) => search(addressKeys(address)));
    // getaddrinfo(3) takes a name with the dot of the root behind it; dns_lookup(3) of Postfix does not.
    return firstFound(addressQueries(server.replace(/\.$/, ''), types), ({ name, type }) =>
      andThen(e.lookupHost(name, type), (answer) => {
        if (answer.status === 'tempfail') e.warn('dns', `unable to look up host ${server}: ${answer.reason}`);
        return firstFound(answer.records, ({ data }) => search(addressKeys(data)));
      }),
    );
  });
}

/** What getaddrinfo(3) answers without asking anybody: numbers, and the name that /etc/hosts has (RFC 6761 §6.3). */
function addressesWithoutDns(host: string, types: readonly AddressType[]): readonly string[] {
  if (host.toLowerCase() === 'localhost') return types.map((type) => (type === 'A' ? '127.0.0.1' : '::1'));
  const address = types.includes('A') ? inetAton(host) : undefined;
  return address === undefined ? [] : [address];
}

/** The names of the MX or NS hosts. A name without MX is its own; one without NS has its parent's. */
function servers(e: Evaluation, domain: string, type: 'MX' | 'NS'): PromiseOrValue<readonly string[]> {
  // A host name of 255 characters is one to Postfix; that no query has room for it is a failure then.
  if (domain.length > MAX_NAME_LENGTH && isValidHostname(domain)) return [];
  return andThen(e.lookup(domain, type), (answer): PromiseOrValue<readonly string[]> => {
    if (answer.status === 'found') return isNullMx(answer) && type === 'MX' ? [] : namesIn(answer);
    if (answer.status === 'tempfail' || answer.reason === INVALID_DATA) {
      e.warn('dns', `unable to look up ${type} host for ${domain}: ${answer.reason}`);
      return [];
    }
    if (type === 'MX') return [domain];
    const dot = domain.indexOf('.');
    return dot < 0 || dot === domain.length - 1 ? [] : servers(e, domain.slice(dot + 1), type);
  });
}

function namesIn({ records }: DnsAnswer): readonly string[] {
  return records.map(({ data }) => data);
}
