/**
 * A compiled restriction, and lists of them. The engine knows steps, not the
 * names of restrictions.
 */
import type { DnsQuery } from '../dns/resolver.ts';
import type { Span } from '../language/source.ts';
import type { PromiseOrValue } from '../util/promise-or-value.ts';
import type { Evaluation } from './evaluation.ts';
import type { Outcome } from './outcome.ts';

/** The restriction lists of smtpd(8) as `policy_context` and we name them. */
export const LIST_NAMES = [
  'client',
  'helo',
  'sender',
  'relay',
  'recipient',
  'data',
  'end_of_data',
  'etrn',
] as const;

export type ListName = (typeof LIST_NAMES)[number];

/** Where a step stands: what traces, logs and metrics name it by. */
export interface StepRef {
  /** The restriction's current Postfix name, `reject_unknown_helo_hostname` for `reject_unknown_hostname`. */
  readonly restriction: string;
  /** As the author wrote it, with its argument: `reject_rbl_client bl.example`. */
  readonly text: string;
  readonly span: Span | undefined;
}

export interface Step extends StepRef {
  /**
   * Decides. Must not throw: a throw is a bug and ends the request with the
   * fail action. Returns a promise only where it really has to wait.
   */
  check(evaluation: Evaluation): PromiseOrValue<Outcome>;

  /** DNS questions that `check` would begin with, so that they can be asked ahead of time. */
  queries?(evaluation: Evaluation): readonly DnsQuery[];

  /** A list that `check` evaluates in place whatever the request is (a restriction class). */
  readonly nested?: Program;

  /** True when no step after this one in its list can run: permit, reject, defer. */
  readonly isFinal?: boolean;
}

/** A compiled list of restrictions, immutable. */
export interface Program {
  readonly steps: readonly Step[];
}
