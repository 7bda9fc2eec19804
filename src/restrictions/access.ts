/**
 * check_*_access: what a lookup table says of the client, the HELO name, the
 * sender, the recipient, the login or the certificate (access(5)).
 */
import {
  addressKeys,
  domainKeys,
  findFirst,
  findNameOrAddress,
  mailKeys,
  type SearchKeys,
  type SearchResult,
  wholeKey,
} from '../access/lookup-order.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, fault, type Outcome, type Subject } from '../engine/outcome.ts';
import type { AttributeName } from '../protocol/request.ts';
import { type Table, TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import type { PermitMeaning } from './access-result.ts';
import { addressExtension } from './address-maps.ts';
import type { ResolvedAddress } from './address-resolver.ts';
import { listsFeature } from './feature-list.ts';
import type { Check, CompileContext, Restriction } from './restriction.ts';
import {
  clientSubject,
  heloSubject,
  lookupFailure,
  recipientSubject,
  reverseClientSubject,
  senderSubject,
} from './subject.ts';

type Search = (evaluation: Evaluation, table: Table) => PromiseOrValue<Outcome>;

export const ACCESS: readonly Restriction[] = [
  access({
    name: 'check_client_access',
    summary: 'Look up the client host name, its parent domains, the client address and its networks.',
    reads: ['client_name', 'client_address'],
    search: (context) => nameAddressSearch(context, 'client_name', clientSubject, 'permit'),
  }),
  access({
    name: 'check_reverse_client_hostname_access',
    summary:
      'As check_client_access, with the name that the client address has, whether or not it maps back. OK is not allowed.',
    reads: ['reverse_client_name', 'client_address'],
    forbidsPermit: true,
    search: (context) => nameAddressSearch(context, 'reverse_client_name', reverseClientSubject, 'forbidden'),
  }),
  access({
    name: 'check_helo_access',
    summary: 'Look up the HELO name and its parent domains.',
    reads: ['helo_name'],
    search: (context) => {
      const apply = application(context);
      const parents = parentsMatch(context);
      return (e, table) => {
        if (e.heloName === undefined) return DUNNO;
        const keys = domainKeys(e.heloName, parents);
        return apply(e, table, findFirst(table, keys, listener(e, table)), heloSubject(e), 'permit');
      };
    },
  }),
  access({
    name: 'check_sender_access',
    summary: 'Look up the sender address, its domain and parent domains, and user@.',
    reads: ['sender'],
    search: (context) => {
      const apply = application(context);
      const search = mailSearch(context);
      const nullKey = wholeKey(context.parameters.text('smtpd_null_access_lookup_key'));
      return (e, table) => {
        if (e.sender === undefined) return DUNNO;
        if (e.sender === '') {
          return apply(e, table, findFirst(table, nullKey, listener(e, table)), senderSubject(e), 'permit');
        }
        return search(e, table, context.addresses.sender(e), senderSubject(e), () => 'permit');
      };
    },
  }),
  access({
    name: 'check_recipient_access',
    summary: 'Look up the recipient address, its domain and parent domains, and user@.',
    reads: ['recipient'],
    search: (context) => {
      const search = mailSearch(context);
      // An address that is routed on through us is too suspicious for an OK.
      const trustsRouting = context.parameters.boolean('allow_untrusted_routing');
      const meaning = ({ isRouted }: ResolvedAddress): PermitMeaning =>
        isRouted && !trustsRouting ? 'dunno' : 'permit';
      return (e, table) => {
        if (e.recipient === undefined) return DUNNO;
        return search(e, table, context.addresses.recipient(e), recipientSubject(e), meaning);
      };
    },
  }),
  access({
    name: 'check_sasl_access',
    summary: 'Look up the login name. Skipped for clients that have not logged in.',
    reads: ['sasl_username'],
    search: (context) => {
      const apply = application(context);
      return (e, table) => {
        const login = e.request.sasl_username;
        if (login === '') return DUNNO;
        const subject: Subject = { name: printable(login), replyClass: 'SASL login name' };
        return apply(e, table, findFirst(table, wholeKey(login), listener(e, table)), subject, 'permit');
      };
    },
  }),
  access({
    name: 'check_etrn_access',
    summary: 'Look up the ETRN domain and its parent domains.',
    reads: ['etrn_domain'],
    search: (context) => {
      const apply = application(context);
      const parents = parentsMatch(context);
      return (e, table) => {
        const domain = e.request.etrn_domain;
        if (domain === '') return DUNNO;
        const subject: Subject = { name: domain, replyClass: 'Etrn command' };
        const found = findFirst(table, domainKeys(domain, parents), listener(e, table));
        return apply(e, table, found, subject, 'permit');
      };
    },
  }),
];

interface AccessOptions {
  readonly name: string;
  readonly summary: string;
  readonly reads: readonly AttributeName[];
  /** OK is a configuration error. */
  readonly forbidsPermit?: boolean;
  readonly search: (context: CompileContext) => Search;
}

function access({ name, summary, reads, forbidsPermit = false, search }: AccessOptions): Restriction {
  return {
    name,
    aliases: [],
    argument: 'table',
    summary,
    reads,
    yields: [
      'dunno',
      ...(forbidsPermit ? [] : (['permit'] as const)),
      'reject',
      'defer_if_permit',
      'defer_if_reject',
      'effect',
      'evaluate',
    ],
    io: ['table'],
    support: { level: 'works' },
    compile: (use, context) => {
      const table = context.table(use.argument, use.span);
      const run = search(context);
      const check: Check = (e) => run(e, table);
      return { check };
    },
  };
}

/** parent_domain_matches_subdomains for access tables: `b.c` rather than `.b.c` stands for what is below it. */
export function parentsMatch({ parameters }: CompileContext): boolean {
  return listsFeature(parameters.words('parent_domain_matches_subdomains'), 'smtpd_access_maps');
}

/** For traces: every search string that was tried. */
export function listener(
  e: Evaluation,
  table: Table,
): ((key: string, result: SearchResultNote) => void) | undefined {
  return e.isTracing ? (key, result) => e.noteLookup(table.spec, key, result) : undefined;
}

type SearchResultNote = string | undefined | TableFailure;

/** Applies what a search has found. */
export function application({ accessResults }: CompileContext) {
  const judge = (
    e: Evaluation,
    table: Table,
    result: SearchResult,
    subject: Subject,
    meaning: PermitMeaning,
  ): Outcome => {
    if (result === undefined) return DUNNO;
    if (result instanceof TableFailure) return accessResults.failed(e, table.spec, result, subject);
    if (!e.isTracing) e.noteLookup(table.spec, result.key, result.value);
    return accessResults.apply(e, table.spec, result.value, subject, meaning);
  };
  return (
    e: Evaluation,
    table: Table,
    found: PromiseOrValue<SearchResult>,
    subject: Subject,
    meaning: PermitMeaning,
  ): PromiseOrValue<Outcome> => andThen(found, (result) => judge(e, table, result, subject, meaning));
}

/** Whose search strings are made once a request, however many tables are asked. */
const NAME_ADDRESS_KEYS = { client_name: {}, reverse_client_name: {} };

function nameAddressSearch(
  context: CompileContext,
  nameAttribute: 'client_name' | 'reverse_client_name',
  subject: (e: Evaluation) => Subject,
  meaning: PermitMeaning,
): Search {
  const apply = application(context);
  const parents = parentsMatch(context);
  return (e, table) => {
    const [name, address] = e.once(NAME_ADDRESS_KEYS[nameAttribute], (): [SearchKeys, SearchKeys] => [
      domainKeys(e.request[nameAttribute], parents),
      addressKeys(e.request.client_address),
    ]);
    const found = findNameOrAddress(table, name, address, listener(e, table));
    return apply(e, table, found, subject(e), meaning);
  };
}

function mailSearch(context: CompileContext) {
  const { parameters } = context;
  const apply = application(context);
  const parents = parentsMatch(context);
  const extension = addressExtension(parameters);
  return (
    e: Evaluation,
    table: Table,
    address: PromiseOrValue<ResolvedAddress | TableFailure>,
    subject: Subject,
    meaning: (resolved: ResolvedAddress) => PermitMeaning,
  ): PromiseOrValue<Outcome> =>
    andThen(address, (resolved) => {
      if (resolved instanceof TableFailure) {
        e.warn('table_failure', `address ${subject.name}: ${resolved.reason}`);
        return fault(lookupFailure(subject.name));
      }
      const keys = mailKeys(resolved.address, parents, extension);
      const found = findFirst(table, keys, listener(e, table));
      return apply(e, table, found, subject, meaning(resolved));
    });
}

/** As smtpd shows a login name: control characters become `_`. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it replaces
  return text.replace(/[\0-\x1f\x7f]/g, '_');
}
