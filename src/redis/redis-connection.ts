/**
 * A connection to Redis that cannot hurt: every command is answered or has
 * failed within a bound, no more than so many wait at a time, and a Redis that
 * is gone or silent costs its time limit a few times and then nothing until a
 * probe has been answered (a circuit breaker). Never throws, never logs.
 *
 * Does not repeat commands: what was sent and not answered may have been done.
 */
import { type Client, createClient } from './client.ts';
import { RedisFailure, replyCode } from './redis-failure.ts';
import type { RedisOptions } from './redis-options.ts';
import type { RedisScript } from './redis-script.ts';
import { RedisStats } from './redis-stats.ts';

/** `starting`: neither reached nor given up yet. */
export type RedisState = 'starting' | 'up' | 'down';

export interface RedisChange {
  readonly state: 'up' | 'down';
  /** For `down`: why, without credentials; else ''. */
  readonly reason: string;
}

export interface ConnectionUse {
  /** What the connection is for, as `CLIENT LIST` shows it: `postward-NAME`. */
  readonly name: string;
  /** Waits for data on the server's side: silence for this long is no fault. */
  readonly blockingMs?: number;
}

/** Timeouts in a row after which Redis counts as down. */
const TIMEOUTS_TO_OPEN = 3;
const HEARTBEAT_MS = 1000;
const PROBE_MS = 250;
const MAX_IN_FLIGHT = 2000;
/** A probe may take longer than a command of mail's, so that a busy Redis is not taken for a dead one. */
const PROBE_TIMEOUT_FACTOR = 2;
/** Errors that say: not now, or not you. The server is of no use until it says otherwise. */
const USELESS = new Set(['LOADING', 'NOAUTH', 'WRONGPASS', 'MASTERDOWN', 'CLUSTERDOWN']);

export class RedisConnection {
  readonly stats = new RedisStats();
  readonly #options: RedisOptions;
  readonly #use: ConnectionUse;
  readonly #listeners = new Set<(change: RedisChange) => void>();
  #client: Client | undefined;
  #state: RedisState = 'starting';
  #reason = 'not connected yet';
  #timeoutsInRow = 0;
  #isProbing = false;
  #lastProbeMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: RedisOptions, use: ConnectionUse) {
    this.#options = options;
    this.#use = use;
  }

  /** Where Redis is, for people; without credentials. */
  get label(): string {
    return this.#options.label;
  }

  get state(): RedisState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Why it is not up; '' if it is. */
  get reason(): string {
    return this.#state === 'up' ? '' : this.#reason;
  }

  /** Each change of state, once, and the state there is already. Call what is returned to hear no more. */
  onChange(listener: (change: RedisChange) => void): () => void {
    if (this.#state !== 'starting') listener({ state: this.#state, reason: this.reason });
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins to connect; does not wait until there is a connection. */
  async open(): Promise<void> {
    const client = await createClient(this.#options, {
      silenceMs: Math.max(this.#options.timeoutMs * 5, 1000) + (this.#use.blockingMs ?? 0),
      isPipelined: this.#use.blockingMs === undefined,
      connectionName: `postward-${this.#use.name}`,
    });
    if (this.#isClosed) {
      client.disconnect();
      return;
    }
    this.#client = client;
    client.on('ready', () => void this.#probe());
    client.on('close', () => {
      if (!this.#isClosed) this.#down(this.#reason === '' ? 'the connection ended' : this.#reason);
    });
    client.on('error', (error) => this.#failed(error));
    this.#timer = setInterval(() => void this.#beat(), PROBE_MS);
    this.#timer.unref();
  }

  /** The full name of a key: with the prefix of the settings. */
  key(name: string): string {
    return this.#options.keyPrefix + name;
  }

  /** Runs a script; its keys are full names. */
  async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly (string | number)[],
    waitMs?: number,
  ): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    const reply = await this.ask('EVALSHA', [script.sha1, ...rest], waitMs);
    const isUnknown = reply instanceof RedisFailure && reply.code === 'NOSCRIPT';
    return isUnknown ? await this.ask('EVAL', [script.text, ...rest], waitMs) : reply;
  }

  /**
   * Sends a command; keys are full names.
   *
   * @param waitMs how long to wait for the reply; default: the settings' `timeout_ms`
   * @returns the reply as Redis gave it (texts, numbers, null, arrays of them), or why there is none
   */
  async ask(
    command: string,
    args: readonly (string | number)[],
    waitMs = this.#options.timeoutMs,
  ): Promise<unknown | RedisFailure> {
    if (this.#state !== 'up') return this.#fail(new RedisFailure('down', this.#reason));
    return await this.#send(command, args, waitMs);
  }

  /**
   * All keys that match a pattern of SCAN, as full names, a batch at a time;
   * of a Cluster those of every master. Ends with a failure as soon as there is one.
   */
  async *scan(pattern: string, batch: number, waitMs: number): AsyncGenerator<string[] | RedisFailure> {
    const client = this.#client;
    for (const node of client?.nodes?.('master') ?? [client]) {
      let cursor = '0';
      do {
        const args = [cursor, 'MATCH', pattern, 'COUNT', batch];
        const reply =
          this.#state === 'up'
            ? await this.#send('SCAN', args, waitMs, node)
            : this.#fail(new RedisFailure('down', this.#reason));
        if (reply instanceof RedisFailure) {
          yield reply;
          return;
        }
        const [next, keys] = Array.isArray(reply) ? reply : [];
        yield Array.isArray(keys) ? keys.map(String) : [];
        cursor = String(next ?? '0');
      } while (cursor !== '0');
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#listeners.clear();
    this.#client?.disconnect();
    this.#state = 'down';
    this.#reason = 'closed';
  }

  async #send(
    command: string,
    args: readonly (string | number)[],
    waitMs: number,
    client = this.#client,
  ): Promise<unknown> {
    if (client === undefined) return this.#fail(new RedisFailure('down', this.#reason));
    if (this.stats.inFlight >= MAX_IN_FLIGHT) {
      return this.#fail(new RedisFailure('overloaded', `${MAX_IN_FLIGHT} commands wait for Redis already`));
    }
    const startMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let isSettled = false;
    const timeout = new Promise<RedisFailure>((resolve) => {
      const giveUp = (): void => {
        if (isSettled) return;
        resolve(this.#fail(new RedisFailure('timeout', `no answer within ${waitMs} ms`)));
        this.#timedOut(waitMs);
      };
      // After a look at what has arrived: when we ourselves were busy, Redis is not to blame.
      timer = setTimeout(() => setImmediate(giveUp), waitMs);
    });
    this.stats.inFlight += 1;
    const reply = client.call(command, ...args).then(
      (value) => {
        this.#answered(startMs);
        return value;
      },
      (error: Error) => this.#rejected(error, startMs),
    );
    // Settles later than the wait may end: what waits in the client counts until it is gone from there.
    const settled = reply.finally(() => {
      isSettled = true;
      this.stats.inFlight -= 1;
      clearTimeout(timer);
    });
    return await Promise.race([settled, timeout]);
  }

  #answered(startMs: number): void {
    this.#timeoutsInRow = 0;
    this.stats.observe((performance.now() - startMs) / 1000);
  }

  #rejected(error: Error, startMs: number): RedisFailure {
    const reason = this.#masked(error.message);
    const code = error.name === 'ReplyError' ? replyCode(error.message) : '';
    // What waited for news is sent away when a server becomes a replica; the next command tells more.
    const isSentAway = code === 'UNBLOCKED';
    if (isSentAway || (code === '' && error.name !== 'ReplyError')) {
      return this.#fail(new RedisFailure('lost', reason));
    }
    this.#answered(startMs);
    const failure = this.#fail(new RedisFailure('refused', reason, code));
    if (USELESS.has(code)) this.#down(reason);
    return failure;
  }

  #timedOut(waitMs: number): void {
    this.#timeoutsInRow += 1;
    if (this.#timeoutsInRow >= TIMEOUTS_TO_OPEN) this.#down(`no answer within ${waitMs} ms`);
  }

  /** An error of the connection itself. */
  #failed(error: Error): void {
    const reason = this.#masked(error.message || String((error as NodeJS.ErrnoException).code ?? error.name));
    // ioredis says only that all failed; the last of them says why.
    const cause = (error as { lastNodeError?: Error }).lastNodeError;
    this.#down(cause === undefined ? reason : this.#masked(cause.message));
  }

  async #beat(): Promise<void> {
    if (this.#state === 'up' && (this.#use.blockingMs !== undefined || !this.#isDue())) return;
    await this.#probe();
  }

  #isDue(): boolean {
    return performance.now() - this.#lastProbeMs >= HEARTBEAT_MS;
  }

  /** Asks for a key that a Cluster keeps where the lists are. */
  async #probe(): Promise<void> {
    if (this.#isProbing || this.#isClosed) return;
    this.#isProbing = true;
    this.#lastProbeMs = performance.now();
    const waitMs = this.#options.timeoutMs * PROBE_TIMEOUT_FACTOR;
    const reply = await this.#send('EXISTS', [this.key('{lists}')], waitMs);
    this.#isProbing = false;
    if (this.#isClosed) return;
    const isRefused = reply instanceof RedisFailure && reply.kind === 'refused';
    if (isRefused && USELESS.has(reply.code)) return;
    if (!(reply instanceof RedisFailure) || isRefused) this.#up();
    else if (this.#state === 'starting' && reply.kind === 'timeout') this.#down(reply.reason);
  }

  #up(): void {
    if (this.#state === 'up') return;
    this.#state = 'up';
    this.#reason = '';
    this.#timeoutsInRow = 0;
    for (const listener of this.#listeners) listener({ state: 'up', reason: '' });
  }

  #down(reason: string): void {
    // While it is down, only a refusal is news: that somebody must see to.
    const isNews = this.#state !== 'down' || (replyCode(reason) !== '' && reason !== this.#reason);
    if (!isNews) return;
    if (this.#state !== 'down') this.stats.outages += 1;
    this.#state = 'down';
    this.#reason = reason;
    for (const listener of this.#listeners) listener({ state: 'down', reason });
  }

  #fail(failure: RedisFailure): RedisFailure {
    this.stats.failures[failure.kind] += 1;
    return failure;
  }

  /** Error texts of Redis may repeat what was sent. */
  #masked(text: string): string {
    const { password, target } = this.#options;
    const secrets = [password, target.kind === 'sentinel' ? target.password : undefined];
    let masked = text.replace(/, with args beginning with:.*$/s, '');
    for (const secret of secrets) if (secret) masked = masked.replaceAll(secret, '***');
    return masked;
  }
}
