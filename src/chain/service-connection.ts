/**
 * One connection to another policy server: one request at a time, one answer
 * each. Every exchange ends, by an answer, a failure or its time limit, and
 * nothing throws. A connection that has said too much, or too late, is not
 * used again, so that no answer is ever taken for that of another request.
 * While it rests it keeps no process alive.
 */
import { connect, type Socket } from 'node:net';
import type { ServiceEndpoint } from '../net/service-endpoint.ts';
import { endOfAnswer, type PolicyAnswer, readPolicyAnswer, ServiceFailure } from './policy-answer.ts';

/** Postfix has no limit. No action is as long as this. */
const MAX_ANSWER_BYTES = 65_536;

/** setTimeout's own limit. */
const MAX_TIMER_MS = 0x7fffffff;

/**
 * `stale`: the server had closed a connection that was used before, as it may
 * between requests, so that it has not seen this one.
 */
export type Exchange = PolicyAnswer | ServiceFailure | 'stale';

export interface ExchangeLimits {
  /** For connecting, and again for the answer. */
  readonly timeoutMs: number;
  /** When it must be over in any case, by performance.now(). */
  readonly deadlineMs: number;
}

export class ServiceConnection {
  readonly openedMs: number = performance.now();
  readonly #socket: Socket;
  #exchanges = 0;
  #isReusable = true;
  #received = '';
  #limits: ExchangeLimits = { timeoutMs: 0, deadlineMs: 0 };
  #deliver: ((result: Exchange) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #error = '';

  /** @param onClosed told once, when the connection is gone */
  constructor(endpoint: ServiceEndpoint, onClosed: () => void) {
    this.#socket = connect(
      endpoint.kind === 'unix'
        ? { path: endpoint.path }
        : { host: endpoint.host, port: endpoint.port, noDelay: true },
    );
    this.#socket.on('connect', () => this.#allowTime());
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('end', () => {
      this.#isReusable = false;
    });
    this.#socket.on('error', (error) => {
      this.#error = reasonOf(error);
    });
    this.#socket.on('close', () => {
      this.#isReusable = false;
      this.#closed();
      onClosed();
    });
  }

  /** How many requests it has been sent. */
  get exchanges(): number {
    return this.#exchanges;
  }

  /** False once the server has closed it, or has said what nobody asked for. */
  get isReusable(): boolean {
    return this.#isReusable;
  }

  /** Sends a request and waits for the answer. Not while another is under way. */
  exchange(request: string, limits: ExchangeLimits): Promise<Exchange> {
    this.#exchanges += 1;
    this.#received = '';
    this.#limits = limits;
    this.#socket.ref();
    return new Promise((resolve) => {
      this.#deliver = resolve;
      this.#allowTime();
      this.#socket.write(request);
    });
  }

  /** Until the next request: closes after so long without one. */
  rest(maxMs: number): void {
    this.#socket.unref();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), Math.min(maxMs, MAX_TIMER_MS)).unref();
  }

  close(): void {
    this.#isReusable = false;
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  #allowTime(): void {
    if (this.#deliver === undefined) return;
    const { timeoutMs, deadlineMs } = this.#limits;
    clearTimeout(this.#timer);
    const ms = Math.min(timeoutMs, Math.max(0, deadlineMs - performance.now()), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#fail(this.#lateness(ms)), ms);
  }

  #lateness(ms: number): string {
    const seconds = `${Math.round(ms / 100) / 10} s`;
    if (this.#socket.connecting) return `no connection within ${seconds}`;
    if (this.#received.includes('\r\n\r\n')) {
      return `no answer within ${seconds}: its lines end in CRLF, so that Postfix sees no end`;
    }
    return `no ${this.#received === '' ? '' : 'whole '}answer within ${seconds}`;
  }

  #receive(chunk: Buffer): void {
    if (this.#deliver === undefined) {
      this.close();
      return;
    }
    const from = this.#received.length;
    this.#received += chunk.toString('latin1');
    const end = endOfAnswer(this.#received, from);
    if (end >= 0) {
      const hasSurplus = this.#received.length > end + 1;
      const answer = readPolicyAnswer(this.#received.slice(0, end));
      if (hasSurplus || answer instanceof ServiceFailure) this.#isReusable = false;
      this.#finish(answer);
    } else if (this.#received.length > MAX_ANSWER_BYTES) {
      this.#fail(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    }
  }

  #closed(): void {
    if (this.#deliver === undefined) return;
    const isStale = this.#exchanges > 1 && this.#received === '';
    if (isStale) this.#finish('stale');
    else if (this.#error !== '') this.#fail(this.#error);
    else this.#fail(`it closed the connection ${this.#received === '' ? 'without an' : 'within its'} answer`);
  }

  #fail(reason: string): void {
    this.#finish(new ServiceFailure(reason));
    this.close();
  }

  #finish(result: Exchange): void {
    const deliver = this.#deliver;
    this.#deliver = undefined;
    clearTimeout(this.#timer);
    this.#received = '';
    deliver?.(result);
  }
}

/** A name with several addresses fails with one error for each. */
function reasonOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message;
  return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
}
