/**
 * Another policy server as smtpd(8) asks it (attr_clnt(3)): connections kept
 * for the next request, tries and their delay, time limits.
 *
 * Where a Postfix has one connection for each smtpd process we have a pool,
 * bounded by as many as Postfix would have. A connection that the server has
 * closed between requests costs no try. An answer always comes within the time
 * given, and is a failure at worst.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceEndpoint } from '../net/service-endpoint.ts';
import { Turns } from '../util/turns.ts';
import { type PolicyAnswer, ServiceFailure } from './policy-answer.ts';
import { type Exchange, ServiceConnection } from './service-connection.ts';

/** The smtpd_policy_service_* parameters, or their values in braces. */
export interface ServiceSettings {
  readonly endpoint: ServiceEndpoint;
  /** For connecting, and again for the answer. */
  readonly timeoutSeconds: number;
  /** A connection is closed after so long without a request, */
  readonly maxIdleSeconds: number;
  /** when it is so old, */
  readonly maxTtlSeconds: number;
  /** and after so many requests; 0: any number. */
  readonly requestLimit: number;
  /** At least 1. */
  readonly tryLimit: number;
  readonly retryDelaySeconds: number;
}

/** default_process_limit: as many smtpd processes might ask at a time, each by a connection of its own. */
const MAX_CONNECTIONS = 100;

/**
 * The very same request, under way more often than this: nobody asks so, since
 * smtpd waits for one answer before it asks the next. So the service asks us
 * to answer, and we it again.
 */
const MAX_SAME_REQUESTS = 8;

export class PolicyService {
  readonly #settings: ServiceSettings;
  /** The one used last is used next, so that the others grow old. */
  readonly #idle: ServiceConnection[] = [];
  readonly #turns = new Turns(MAX_CONNECTIONS);
  readonly #asking = new Map<string, number>();
  #isClosed = false;

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
  }

  /**
   * Sends a request (policy-query.ts), as often as Postfix would try. Never rejects.
   *
   * @param deadlineMs when there must be an answer, by performance.now()
   */
  async ask(request: string, deadlineMs: number): Promise<PolicyAnswer | ServiceFailure> {
    const same = this.#asking.get(request) ?? 0;
    if (same >= MAX_SAME_REQUESTS) {
      return new ServiceFailure('it asks Postward, which asks it again, in a circle');
    }
    this.#asking.set(request, same + 1);
    const result = await this.#tryRepeatedly(request, deadlineMs);
    const others = (this.#asking.get(request) ?? 1) - 1;
    if (others === 0) this.#asking.delete(request);
    else this.#asking.set(request, others);
    return result;
  }

  /** Closes connections that rest; those in use when they are done. */
  close(): void {
    this.#isClosed = true;
    this.#turns.cancel();
    for (const connection of [...this.#idle]) connection.close();
  }

  async #tryRepeatedly(request: string, deadlineMs: number): Promise<PolicyAnswer | ServiceFailure> {
    const { tryLimit, retryDelaySeconds } = this.#settings;
    for (let tries = 1; ; tries++) {
      const result = await this.#tryInTurn(request, deadlineMs);
      if (!(result instanceof ServiceFailure)) return result;
      const delayMs = retryDelaySeconds * 1000;
      const isTooLate = performance.now() + delayMs >= deadlineMs;
      if (tries >= tryLimit || isTooLate || this.#isClosed) return result;
      await delay(delayMs);
    }
  }

  async #tryInTurn(request: string, deadlineMs: number): Promise<PolicyAnswer | ServiceFailure> {
    if (this.#isClosed) return new ServiceFailure('its policy is no longer in force');
    const isMyTurn = await this.#turns.take(Math.max(0, deadlineMs - performance.now()));
    if (!isMyTurn) return new ServiceFailure(`${MAX_CONNECTIONS} other requests wait for it`);
    const result = await this.#try(request, deadlineMs);
    this.#turns.release();
    return result;
  }

  async #try(request: string, deadlineMs: number): Promise<PolicyAnswer | ServiceFailure> {
    const first = await this.#exchange(this.#idle.pop() ?? this.#connect(), request, deadlineMs);
    const result = first === 'stale' ? await this.#exchange(this.#connect(), request, deadlineMs) : first;
    return result === 'stale' ? new ServiceFailure('it closed the connection without an answer') : result;
  }

  async #exchange(connection: ServiceConnection, request: string, deadlineMs: number): Promise<Exchange> {
    const timeoutMs = this.#settings.timeoutSeconds * 1000;
    const result = await connection.exchange(request, { timeoutMs, deadlineMs });
    this.#keep(connection);
    return result;
  }

  #connect(): ServiceConnection {
    const connection = new ServiceConnection(this.#settings.endpoint, () => {
      const at = this.#idle.indexOf(connection);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    return connection;
  }

  /** For the next request, unless it is worn out. */
  #keep(connection: ServiceConnection): void {
    const { maxIdleSeconds, maxTtlSeconds, requestLimit } = this.#settings;
    const ttlMs = maxTtlSeconds * 1000 - (performance.now() - connection.openedMs);
    const isWornOut = ttlMs <= 0 || (requestLimit > 0 && connection.exchanges >= requestLimit);
    if (isWornOut || this.#isClosed || !connection.isReusable) {
      connection.close();
      return;
    }
    this.#idle.push(connection);
    connection.rest(Math.min(maxIdleSeconds * 1000, ttlMs));
  }
}
