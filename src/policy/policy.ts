/**
 * A compiled policy: the restriction lists of one main.cf, ready to be run.
 * Immutable, but for what it remembers of its answers; everything per request lives in an Evaluation.
 */
import type { SearchRules } from '../access/lookup-order.ts';
import type { DnsblUse } from '../dns/dnsbl-health.ts';
import type { Verdict } from '../engine/decision.ts';
import type { Plan, Stage } from '../engine/plan.ts';
import type { ReplyFilter } from '../engine/reply-filter.ts';
import type { ListName, Program } from '../engine/step.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import type { EarlierRecipients } from '../restrictions/earlier-recipients.ts';
import { clientSubject, listSubject } from '../restrictions/subject.ts';

export interface PolicyOptions {
  readonly name: string;
  /** The files it was read from. */
  readonly sources: readonly string[];
  readonly programs: ReadonlyMap<ListName, Program>;
  /** smtpd_restriction_classes: what the actions of tables and lists may name. */
  readonly classNames: readonly string[];
  readonly searchRules: SearchRules;
  /** smtpd_relay_before_recipient_restrictions */
  readonly isRelayFirst: boolean;
  /** smtpd_delay_reject */
  readonly isDelayed: boolean;
  /** soft_bounce */
  readonly isSoftBounce: boolean;
  /** access_map_defer_code: the code that DEFER_IF_PERMIT gives at the Postfix that asks. */
  readonly accessMapDeferCode: number;
  /** What smtpd checks by itself after a list: smtpd_reject_unlisted_sender, smtpd_reject_unlisted_recipient. */
  readonly afterSender: Program;
  readonly afterRecipient: Program;
  /** What smtpd checks by itself before all lists: message_size_limit. */
  readonly beforeAll: Program;
  /** The DNS lists that it asks. */
  readonly dnsblUses: ReadonlyMap<string, DnsblUse>;
  /** smtpd_dns_reply_filter, if it is set. */
  readonly replyFilter: ReplyFilter | undefined;
  /** What it remembers of its answers. */
  readonly earlierRecipients: EarlierRecipients;
}

/** The SMTP command at which smtpd runs a list with smtpd_delay_reject = no. */
const COMMANDS: Readonly<Partial<Record<ListName, Stage['early']>>> = {
  client: 'CONNECT',
  helo: 'HELO',
  sender: 'MAIL',
};

export class Policy {
  readonly name: string;
  readonly sources: readonly string[];
  readonly programs: ReadonlyMap<ListName, Program>;
  readonly classNames: readonly string[];
  readonly searchRules: SearchRules;
  readonly accessMapDeferCode: number;
  readonly replyFilter: ReplyFilter | undefined;
  readonly #earlierRecipients: EarlierRecipients;
  readonly #dnsblUses: ReadonlyMap<string, DnsblUse>;
  readonly #byList: ReadonlyMap<ListName, Plan>;
  readonly #byState: ReadonlyMap<string, Plan>;
  readonly #atRecipient: Plan;

  constructor(options: PolicyOptions) {
    this.name = options.name;
    this.sources = options.sources;
    this.programs = options.programs;
    this.classNames = options.classNames;
    this.searchRules = options.searchRules;
    this.accessMapDeferCode = options.accessMapDeferCode;
    this.replyFilter = options.replyFilter;
    this.#earlierRecipients = options.earlierRecipients;
    this.#dnsblUses = options.dnsblUses;
    const { isSoftBounce } = options;
    const run = (scope: Plan['scope'], lists: readonly ListName[]): Plan => ({
      stages: [
        ...this.#implicit('before', lists[0] as ListName, options.beforeAll),
        ...lists.map((list, i) => this.#stage(list, lists[i - 1])),
      ],
      scope,
      isSoftBounce,
    });
    const whole = (...lists: ListName[]): Plan => run('whole', lists);
    const alone = (list: ListName): Plan => run('list', [list]);
    this.#byList = new Map([...options.programs.keys()].map((list) => [list, alone(list)]));
    const pair = options.isRelayFirst ? (['relay', 'recipient'] as const) : (['recipient', 'relay'] as const);
    const untilSender = whole('client', 'helo', 'sender');
    this.#atRecipient = {
      ...untilSender,
      stages: [
        ...untilSender.stages.map((stage) => ({
          ...stage,
          early: options.isDelayed ? undefined : COMMANDS[stage.list],
        })),
        ...this.#implicit('after', 'sender', options.afterSender),
        ...pair.map((list, i) => this.#stage(list, pair[i - 1])),
        ...this.#implicit('after', 'recipient', options.afterRecipient),
      ],
    };
    // Before RCPT only with smtpd_delay_reject = no: then Postfix carries the flags on.
    this.#byState = new Map([
      ['CONNECT', alone('client')],
      ['XCLIENT', alone('client')],
      ['HELO', alone('helo')],
      ['EHLO', alone('helo')],
      ['MAIL', alone('sender')],
      ['ETRN', whole('client', 'helo', 'etrn')],
      ['DATA', whole('data')],
      ['END-OF-MESSAGE', whole('end_of_data')],
    ]);
  }

  /** The DNS lists that it asks: of its restriction lists all, of access tables those met so far. */
  get dnsblUses(): Iterable<DnsblUse> {
    return this.#dnsblUses.values();
  }

  /**
   * What to run for a request.
   *
   * @param list one list alone (`policy_context=client`), or undefined: what
   *   smtpd would run at this protocol state
   */
  plan({ protocol_state }: PolicyRequest, list: ListName | undefined): Plan {
    if (list !== undefined) return this.#byList.get(list) ?? this.#atRecipient;
    return this.#byState.get(protocol_state) ?? this.#atRecipient;
  }

  /** Takes note of what a request was answered. */
  note(request: PolicyRequest, verdict: Verdict): void {
    if (this.#earlierRecipients.isUsed) this.#earlierRecipients.note(request, verdict);
  }

  #stage(list: ListName, before: ListName | undefined): Stage {
    const program = this.programs.get(list) ?? { steps: [] };
    // The relay and recipient lists share their flags; every other list starts afresh.
    const isSecondOfPair =
      (list === 'relay' && before === 'recipient') || (list === 'recipient' && before === 'relay');
    return {
      list,
      program,
      implicit: undefined,
      early: undefined,
      forgetsDeferIfReject: !isSecondOfPair,
      forgetsDeferIfPermitWithoutSender: (list === 'relay' || list === 'recipient') && !isSecondOfPair,
      isSkippedIfDeferred: false,
      subject: (evaluation) => listSubject(list, evaluation),
    };
  }

  /** A check that smtpd makes by itself before or after a list; none when it is off. */
  #implicit(implicit: 'before' | 'after', list: ListName, program: Program): Stage[] {
    if (program.steps.length === 0) return [];
    return [
      {
        list,
        program,
        implicit,
        early: undefined,
        forgetsDeferIfReject: false,
        forgetsDeferIfPermitWithoutSender: false,
        isSkippedIfDeferred: implicit === 'after' && list === 'recipient',
        // What comes before a list does not depend on whether the list is run.
        subject: (evaluation) =>
          implicit === 'before' ? clientSubject(evaluation) : listSubject(list, evaluation),
      },
    ];
  }
}
