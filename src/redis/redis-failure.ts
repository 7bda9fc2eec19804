/**
 * Why a command has no reply: a value, so that no caller can forget it.
 *
 *   down       Redis cannot be reached or does not answer; nothing was sent
 *   timeout    sent, but not answered in time: it may have been done or not
 *   lost       the connection ended before the answer: it may have been done or not
 *   overloaded too many commands wait already; nothing was sent
 *   refused    Redis answered with an error: `code` is its first word (OOM, READONLY, NOPERM, WRONGTYPE …)
 */
export type RedisFailureKind = 'down' | 'timeout' | 'lost' | 'overloaded' | 'refused';

export class RedisFailure {
  readonly kind: RedisFailureKind;
  /** For `refused`: the first word of the error; else ''. */
  readonly code: string;
  /** For people; without credentials. */
  readonly reason: string;

  constructor(kind: RedisFailureKind, reason: string, code = '') {
    this.kind = kind;
    this.code = code;
    this.reason = reason;
  }
}

/** The first word of an error reply (`WRONGTYPE Operation against …`); '' for anything else. */
export function replyCode(message: string): string {
  return /^[A-Z][A-Z0-9]+(?= |$)/.exec(message)?.[0] ?? '';
}
