/**
 * One server of a pool: its connections, and whether it is of use.
 *
 * A server that cannot be reached, or is silent for too long, is left alone
 * for a while, so that it costs its time limit once and not for each query.
 * Then one query tries it, and all others only when that one was answered. A
 * connection that was lost while it rested costs nothing but another one.
 */
import { type Connect, type Connection, NoAnswer, type ServerAddress } from './connection.ts';
import type { PoolLimits } from './pool-limits.ts';

interface Resting<Q, A> {
  readonly connection: Connection<Q, A>;
  readonly timer: NodeJS.Timeout;
}

interface Outage {
  readonly reason: string;
  readonly waitMs: number;
  /** By performance.now(). */
  readonly untilMs: number;
}

/** The connection ended before it answered. */
class Lost {
  readonly reason: string;

  constructor(error: unknown) {
    this.reason = reasonOf(error);
  }
}

export class PooledServer<S extends ServerAddress, Q, A> {
  readonly address: S;
  readonly #connect: Connect<S, Q, A>;
  readonly #limits: PoolLimits;
  /** The one used last is used next, so that the others grow old. */
  readonly #idle: Resting<Q, A>[] = [];
  readonly #busy = new Set<Connection<Q, A>>();
  #outage: Outage | undefined;
  #isProbing = false;
  #isClosed = false;

  constructor(address: S, connect: Connect<S, Q, A>, limits: PoolLimits) {
    this.address = address;
    this.#connect = connect;
    this.#limits = limits;
  }

  get isConnected(): boolean {
    return this.#outage === undefined && this.#idle.length + this.#busy.size > 0;
  }

  /** False while it is left alone. */
  get isAvailable(): boolean {
    return this.#outage === undefined || (!this.#isProbing && performance.now() >= this.#outage.untilMs);
  }

  /** Why it is left alone; '' if it is not. */
  get outage(): string {
    return this.#outage === undefined ? '' : `${this.address.label}: ${this.#outage.reason}`;
  }

  /** @param deadlineMs when there must be an answer, by performance.now() */
  async ask(query: Q, deadlineMs: number): Promise<A | NoAnswer> {
    if (this.#outage === undefined) return await this.#ask(query, deadlineMs);
    this.#isProbing = true;
    const answer = await this.#ask(query, deadlineMs);
    this.#isProbing = false;
    return answer;
  }

  close(): void {
    this.#isClosed = true;
    this.#closeIdle();
  }

  async #ask(query: Q, deadlineMs: number): Promise<A | NoAnswer> {
    for (let resting = this.#idle.pop(); resting !== undefined; resting = this.#idle.pop()) {
      clearTimeout(resting.timer);
      const answer = await this.#exchange(resting.connection, query, deadlineMs);
      if (!(answer instanceof Lost)) return answer;
    }
    const connection = await this.#open(deadlineMs);
    if (connection instanceof NoAnswer) return connection;
    const answer = await this.#exchange(connection, query, deadlineMs);
    return answer instanceof Lost ? this.#failed(answer.reason) : answer;
  }

  async #open(deadlineMs: number): Promise<Connection<Q, A> | NoAnswer> {
    const timeoutMs = Math.min(this.#limits.connectTimeoutMs, deadlineMs - performance.now());
    const connecting = this.#connect(this.address, timeoutMs).catch((error: unknown) => new Lost(error));
    const connection = await within(connecting, timeoutMs);
    if (connection === undefined) {
      void connecting.then((late) => {
        if (!(late instanceof Lost)) late.close();
      });
      return this.#failed(`no connection within ${seconds(timeoutMs)}`);
    }
    return connection instanceof Lost ? this.#failed(connection.reason) : connection;
  }

  async #exchange(connection: Connection<Q, A>, query: Q, deadlineMs: number): Promise<A | NoAnswer | Lost> {
    const timeoutMs = Math.min(this.#limits.queryTimeoutMs, deadlineMs - performance.now());
    this.#busy.add(connection);
    const asking = connection.ask(query).catch((error: unknown) => new Lost(error));
    const answer = await within(asking, timeoutMs);
    this.#busy.delete(connection);
    if (answer === undefined || answer instanceof Lost) {
      connection.close();
      return answer ?? this.#failed(`no answer within ${seconds(timeoutMs)}`);
    }
    this.#outage = undefined;
    this.#rest(connection);
    return answer;
  }

  #rest(connection: Connection<Q, A>): void {
    if (this.#isClosed) {
      connection.close();
      return;
    }
    const timer = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(resting), 1);
      connection.close();
    }, this.#limits.idleTimeoutMs).unref();
    const resting = { connection, timer };
    this.#idle.push(resting);
  }

  #failed(reason: string): NoAnswer {
    const { firstRetryMs, maxRetryMs } = this.#limits;
    const now = performance.now();
    // Queries that were under way together fail together: that is one outage, not several.
    if (this.#outage === undefined || now >= this.#outage.untilMs) {
      const waitMs = Math.min(maxRetryMs, (this.#outage?.waitMs ?? firstRetryMs / 2) * 2);
      this.#outage = { reason, waitMs, untilMs: now + waitMs };
    }
    this.#closeIdle();
    return new NoAnswer(`${this.address.label}: ${reason}`);
  }

  #closeIdle(): void {
    for (const { connection, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      connection.close();
    }
  }
}

/** undefined when it takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms), undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 100) / 10)} s`;
}

/** A name with several addresses fails with one error for each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
