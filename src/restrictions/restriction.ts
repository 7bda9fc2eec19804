/**
 * What a restriction is: a row of the registry, from which the parser, the
 * linter, the lookahead, the reference pages and the tests derive.
 */
import type { PolicyServiceSet } from '../chain/policy-service-set.ts';
import type { DnsblArgument } from '../dns/dnsbl.ts';
import type { DnsblUse } from '../dns/dnsbl-health.ts';
import type { DnsblSubject } from '../dns/dnsbl-points.ts';
import type { ZoneMask } from '../dns/zone-mask.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import type { Outcome } from '../engine/outcome.ts';
import type { ListName, Step } from '../engine/step.ts';
import type { Report } from '../language/diagnostic.ts';
import type { Span } from '../language/source.ts';
import type { Token } from '../language/tokenizer.ts';
import type { IpFamily } from '../net/ip-address.ts';
import type { AttributeName } from '../protocol/request.ts';
import type { DomainList, NetworkList } from '../tables/match-list.ts';
import type { Table } from '../tables/table.ts';
import type { AccessResults } from './access-result.ts';
import type { AddressResolver } from './address-resolver.ts';
import type { EarlierRecipients } from './earlier-recipients.ts';

/** What follows the name in a restriction list. */
export type ArgumentKind =
  | 'none'
  /** `type:name` */
  | 'table'
  /** `domain[=filter]` */
  | 'dnsbl'
  /** seconds */
  | 'number'
  /** `inet:host:port`, `unix:path` or `{ … }` */
  | 'service';

/**
 * `works`: decided as Postfix does. `undecidable`: what Postfix sends a policy
 * server does not tell; `reason` says why and where the restriction belongs.
 */
export type Support =
  | { readonly level: 'works' }
  | { readonly level: 'undecidable'; readonly reason: string; readonly help: string };

export interface Restriction {
  /** Postfix's current name. */
  readonly name: string;
  /** Older names of the same thing. */
  readonly aliases: readonly string[];
  /** smtpd holds it as a restriction class: unlike all others, its name is case-sensitive. */
  readonly isPredefinedClass?: boolean;
  /** Postward's own: Postfix does not know it, so it may stand in a policy and not in a main.cf that Postfix reads. */
  readonly isOurs?: boolean;
  readonly argument: ArgumentKind;
  readonly summary: string;
  /** The attributes it looks at. */
  readonly reads: readonly AttributeName[];
  /** What it can say. */
  readonly yields: readonly Outcome['kind'][];
  /** What it may have to wait for. */
  readonly io: readonly ('dns' | 'table' | 'service' | 'timer')[];
  readonly support: Support;
  compile(use: RestrictionUse, context: CompileContext): CompiledCheck;
}

/** One appearance of a restriction in a list. */
export interface RestrictionUse {
  readonly restriction: Restriction;
  /** As written, with its argument. */
  readonly text: string;
  /** '' for restrictions without one. */
  readonly argument: string;
  readonly span: Span | undefined;
  /** The list it stands in: a class is compiled once for each list that uses it. */
  readonly list: ListName;
}

/** What a restriction compiles to; name and place are added by the list compiler. */
export type CompiledCheck = Pick<Step, 'check' | 'queries' | 'isFinal' | 'nested'>;

/** main.cf parameters by name, with defaults and expansion applied. An unknown name is a bug. */
export interface ParameterValues {
  text(name: string): string;
  integer(name: string): number;
  boolean(name: string): boolean;
  /** Split by white space and commas. */
  words(name: string): readonly string[];
  /** The same with where they stand. */
  tokens(name: string): readonly Token[];
}

/** The policy around a restriction while it is compiled. */
export interface CompileContext {
  readonly parameters: ParameterValues;
  readonly report: Report;
  /** Opens a lookup table; an unusable one answers failures. */
  table(spec: string, span: Span | undefined): Table;
  /** A parameter that lists networks, such as mynetworks. */
  networks(parameter: string): NetworkList;
  /** A parameter that lists domains, such as relay_domains. */
  domains(parameter: string): DomainList;
  /** Other policy servers. */
  readonly policyServices: PolicyServiceSet;
  readonly addresses: AddressResolver;
  /** What was answered about the recipients of messages. */
  readonly earlierRecipients: EarlierRecipients;
  readonly accessResults: AccessResults;
  /** Of which families addresses of servers are looked at: inet_protocols. */
  readonly addressFamilies: readonly IpFamily[];
  /** Addresses that this host listens on: inet_interfaces. */
  readonly inetAddresses: ReadonlySet<string>;
  /** The same and those of a proxy or router before it: proxy_interfaces. */
  readonly ownAddresses: ReadonlySet<string>;
  /** dnsbl_error_answers = listed: operators' error answers count as listings, as in Postfix. */
  readonly isErrorAnswerListed: boolean;
  /** Keeps customers' keys out of what is shown. */
  readonly mask: ZoneMask;
  /** Notes a DNSBL that the policy asks, with what `dnsbl_health` says of it. */
  dnsblUse(list: DnsblArgument, subject: DnsblSubject, isAllowList: boolean): DnsblUse;
}

export type Check = (evaluation: Evaluation) => ReturnType<Step['check']>;
