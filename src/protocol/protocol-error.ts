/**
 * What a peer can do wrong on the policy socket. A value: the connection that
 * gets one is closed, as SMTPD_POLICY_README asks ("in case of trouble the
 * policy server must not send a reply"), and Postfix does what its
 * smtpd_policy_service_default_action says.
 */

/** Stable codes, for logs and metric labels. */
const PROTOCOL_ERROR_REASONS = [
  /** A line longer than the limit. */
  'line_too_long',
  /** No empty line within the limit of a request's size. */
  'request_too_large',
  /** More lines than the limit. */
  'too_many_attributes',
  /** A line without `=` or with nothing before it. */
  'malformed_line',
  /** A NUL byte, which no value can hold. */
  'nul_byte',
  /** `request` missing, or not smtpd_access_policy. */
  'request_type',
] as const;

export type ProtocolErrorReason = (typeof PROTOCOL_ERROR_REASONS)[number];

export class ProtocolError {
  readonly reason: ProtocolErrorReason;
  /** For a log line: printable, short. */
  readonly detail: string;

  constructor(reason: ProtocolErrorReason, detail: string) {
    this.reason = reason;
    this.detail = detail;
  }
}

const EXCERPT_LENGTH = 80;

/** The beginning of what a peer sent, fit for a log line. */
export function excerpt(text: string): string {
  const start = JSON.stringify(text.slice(0, EXCERPT_LENGTH)).slice(1, -1);
  return text.length > EXCERPT_LENGTH ? `${start}…` : start;
}
