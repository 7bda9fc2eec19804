/**
 * What the value of an access table does to a request (access(5)): the action
 * applied, or the list of restrictions compiled once and evaluated in place.
 */
import { type AccessAction, type EffectVerb, parseAction } from '../access/action.ts';
import { fixDsn } from '../access/dsn.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { CONFIGURATION_ERROR, DUNNO, type Outcome, PERMIT, reject, type Subject } from '../engine/outcome.ts';
import type { ListName, Program } from '../engine/step.ts';
import type { Report } from '../language/diagnostic.ts';
import { failureReason, type TableFailure } from '../tables/table.ts';
import { rejected } from './subject.ts';

/** How an OK is taken: it counts, counts as undecided, or is a configuration error. */
export type PermitMeaning = 'permit' | 'dunno' | 'forbidden';

export interface AccessResultOptions {
  /** access_map_reject_code */
  readonly rejectCode: number;
  /** access_map_defer_code */
  readonly deferCode: number;
  /** smtpd_proxy_filter is set: what becomes of messages is for the filter to say. */
  readonly isProxied: boolean;
  /** Compiles a right-hand side that is a list of restrictions. */
  readonly compileList: (text: string, list: ListName, report: Report) => Program;
}

/** Distinct values that are kept parsed. Pattern tables can make any number of them. */
const MAX_CACHED = 10_000;

export class AccessResults {
  readonly #options: AccessResultOptions;
  readonly #actions = new Map<string, AccessAction>();
  readonly #programs = new Map<string, Program>();

  constructor(options: AccessResultOptions) {
    this.#options = options;
  }

  /** The outcome of a table that could not answer: Postfix's, an ordinary reply that refuses for now. */
  failed(evaluation: Evaluation, table: string, failure: TableFailure, subject: Subject): Outcome {
    evaluation.warn('table_failure', `${table}: ${failureReason(table, failure)}`);
    return reject(rejected(subject, 451, '4.3.5', 'Server configuration error'));
  }

  /**
   * The outcome of a right-hand side.
   *
   * @param source where it comes from, for warnings: a table, another policy server
   */
  apply(
    evaluation: Evaluation,
    source: string,
    value: string,
    subject: Subject,
    permitMeaning: PermitMeaning,
  ): Outcome {
    const action = this.#parse(value);
    const { replyClass } = subject;
    switch (action.kind) {
      case 'permit':
        return this.#permit(evaluation, source, permitMeaning);
      case 'dunno':
        return DUNNO;
      case 'reject':
      case 'defer': {
        const code = action.kind === 'reject' ? this.#options.rejectCode : this.#options.deferCode;
        return reject(rejected(subject, code, fixDsn(action.dsn, replyClass), action.text));
      }
      case 'code':
        return reject(rejected(subject, action.code, fixDsn(action.dsn, replyClass), action.text));
      case 'defer_if_permit':
      case 'defer_if_reject': {
        const dsn = fixDsn(action.dsn, replyClass);
        return { kind: action.kind, reply: rejected(subject, this.#options.deferCode, dsn, action.text) };
      }
      case 'effect':
        return this.#effect(evaluation, source, action);
      case 'malformed':
        evaluation.warn(
          'right_hand_side',
          `${source}: ${action.verb} needs ${action.expected}: \`${value}\``,
        );
        return DUNNO;
      case 'empty':
        evaluation.warn('right_hand_side', `${source}: an entry has an empty value`);
        return this.#permit(evaluation, source, permitMeaning);
      case 'list':
        return this.#list(evaluation, source, action.text, subject, permitMeaning);
    }
  }

  #permit(evaluation: Evaluation, source: string, meaning: PermitMeaning): Outcome {
    if (meaning === 'permit') return PERMIT;
    if (meaning === 'dunno') return DUNNO;
    evaluation.warn(
      'right_hand_side',
      `${source}: OK is not allowed in ${evaluation.step.restriction}; use DUNNO to make an exception`,
    );
    return CONFIGURATION_ERROR;
  }

  #effect(evaluation: Evaluation, source: string, action: AccessAction & { kind: 'effect' }): Outcome {
    const { verb, text } = action;
    if (verb !== 'INFO' && verb !== 'WARN') {
      const reason = whySkipped(evaluation, verb, this.#options.isProxied);
      if (reason !== undefined) {
        evaluation.warn('right_hand_side', `${source}: ${verb} is skipped: ${reason}`);
        return DUNNO;
      }
    }
    return { kind: 'effect', effect: { verb, text } };
  }

  #list(
    evaluation: Evaluation,
    source: string,
    text: string,
    subject: Subject,
    ifPermit: PermitMeaning,
  ): Outcome {
    // Tables are opened when a policy is loaded; a value cannot bring one along.
    if (text.includes(':')) {
      evaluation.warn(
        'right_hand_side',
        `${source}: \`${text}\` names a lookup table; define a restriction class and name that instead`,
      );
      return CONFIGURATION_ERROR;
    }
    const key = `${evaluation.list} ${text}`;
    let program = this.#programs.get(key);
    if (program === undefined) {
      program = this.#options.compileList(text, evaluation.list, ({ message }) =>
        evaluation.warn('right_hand_side', `${source}: ${message}`),
      );
      remember(this.#programs, key, program);
    }
    return { kind: 'evaluate', program, subject, ifPermit };
  }

  #parse(value: string): AccessAction {
    let action = this.#actions.get(value);
    if (action === undefined) {
      action = parseAction(value);
      remember(this.#actions, value, action);
    }
    return action;
  }
}

function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, value);
}

/** Actions on a message make no sense before there is one (access(5)). */
function whySkipped(
  { sender, request }: Evaluation,
  verb: EffectVerb,
  isProxied: boolean,
): string | undefined {
  if (request.protocol_state === 'ETRN') return 'there is no message at ETRN';
  if (sender === undefined) return 'there is no message before MAIL FROM (smtpd_delay_reject = no)';
  if (verb === 'PREPEND' && request.protocol_state === 'END-OF-MESSAGE') {
    return 'the message has been received (use it before smtpd_end_of_data_restrictions)';
  }
  if (isProxied && verb !== 'PREPEND') return 'smtpd_proxy_filter is set';
  return undefined;
}
