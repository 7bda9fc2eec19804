/**
 * What a request gets. The log line, the metrics, `explain` and the policy
 * answer all read this one object; none parses another's text.
 */
import type { DnsAnswer, DnsQuery } from '../dns/resolver.ts';
import type { Outcome, Reply, SideEffect } from './outcome.ts';
import type { ListName, StepRef } from './step.ts';

export const VERDICTS = [
  /** No objection. */
  'permit',
  /** A 5xx reply. */
  'reject',
  /** A 4xx reply. */
  'defer',
  /** A 4xx reply unless something else rejects. */
  'defer_if_permit',
  /** Later rejections become this 4xx reply (a list asked on its own). */
  'defer_if_reject',
  /** Accept and throw away. */
  'discard',
] as const;

export type Verdict = (typeof VERDICTS)[number];

/** Something worth a log line that did not decide: a softened reject, a malformed table entry. */
export interface Warning {
  readonly code:
    | 'reject_warning'
    | 'table_failure'
    | 'dns'
    | 'policy_service'
    | 'right_hand_side'
    | 'lost_effect'
    | 'dnsbl_error';
  readonly message: string;
  readonly list: ListName;
  readonly step: StepRef;
  /** For reject_warning: the reply that was not sent. */
  readonly reply?: Reply;
}

/** One table lookup, in a trace or behind a decision. */
export interface LookupNote {
  readonly table: string;
  readonly key: string;
  /** The right-hand side; undefined: not found. */
  readonly value: string | undefined;
  /** Why the table could not answer; '' if it could. */
  readonly failure: string;
}

/** What a client's DNSBLs added up to when that was decided; answers that could change nothing are not waited for. */
export interface DnsblScore {
  readonly score: number;
  readonly threshold: number;
  /** The members of dnsbl_sites that list the client, as written. */
  readonly sites: readonly string[];
}

export interface DnsNote extends DnsQuery {
  readonly answer: DnsAnswer;
  readonly cached: boolean;
}

export interface DecidedBy {
  readonly list: ListName;
  readonly step: StepRef;
  /** The table entry that decided, if one did. */
  readonly entry: LookupNote | undefined;
}

/** One evaluated step; classes and table results hold the steps evaluated in their place. */
export interface TraceEntry {
  readonly list: ListName;
  readonly step: StepRef;
  /** 0 for a step of the list itself, 1 inside a class or table result, and so on. */
  readonly depth: number;
  readonly isWarnOnly: boolean;
  outcome: Outcome | undefined;
  readonly lookups: LookupNote[];
  readonly dns: DnsNote[];
  /** What else there is to say, such as why a DNSBL was not asked. */
  readonly notes: string[];
  durationMs: number;
}

/** A list as it was run. */
export interface TraceList {
  readonly list: ListName;
  /** What smtpd checks by itself before or after the list; undefined: the list itself. */
  readonly implicit: 'before' | 'after' | undefined;
  readonly entries: TraceEntry[];
  /** Steps of the list itself that were not reached. */
  notReached: readonly StepRef[];
  result: 'permitted' | 'rejected' | 'discarded' | 'stopped';
}

export interface Decision {
  readonly verdict: Verdict;
  /** Present unless permit or discard. Code and DSN agree. */
  readonly reply: Reply | undefined;
  /** Side effects in order. Only the first can be answered to Postfix. */
  readonly effects: readonly SideEffect[];
  readonly decidedBy: DecidedBy | undefined;
  readonly warnings: readonly Warning[];
  /** undefined: no restriction has asked for it. */
  readonly dnsblScore?: DnsblScore | undefined;
  /** True when the reply tells of a fault of ours or of the configuration, not of the client. */
  readonly isFault: boolean;
  /** Every list with every step, when a full trace was asked for. */
  readonly trace: readonly TraceList[] | undefined;
}
