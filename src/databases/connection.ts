/**
 * What the servers behind lookup tables have in common, whatever they speak:
 * a place, a connection that answers one query after another, and no answer.
 */

/** A place to connect to. */
export interface ServerAddress {
  /** On this machine: preferred to those that are not, as Postfix does. */
  readonly isLocal: boolean;
  /** For people; holds no password. */
  readonly label: string;
}

/** There is no answer, and why. A value, never an exception. */
export class NoAnswer {
  /** For a log line, lower-case; holds no password. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** One connection. Whoever uses it bounds the time. */
export interface Connection<Q, A> {
  /**
   * Not while another query is under way. NoAnswer: the server, or we, refuse
   * this query, and the connection is as good as before. Rejects when the
   * connection is lost.
   */
  ask(query: Q): Promise<A | NoAnswer>;
  /** At once, whatever is under way. */
  close(): void;
}

/** Rejects when there is no connection, about within the time given. */
export type Connect<S extends ServerAddress, Q, A> = (
  server: S,
  timeoutMs: number,
) => Promise<Connection<Q, A>>;
