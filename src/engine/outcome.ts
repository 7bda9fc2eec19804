/**
 * What one restriction says about a request, and the words it says it in.
 */
import type { Program } from './step.ts';

/**
 * What a reply is about: Postfix puts `<NAME>: CLASS rejected: ` before the
 * text, NAME and CLASS being those of the list or check that gave it.
 */
export interface Subject {
  readonly name: string;
  readonly replyClass: ReplyClass;
}

export type ReplyClass =
  | 'Client host'
  | 'Unverified Client host'
  | 'Helo command'
  | 'Sender address'
  | 'Recipient address'
  | 'SASL login name'
  | 'Client certificate'
  | 'Data command'
  | 'End-of-data'
  | 'Etrn command';

/**
 * An SMTP reply, in parts. A policy answer carries code, dsn and text; Postfix
 * supplies its own prefix. `prefix` is what native Postfix would have put
 * before the text, for logs and explanations: `<x>: Helo command rejected`,
 * or '' where the native reply has none.
 */
export interface Reply {
  /** 400 to 599. */
  readonly code: number;
  /** Enhanced status code, RFC 3463; its class agrees with `code` once settled. */
  readonly dsn: string;
  readonly prefix: string;
  readonly text: string;
}

/** The reply as native Postfix would send it. */
export function formatReply(reply: Reply): string {
  const prefix = reply.prefix === '' ? '' : `${reply.prefix}: `;
  return `${reply.code} ${reply.dsn} ${prefix}${reply.text}`;
}

/** access(5) actions that change the delivery of a message without deciding about it. */
export interface SideEffect {
  readonly verb: 'BCC' | 'DISCARD' | 'FILTER' | 'HOLD' | 'INFO' | 'PREPEND' | 'REDIRECT' | 'WARN';
  readonly text: string;
}

export type Outcome =
  /** Nothing to say: the next restriction decides. */
  | { readonly kind: 'dunno' }
  /** Ends this list, not the others. */
  | { readonly kind: 'permit' }
  /** Ends everything. `isFault` marks configuration and lookup failures, which warn_if_reject does not soften. */
  | { readonly kind: 'reject'; readonly reply: Reply; readonly isFault: boolean }
  | { readonly kind: 'defer_if_permit'; readonly reply: Reply }
  | { readonly kind: 'defer_if_reject'; readonly reply: Reply }
  /** Undecided, with a side effect; DISCARD also permits and skips all that follows. */
  | { readonly kind: 'effect'; readonly effect: SideEffect }
  /**
   * A restriction class or a table's list of restrictions, evaluated in place.
   * `subject` replaces that of the list for the generic restrictions inside.
   * `ifPermit` says what its permit means to the list around it: an access
   * check may forbid it (a configuration error) or count it as undecided.
   */
  | {
      readonly kind: 'evaluate';
      readonly program: Program;
      readonly subject: Subject | undefined;
      readonly ifPermit: 'permit' | 'dunno' | 'forbidden';
    }
  /** warn_if_reject: soften the restriction that follows in the same list. */
  | { readonly kind: 'warn_next' };

export const DUNNO: Outcome = Object.freeze({ kind: 'dunno' });
export const PERMIT: Outcome = Object.freeze({ kind: 'permit' });
export const WARN_NEXT: Outcome = Object.freeze({ kind: 'warn_next' });

export function reject(reply: Reply): Outcome {
  return { kind: 'reject', reply, isFault: false };
}

/** A configuration or lookup failure: refuses for now, whatever warn_if_reject says. */
export function fault(reply: Reply): Outcome {
  return { kind: 'reject', reply, isFault: true };
}

/** `451 4.3.5 Server configuration error`: Postfix's answer to a mistake in a restriction list. */
export const CONFIGURATION_ERROR: Outcome = Object.freeze(
  fault(Object.freeze({ code: 451, dsn: '4.3.5', prefix: '', text: 'Server configuration error' })),
);
