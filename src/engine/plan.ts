/**
 * What is run for one kind of request: which lists, in what order, and what
 * carries over from one to the next (smtpd(8); the flags are described in
 * access(5) under DEFER_IF_REJECT and DEFER_IF_PERMIT).
 */
import type { Evaluation } from './evaluation.ts';
import type { Subject } from './outcome.ts';
import type { ListName, Program } from './step.ts';

export interface Stage {
  readonly list: ListName;
  readonly program: Program;
  /** What smtpd checks by itself before or after the list; undefined: the list itself. */
  readonly implicit: 'before' | 'after' | undefined;
  /** smtpd_delay_reject = no: the SMTP command at which smtpd runs the list, not knowing what comes later. */
  readonly early: 'CONNECT' | 'HELO' | 'MAIL' | undefined;
  /** Whom the generic restrictions of this list blame; undefined: smtpd would not run the list (no HELO, no sender yet). */
  subject(evaluation: Evaluation): Subject | undefined;
  /** A defer_if_reject of an earlier list is forgotten here. */
  readonly forgetsDeferIfReject: boolean;
  /** So is a defer_if_permit when no sender is known (VRFY): smtpd keeps it with the sender list. */
  readonly forgetsDeferIfPermitWithoutSender: boolean;
  /** Not run when a deferral is already the answer. */
  readonly isSkippedIfDeferred: boolean;
}

export interface Plan {
  readonly stages: readonly Stage[];
  /**
   * `whole`: every list that smtpd would run, so that a deferral on hand at
   * the end is the answer. `list`: one list out of several, where Postfix
   * itself carries the flags on.
   */
  readonly scope: 'whole' | 'list';
  /** main.cf `soft_bounce`: every 5xx becomes 4xx. */
  readonly isSoftBounce: boolean;
}
