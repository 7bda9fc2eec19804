/**
 * One question, put to the servers until one of them answers it.
 *
 * Owns the order of attempts: server by server, each with its own timeout,
 * then those that were silent again, so many rounds, all within a deadline; TCP
 * where the answer was truncated; without EDNS0 where that was refused. A late answer to
 * an earlier attempt is as good as any. Calls back once, never throws.
 */
import { askingOrder, type DnsServer, type QueryOutcome } from './dns-server.ts';
import { encodeQuery, isTruncated, type QueryMessage } from './query-message.ts';
import type { RandomSource } from './random-source.ts';
import { type Reading, readAnswer } from './read-answer.ts';
import type { DnsType } from './resolver.ts';
import { queryOverTcp } from './tcp-query.ts';
import type { AnswerListener, Cancel, UdpSockets } from './udp-sockets.ts';

/** What an exchange needs of its client. */
export interface ExchangeContext {
  readonly servers: readonly DnsServer[];
  readonly sockets: ReadonlyMap<DnsServer, UdpSockets>;
  readonly random: RandomSource;
  readonly counters: ExchangeCounters;
  readonly timeoutMs: number;
  /** Rounds over all servers. */
  readonly attempts: number;
  now(): number;
}

export interface ExchangeCounters {
  udpQueries: number;
  tcpQueries: number;
  timeouts: number;
  networkErrors: number;
}

export class Exchange {
  readonly #context: ExchangeContext;
  readonly #order: readonly DnsServer[];
  readonly #deadlineMs: number;
  readonly #done: (reading: Reading) => void;
  readonly #query: QueryMessage;
  readonly #cancels: Cancel[] = [];
  /** Servers that have answered, with a failure: asking them again would not help. */
  readonly #failed = new Set<DnsServer>();
  /** Servers whose failure may have been about EDNS0. */
  readonly #refusedEdns = new Set<DnsServer>();
  #plainQuery: QueryMessage | undefined;
  #reason = 'timeout';
  #attempt = -1;
  #timer: NodeJS.Timeout | undefined;
  #isDone = false;

  /** Asks at once. `deadlineMs` is a time of `context.now()`. */
  constructor(
    context: ExchangeContext,
    name: string,
    type: DnsType,
    deadlineMs: number,
    done: (reading: Reading) => void,
  ) {
    this.#context = context;
    this.#order = askingOrder(context.servers, context.now());
    this.#deadlineMs = deadlineMs;
    this.#done = done;
    this.#query = encodeQuery(name, type, true);
    this.#next();
  }

  /** Ends it without a callback. */
  cancel(): void {
    this.#isDone = true;
    clearTimeout(this.#timer);
    for (const cancel of this.#cancels) cancel();
  }

  #finish(reading: Reading): void {
    if (this.#isDone) return;
    this.cancel();
    this.#done(reading);
  }

  /** The next server that may still answer; after the last one another round to those that were silent. */
  #next(): void {
    const count = this.#order.length;
    for (;;) {
      this.#attempt += 1;
      const isOver = this.#attempt >= count * this.#context.attempts;
      // Once a server has answered that it cannot say, waiting for the silent ones again only costs time.
      const isSettled = this.#attempt >= count && this.#failed.size > 0;
      const server = this.#order[this.#attempt % count];
      if (isOver || isSettled || server === undefined) {
        this.#finish({ kind: 'failure', reason: this.#reason, mayBeEdns: false });
        return;
      }
      if (this.#failed.has(server)) continue;
      this.#ask(server, server.takesEdns(this.#context.now()) ? this.#query : this.#withoutEdns());
      return;
    }
  }

  #ask(server: DnsServer, query: QueryMessage): void {
    const remainingMs = this.#startTimer(server);
    if (remainingMs <= 0) return;
    this.#context.counters.udpQueries += 1;
    const sentMs = this.#context.now();
    const cancel = this.#context.sockets.get(server)?.send(query, sentMs, {
      onAnswer: (message) => {
        if (isTruncated(message)) this.#askOverTcp(server, query, sentMs);
        else this.#read(server, query, message, sentMs);
      },
      onNetworkError: (reason) => {
        this.#observe(server, 'network_error', sentMs);
        this.#networkError(server, reason);
      },
    });
    if (cancel !== undefined) this.#cancels.push(cancel);
  }

  /** The question counts from when it was first sent, over UDP. */
  #askOverTcp(server: DnsServer, query: QueryMessage, sentMs: number): void {
    if (this.#isDone || this.#startTimer(server) <= 0) return;
    this.#context.counters.tcpQueries += 1;
    const listener: AnswerListener = {
      onAnswer: (message) => this.#read(server, query, message, sentMs),
      onNetworkError: (reason) => {
        this.#observe(server, 'network_error', sentMs);
        this.#refuse(server, reason);
      },
    };
    this.#cancels.push(queryOverTcp(server, query, this.#context.random.next(), listener));
  }

  #read(server: DnsServer, query: QueryMessage, message: Buffer, sentMs: number): void {
    if (this.#isDone) return;
    server.noteAnswer();
    const reading = readAnswer(message, query.name, query.type);
    this.#observe(server, reading.kind === 'failure' ? 'failure' : 'answer', sentMs);
    if (reading.kind === 'failure') {
      if (reading.mayBeEdns && query.hasEdns) {
        this.#refusedEdns.add(server);
        this.#ask(server, this.#withoutEdns());
      } else this.#refuse(server, reading.reason);
      return;
    }
    if (query.hasEdns || this.#refusedEdns.has(server)) server.noteEdns(query.hasEdns, this.#context.now());
    this.#finish(reading);
  }

  /** The server has answered, but not the question. */
  #refuse(server: DnsServer, reason: string): void {
    if (this.#isDone) return;
    this.#failed.add(server);
    this.#reason = reason;
    if (this.#isCurrent(server)) this.#next();
  }

  #networkError(server: DnsServer, reason: string): void {
    if (this.#isDone) return;
    this.#context.counters.networkErrors += 1;
    server.noteDown(this.#context.now(), reason);
    if (this.#failed.size === 0) this.#reason = reason;
    if (this.#isCurrent(server)) this.#next();
  }

  #observe(server: DnsServer, outcome: QueryOutcome, sentMs: number): void {
    if (!this.#isDone) server.durations[outcome].observe((this.#context.now() - sentMs) / 1000);
  }

  #isCurrent(server: DnsServer): boolean {
    return this.#order[this.#attempt % this.#order.length] === server;
  }

  /** Gives the current attempt its time; returns how many milliseconds that is. */
  #startTimer(server: DnsServer): number {
    clearTimeout(this.#timer);
    const waitMs = Math.min(this.#context.timeoutMs, this.#deadlineMs - this.#context.now());
    if (waitMs <= 0) {
      this.#finish({ kind: 'failure', reason: this.#reason, mayBeEdns: false });
      return 0;
    }
    this.#timer = setTimeout(() => {
      this.#context.counters.timeouts += 1;
      server.durations.timeout.observe(waitMs / 1000);
      server.noteSilence(this.#context.now());
      this.#next();
    }, waitMs);
    return waitMs;
  }

  #withoutEdns(): QueryMessage {
    this.#plainQuery ??= encodeQuery(this.#query.name, this.#query.type, false);
    return this.#plainQuery;
  }
}
