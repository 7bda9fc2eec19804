/**
 * Makes a policy of the assignments of a main.cf: its lists, its classes, and
 * the tables and addresses they need.
 */
import { readFileSync } from 'node:fs';
import type { PolicyServiceSet } from '../chain/policy-service-set.ts';
import { type DnsblUse, dnsblUse } from '../dns/dnsbl-health.ts';
import { ZoneMask } from '../dns/zone-mask.ts';
import { ReplyFilter } from '../engine/reply-filter.ts';
import { LIST_NAMES, type ListName, type Program } from '../engine/step.ts';
import type { Diagnostic, Report } from '../language/diagnostic.ts';
import type { Assignment } from '../language/main-cf.ts';
import type { Span } from '../language/source.ts';
import { SourcedText } from '../language/sourced-text.ts';
import { type Token, tokenize } from '../language/tokenizer.ts';
import { FILE_LIMITS, WORD_WORK, WorkBudget } from '../language/work-budget.ts';
import { parentsMatch } from '../restrictions/access.ts';
import { AccessResults } from '../restrictions/access-result.ts';
import { addressExtension } from '../restrictions/address-maps.ts';
import { AddressResolver } from '../restrictions/address-resolver.ts';
import { brokenList, compileList, type ListCompiler } from '../restrictions/compile-list.ts';
import { EarlierRecipients } from '../restrictions/earlier-recipients.ts';
import { listsFeature } from '../restrictions/feature-list.ts';
import { MESSAGE_SIZE_LIMIT, messageSizeCheck } from '../restrictions/message-size.ts';
import { RESTRICTION_NAMES } from '../restrictions/registry.ts';
import type { CompileContext } from '../restrictions/restriction.ts';
import {
  compileDomainList,
  compileNetworkList,
  compileStringList,
  type DomainList,
  type NetworkList,
} from '../tables/match-list.ts';
import type { TableSet } from '../tables/table-set.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { systemErrorReason } from '../util/system-error.ts';
import { dnsblHealthModes } from './dnsbl-health-modes.ts';
import { familiesOf, type HostFacts, withFamilies } from './host-facts.ts';
import { ParameterSet } from './parameter-set.ts';
import { PARAMETER_BY_NAME } from './parameters.ts';
import { Policy } from './policy.ts';

export interface CompileOptions {
  readonly name: string;
  readonly sources: readonly string[];
  readonly assignments: readonly Assignment[];
  readonly configDirectory: string;
  readonly host: HostFacts;
  readonly tables: TableSet;
  readonly policyServices: PolicyServiceSet;
  /** Default: hides the keys of operators that are known to have them. */
  readonly mask?: ZoneMask | undefined;
  readonly report: Report;
  /** What compiling may cost. Default: what a file may. */
  readonly budget?: WorkBudget | undefined;
}

/** Classes in classes that are compiled by calls of each other. */
const MAX_DEPTH = 100;

/** The parameter that holds a list: `smtpd_client_restrictions`. */
export function listParameter(list: ListName): string {
  return `smtpd_${list}_restrictions`;
}

export function compilePolicy(options: CompileOptions): { policy: Policy; parameters: ParameterSet } {
  const { name, sources, tables } = options;
  const report = reportOnce(options.report);
  const { budget = new WorkBudget(FILE_LIMITS, report) } = options;
  const parameters = new ParameterSet({ ...options, report, budget });
  const classWords = parameters.tokens('smtpd_restriction_classes');
  const classNames = new Set(classWords.map(({ text }) => text));
  const classPrograms = new Map<string, Program>();
  parameters.check();
  tables.expectAliases([...parameters.words('alias_maps'), ...parameters.words('alias_database')]);

  const networkLists = new Map<string, NetworkList>();
  const domainLists = new Map<string, DomainList>();
  const matchOptions = (parameter: string) => ({
    parameter,
    tables,
    report,
    isParentMatching: listsFeature(parameters.words('parent_domain_matches_subdomains'), parameter),
  });
  /** The words of a list that is to be compiled; undefined when there is no room for them. */
  const paidTokens = (parameter: string): readonly Token[] | undefined => {
    if (parameters.isBroken(parameter)) return undefined;
    const tokens = parameters.tokens(parameter);
    const isPaid = budget.spend(tokens.length * WORD_WORK, parameter, () =>
      parameters.value(parameter).span(),
    );
    return isPaid ? tokens : undefined;
  };
  const domains = (parameter: string): DomainList =>
    once(domainLists, parameter, () => {
      const isExact = PARAMETER_BY_NAME.get(parameter)?.kind === 'strings';
      const compile = isExact ? compileStringList : compileDomainList;
      return compile(paidTokens(parameter) ?? [], matchOptions(parameter));
    });
  const addressFamilies = familiesOf(parameters.words('inet_protocols'));
  const host = withFamilies(options.host, addressFamilies);
  const inetAddresses = addressesOf(parameters, 'inet_interfaces', host);
  const ownAddresses = inetAddresses.union(addressesOf(parameters, 'proxy_interfaces', host));

  const healthMode = dnsblHealthModes(parameters, report);
  const replyFilter = parameters
    .tokens('smtpd_dns_reply_filter')
    .map(({ text, span }) => tables.open(text, span, report));
  const dnsblUses = new Map<string, DnsblUse>();

  const isProxied = parameters.text('smtpd_proxy_filter') !== '';
  const earlierRecipients = new EarlierRecipients(
    parameters.boolean('smtpd_delay_open_until_valid_rcpt') && !isProxied,
  );

  const context: CompileContext = {
    earlierRecipients,
    parameters,
    report,
    table: (spec, span) => tables.open(spec, span, report),
    networks: (parameter) =>
      once(networkLists, parameter, () =>
        compileNetworkList(paidTokens(parameter) ?? [], matchOptions(parameter)),
      ),
    domains,
    policyServices: options.policyServices,
    addresses: new AddressResolver({
      myorigin: originOf(parameters, tables, report),
      mydomain: parameters.text('mydomain'),
      myhostname: parameters.text('myhostname'),
      emptyAddressRecipient: parameters.text('empty_address_recipient'),
      appendsMyorigin: parameters.boolean('append_at_myorigin'),
      appendsMydomain: parameters.boolean('append_dot_mydomain'),
      swapsBangpath: parameters.boolean('swap_bangpath'),
      allowsPercentHack: parameters.boolean('allow_percent_hack'),
      resolvesDequoted: parameters.boolean('resolve_dequoted_address'),
      mydestination: domains('mydestination'),
      virtualAliasDomains: domains('virtual_alias_domains'),
      virtualMailboxDomains: domains('virtual_mailbox_domains'),
      relayDomains: domains('relay_domains'),
      ownAddresses,
    }),
    accessResults: new AccessResults({
      rejectCode: parameters.integer('access_map_reject_code'),
      deferCode: parameters.integer('access_map_defer_code'),
      isProxied,
      compileList: (text, list, reportMistake) =>
        compileList(tokenize(SourcedText.literal(text, '<right-hand side>'), reportMistake), list, {
          ...compiler,
          context: { ...context, report: reportMistake },
        }),
    }),
    addressFamilies,
    inetAddresses,
    ownAddresses,
    isErrorAnswerListed: parameters.text('dnsbl_error_answers').toLowerCase() === 'listed',
    mask: options.mask ?? new ZoneMask(),
    dnsblUse: (list, subject, isAllowList) => {
      const use = dnsblUse(list, subject, healthMode(list.domain), isAllowList);
      const key = `${use.key} ${isAllowList}`;
      if (!dnsblUses.has(key)) dnsblUses.set(key, use);
      // Not the one there is: each is shown as its author spells it.
      return use;
    },
  };

  const knownNames = [...RESTRICTION_NAMES, ...classNames];
  /** Classes that are being compiled, outermost first. */
  const open: string[] = [];
  /** Classes that stand deeper: a long chain of classes must not become one of calls. */
  const deeper: (() => void)[] = [];
  const compiler: ListCompiler = {
    context,
    meant: (word) => budget.guess(knownNames.length, () => didYouMean(word, knownNames)),
    classProgram: (className, list, span) => {
      if (!classNames.has(className)) return undefined;
      if (open.includes(className)) report(classInItself([...open, className], span));
      const key = `${list} ${className}`;
      const known = classPrograms.get(key);
      if (known !== undefined) return known;
      // Known before it is compiled, so that a class which contains itself ends (at run time, by its steps).
      const program: { steps: Program['steps'] } = { steps: [] };
      classPrograms.set(key, program);
      const compile = () => {
        open.push(className);
        program.steps = classList(className, list).steps;
        open.pop();
      };
      if (open.length >= MAX_DEPTH) {
        deeper.push(compile);
        return program;
      }
      compile();
      // Also while mail waits: a table may name a class that no list of its kind has named before.
      if (open.length === 0) for (let next = deeper.pop(); next !== undefined; next = deeper.pop()) next();
      return program;
    },
  };
  /** The list that a parameter holds. What cannot be read whole decides nothing: half a list could let anything in. */
  const listOf = (parameter: string, list: ListName): Program => {
    const tokens = paidTokens(parameter);
    return tokens === undefined
      ? brokenList(parameter, parameters.value(parameter).span())
      : compileList(tokens, list, compiler);
  };
  const classList = (className: string, list: ListName): Program => {
    // Postfix does not start with a class that is missing or empty.
    const isDefined =
      parameters.isSet(className) && (parameters.text(className) !== '' || parameters.isBroken(className));
    if (isDefined) return listOf(className, list);
    const span = classWords.find(({ text }) => text === className)?.span;
    report({
      severity: 'error',
      code: 'undefined-class',
      message: `restriction class \`${className}\` has no definition`,
      span,
      help: `add a line \`${className} = …\` with its restrictions`,
    });
    return brokenList(className, span);
  };

  const programs = new Map(LIST_NAMES.map((list) => [list, listOf(listParameter(list), list)]));
  // A class that only tables name must have its own tables opened now, not while mail waits.
  for (const { text, span } of classWords) compiler.classProgram(text, 'recipient', span);
  /** A check that smtpd makes by itself: nobody has written it in a list. */
  const implicit = (parameter: string, restriction: string, list: ListName): Program =>
    parameters.boolean(parameter)
      ? compileList(tokenize(SourcedText.literal(restriction, `<${parameter}>`), report), list, compiler)
      : { steps: [] };
  const policy = new Policy({
    name,
    sources,
    programs,
    classNames: [...classNames],
    searchRules: { isParentMatching: parentsMatch(context), extension: addressExtension(parameters) },
    isRelayFirst: parameters.boolean('smtpd_relay_before_recipient_restrictions'),
    isDelayed: parameters.boolean('smtpd_delay_reject'),
    isSoftBounce: parameters.boolean('soft_bounce'),
    accessMapDeferCode: parameters.integer('access_map_defer_code'),
    beforeAll: parameters.isSet(MESSAGE_SIZE_LIMIT)
      ? messageSizeCheck(parameters.integer(MESSAGE_SIZE_LIMIT), parameters.value(MESSAGE_SIZE_LIMIT).span())
      : { steps: [] },
    afterSender: implicit('smtpd_reject_unlisted_sender', 'reject_unlisted_sender', 'sender'),
    afterRecipient: implicit('smtpd_reject_unlisted_recipient', 'reject_unlisted_recipient', 'recipient'),
    dnsblUses,
    earlierRecipients,
    replyFilter: replyFilter.length === 0 ? undefined : new ReplyFilter(replyFilter),
  });
  return { policy, parameters };
}

function classInItself(path: readonly string[], span: Span): Diagnostic {
  const name = path.at(-1) ?? '';
  return {
    severity: 'error',
    code: 'class-in-itself',
    message: `restriction class \`${name}\` contains itself: \`${path.slice(path.indexOf(name)).join(' → ')}\``,
    span,
    help: 'remove it here: what comes to this place is answered 451 4.3.5 Server configuration error',
  };
}

/** A class is compiled once for each list that uses it; what is wrong with it is said once. */
function reportOnce(report: Report): Report {
  const seen = new Set<string>();
  return (diagnostic: Diagnostic) => {
    const { code, message, span } = diagnostic;
    const key = `${code} ${message} ${span?.source.file} ${span?.start}`;
    if (seen.has(key)) return;
    seen.add(key);
    report(diagnostic);
  };
}

function once<T>(cache: Map<string, T>, key: string, make: () => T): T {
  let value = cache.get(key);
  if (value === undefined) {
    value = make();
    cache.set(key, value);
  }
  return value;
}

/** myorigin, which may be a file that holds the name: Debian's `/etc/mailname`. */
function originOf(parameters: ParameterSet, tables: TableSet, report: Report): string {
  const value = parameters.value('myorigin');
  if (!value.text.startsWith('/')) return value.text;
  if (!tables.mayRead(value.text)) {
    report({
      severity: 'error',
      code: 'file-not-in-force',
      message: `no policy in force reads \`${value.text}\``,
      span: value.span(),
      help: 'a candidate may read the files of the policies in force',
    });
    return parameters.text('myhostname');
  }
  try {
    return readFileSync(value.text, 'utf8').split('\n', 1)[0]?.trim() ?? '';
  } catch (error) {
    report({
      severity: 'error',
      code: 'unreadable-origin',
      message: `cannot read the name of the mail system from \`${value.text}\`: ${systemErrorReason(error)}`,
      span: value.span(),
      help: 'write the name itself, such as `myorigin = $mydomain`',
    });
    return parameters.text('myhostname');
  }
}

/** The addresses that a parameter names; `all` means those of this host. Host names stay names. */
function addressesOf(
  parameters: ParameterSet,
  parameter: 'inet_interfaces' | 'proxy_interfaces',
  { interfaces }: HostFacts,
): Set<string> {
  const addresses = new Set<string>();
  for (const word of parameters.words(parameter)) {
    if (word.toLowerCase() === 'all') {
      for (const cidr of interfaces) addresses.add(cidr.slice(0, cidr.indexOf('/')));
    } else if (['loopback-only', 'localhost'].includes(word.toLowerCase())) {
      addresses.add('127.0.0.1').add('::1');
    } else {
      addresses.add(word.replace(/^\[(.*)\]$/, '$1').toLowerCase());
    }
  }
  return addresses;
}
