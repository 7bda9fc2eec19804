/**
 * Watches what Postfix asks, for what an administrator would not notice: a
 * policy with lists that nobody asks for, an attribute that restrictions read
 * and that is always empty, all clients being one address, a Postfix that
 * hangs up before we answer, nobody asking at all.
 *
 * Costs a request a few comparisons, and almost nothing once all has been seen.
 * Says nothing before it has seen enough to be sure.
 */
import { LIST_NAMES, type ListName, type Program } from '../engine/step.ts';
import type { Policy } from '../policy/policy.ts';
import type { AttributeName, PolicyRequest } from '../protocol/request.ts';
import { findRestriction } from '../restrictions/registry.ts';

/** One thing that looks wrong. */
export interface WiringDoubt {
  readonly code:
    | 'unasked'
    | 'list_not_asked'
    | 'attribute_empty'
    | 'one_client'
    | 'gave_up'
    | 'public_resolver';
  /** What it is about: a policy, a list, an attribute; '' for the whole. */
  readonly subject: string;
  readonly message: string;
  readonly help: string;
}

export interface WiringWatchOptions {
  readonly policies: () => ReadonlyMap<string, Policy>;
  /** Public DNS resolvers among those in use: `8.8.8.8 (Google Public DNS)`. */
  readonly publicResolvers: () => readonly string[];
  /** Milliseconds that never go back. Default performance.now. */
  readonly now?: () => number;
}

/** Requests of a policy before it is judged. */
const ENOUGH_REQUESTS = 500;

/** A Postfix without mail for that long is worth a word. */
const QUIET_MS = 15 * 60_000;

/** Restarts hang up, too; more than these within a day are no accident. */
const MAX_HANG_UPS = 5;
const DAY_MS = 86_400_000;

/** Always there in a request of the states RCPT and later; a name that is not known is `unknown`. */
const NEVER_EMPTY: readonly AttributeName[] = [
  'client_address',
  'client_name',
  'reverse_client_name',
  'helo_name',
  'sender',
  'recipient',
  'instance',
];

/** ETRN is rare; whether this host relays is Postfix's own list. */
const MAY_BE_UNASKED: readonly ListName[] = ['etrn', 'relay'];

const CURES: Readonly<Partial<Record<AttributeName, string>>> = {
  client_name: 'is smtpd_peername_lookup = no, or does Postfix have no DNS?',
  reverse_client_name: 'is smtpd_peername_lookup = no, or does Postfix have no DNS?',
  helo_name: 'a proxy in front must pass HELO on (XCLIENT), or smtpd_helo_required = yes is missing',
};

/** What has been seen of a policy. */
class Seen {
  requests = 0;
  readonly lists = new Set<ListName>();
  /** Whether restrictions read them or not: a reload may change that. */
  empty = NEVER_EMPTY;
  readonly #firstClient: string;
  hasManyClients = false;

  constructor(firstClient: string) {
    this.#firstClient = firstClient;
  }

  note(request: PolicyRequest): void {
    this.requests += 1;
    if (!this.hasManyClients) this.hasManyClients = request.client_address !== this.#firstClient;
    if (this.empty.length > 0) {
      this.empty = this.empty.filter((name) => request[name] === '' || request[name] === 'unknown');
    }
  }

  get client(): string {
    return this.#firstClient;
  }
}

export class WiringWatch {
  readonly #options: WiringWatchOptions;
  readonly #now: () => number;
  readonly #startedMs: number;
  readonly #seen = new Map<string, Seen>();
  /** The last ones. */
  #hangUps: { readonly atMs: number; readonly waitedMs: number }[] = [];

  constructor(options: WiringWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#startedMs = this.#now();
  }

  /** @param list the list asked alone; undefined: what smtpd would run at this state */
  note(policy: string, list: ListName | undefined, request: PolicyRequest): void {
    let seen = this.#seen.get(policy);
    if (seen === undefined) {
      seen = new Seen(request.client_address);
      this.#seen.set(policy, seen);
    }
    seen.note(request);
    if (list !== undefined) seen.lists.add(list);
    else for (const one of listsAt(request.protocol_state)) seen.lists.add(one);
  }

  /** A client closed its connection while it waited for a decision. */
  noteHangUp(waitedMs: number): void {
    this.#hangUps = [...this.#hangUps.slice(-MAX_HANG_UPS), { atMs: this.#now(), waitedMs }];
  }

  /** Cheap enough for every health check. */
  doubts(): readonly WiringDoubt[] {
    return [...this.#unasked(), ...this.#gaveUp(), ...this.#publicResolver(), ...this.#policies()];
  }

  #unasked(): WiringDoubt[] {
    const quietMs = this.#now() - this.#startedMs;
    if (this.#seen.size > 0 || quietMs < QUIET_MS) return [];
    return [
      {
        code: 'unasked',
        subject: '',
        message: `no request has come in the ${Math.floor(quietMs / 60_000)} minutes since the start`,
        help: 'is check_policy_service in main.cf? `postward doctor` looks',
      },
    ];
  }

  #gaveUp(): WiringDoubt[] {
    const recent = this.#hangUps.filter(({ atMs }) => this.#now() - atMs < DAY_MS);
    if (recent.length <= MAX_HANG_UPS) return [];
    const seconds = (Math.min(...recent.map(({ waitedMs }) => waitedMs)) / 1000).toFixed(1);
    return [
      {
        code: 'gave_up',
        subject: '',
        message: `more than ${MAX_HANG_UPS} times in a day Postfix closed the connection before it had its answer, once after ${seconds} s`,
        help: 'raise timeout= of check_policy_service (smtpd_policy_service_timeout) above decision.deadline_seconds, or lower that',
      },
    ];
  }

  #publicResolver(): WiringDoubt[] {
    const { publicResolvers, policies } = this.#options;
    const [resolver] = publicResolvers();
    if (resolver === undefined) return [];
    const asking = [...policies().values()].find((policy) => usesDnsbl(policy));
    if (asking === undefined) return [];
    return [
      {
        code: 'public_resolver',
        subject: resolver,
        message: `DNSBLs are asked through a public resolver, ${resolver}, and many refuse those`,
        help: 'run a resolver of your own, such as unbound, and name it in dns.servers',
      },
    ];
  }

  #policies(): WiringDoubt[] {
    const doubts: WiringDoubt[] = [];
    for (const [name, seen] of this.#seen) {
      const policy = this.#options.policies().get(name);
      if (policy === undefined || seen.requests < ENOUGH_REQUESTS) continue;
      doubts.push(...listsNotAsked(policy, seen), ...attributesEmpty(policy, seen), ...oneClient(name, seen));
    }
    return doubts;
  }
}

function attributesRead({ programs }: Policy): ReadonlySet<AttributeName> {
  const read = new Set<AttributeName>();
  for (const program of programs.values()) {
    for (const restriction of restrictionsOf(program)) {
      for (const attribute of findRestriction(restriction)?.reads ?? []) read.add(attribute);
    }
  }
  return read;
}

function listsNotAsked(policy: Policy, { lists, requests }: Seen): WiringDoubt[] {
  return LIST_NAMES.filter(
    (list) =>
      (policy.programs.get(list)?.steps.length ?? 0) > 0 &&
      !lists.has(list) &&
      !MAY_BE_UNASKED.includes(list),
  ).map((list) => ({
    code: 'list_not_asked',
    subject: `${policy.name}/${list}`,
    message: `smtpd_${list}_restrictions of the policy \`${policy.name}\` was never asked for in ${requests} requests`,
    help: `put check_policy_service into smtpd_${list}_restrictions of main.cf, too`,
  }));
}

function attributesEmpty(policy: Policy, { empty, requests }: Seen): WiringDoubt[] {
  if (empty.length === 0) return [];
  const read = attributesRead(policy);
  return empty
    .filter((attribute) => read.has(attribute))
    .map((attribute) => ({
      code: 'attribute_empty',
      subject: `${policy.name}/${attribute}`,
      message: `${attribute}, which restrictions of the policy \`${policy.name}\` read, was empty or unknown in all ${requests} requests`,
      help: CURES[attribute] ?? 'look at which list of Postfix asks, and when',
    }));
}

function oneClient(policy: string, { hasManyClients, client, requests }: Seen): WiringDoubt[] {
  if (hasManyClients) return [];
  return [
    {
      code: 'one_client',
      subject: policy,
      message: `all ${requests} requests to the policy \`${policy}\` came from one client, ${client}`,
      help: 'if that is a proxy or load balancer, let it tell Postfix the real client: smtpd_upstream_proxy_protocol = haproxy, or XCLIENT',
    },
  ];
}

function listsAt(state: string): readonly ListName[] {
  switch (state) {
    case 'CONNECT':
      return ['client'];
    case 'HELO':
    case 'EHLO':
      return ['helo'];
    case 'MAIL':
      return ['sender'];
    case 'DATA':
      return ['data'];
    case 'END-OF-MESSAGE':
      return ['end_of_data'];
    case 'ETRN':
      return ['client', 'helo', 'etrn'];
    default:
      return ['client', 'helo', 'sender', 'relay', 'recipient'];
  }
}

function usesDnsbl({ programs }: Policy): boolean {
  for (const program of programs.values()) {
    for (const name of restrictionsOf(program)) if (findRestriction(name)?.argument === 'dnsbl') return true;
  }
  return false;
}

/** Names of restrictions in a list and in the classes it names, each once. */
function restrictionsOf(
  program: Program,
  names = new Set<string>(),
  visited = new Set<Program>(),
): Set<string> {
  if (visited.has(program)) return names;
  visited.add(program);
  for (const { restriction, nested } of program.steps) {
    names.add(restriction);
    if (nested !== undefined) restrictionsOf(nested, names, visited);
  }
  return names;
}
