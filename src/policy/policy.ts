/**
 * A compiled policy: the restriction lists of one main.cf, ready to be run.
 * Immutable; everything per request lives in an Evaluation.
 */
import type { Plan, Stage } from '../engine/plan.ts';
import type { ListName, Program } from '../engine/step.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { listSubject } from '../restrictions/subject.ts';

export interface PolicyOptions {
  readonly name: string;
  /** The files it was read from. */
  readonly sources: readonly string[];
  readonly programs: ReadonlyMap<ListName, Program>;
  /** smtpd_relay_before_recipient_restrictions */
  readonly isRelayFirst: boolean;
  /** soft_bounce */
  readonly isSoftBounce: boolean;
  /** access_map_defer_code: the code that DEFER_IF_PERMIT gives at the Postfix that asks. */
  readonly accessMapDeferCode: number;
  /** What smtpd checks by itself after a list: smtpd_reject_unlisted_sender, smtpd_reject_unlisted_recipient. */
  readonly afterSender: Program;
  readonly afterRecipient: Program;
}

export class Policy {
  readonly name: string;
  readonly sources: readonly string[];
  readonly programs: ReadonlyMap<ListName, Program>;
  readonly accessMapDeferCode: number;
  readonly #byList: ReadonlyMap<ListName, Plan>;
  readonly #byState: ReadonlyMap<string, Plan>;
  readonly #atRecipient: Plan;

  constructor(options: PolicyOptions) {
    this.name = options.name;
    this.sources = options.sources;
    this.programs = options.programs;
    this.accessMapDeferCode = options.accessMapDeferCode;
    const { isSoftBounce } = options;
    const whole = (...lists: ListName[]): Plan => ({
      stages: lists.map((list, i) => this.#stage(list, lists[i - 1])),
      scope: 'whole',
      isSoftBounce,
    });
    const alone = (list: ListName): Plan => ({
      stages: [this.#stage(list, undefined)],
      scope: 'list',
      isSoftBounce,
    });
    this.#byList = new Map([...options.programs.keys()].map((list) => [list, alone(list)]));
    const pair = options.isRelayFirst ? (['relay', 'recipient'] as const) : (['recipient', 'relay'] as const);
    this.#atRecipient = {
      ...whole(),
      stages: [
        ...whole('client', 'helo', 'sender').stages,
        ...this.#implicit('sender', options.afterSender),
        ...whole(...pair).stages,
        ...this.#implicit('recipient', options.afterRecipient),
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

  #stage(list: ListName, before: ListName | undefined): Stage {
    const program = this.programs.get(list) ?? { steps: [] };
    // The relay and recipient lists share their flags; every other list starts afresh.
    const isSecondOfPair =
      (list === 'relay' && before === 'recipient') || (list === 'recipient' && before === 'relay');
    return {
      list,
      program,
      isImplicit: false,
      forgetsDeferIfReject: !isSecondOfPair,
      forgetsDeferIfPermitWithoutSender: (list === 'relay' || list === 'recipient') && !isSecondOfPair,
      isSkippedIfDeferred: false,
      subject: (evaluation) => listSubject(list, evaluation),
    };
  }

  /** A check that smtpd makes by itself after a list; none when it is off. */
  #implicit(list: ListName, program: Program): Stage[] {
    if (program.steps.length === 0) return [];
    return [
      {
        list,
        program,
        isImplicit: true,
        forgetsDeferIfReject: false,
        forgetsDeferIfPermitWithoutSender: false,
        isSkippedIfDeferred: list === 'recipient',
        subject: (evaluation) => listSubject(list, evaluation),
      },
    ];
  }
}
