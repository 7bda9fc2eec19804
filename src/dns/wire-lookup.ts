/**
 * One lookup on its way: its wait for a turn, and the exchanges that its
 * aliases make necessary, one after the other. Calls back once.
 */
import { negative, tempfail } from './answer.ts';
import { Exchange, type ExchangeContext } from './exchange.ts';
import type { Reading } from './read-answer.ts';
import type { DnsAnswer, DnsType } from './resolver.ts';

/** dns_lookup(3) asks again this often before it calls an alias a loop. */
const MAX_ALIASES = 10;
const LOOP: DnsAnswer = negative('nodata', 30);

export class WireLookup {
  readonly #context: ExchangeContext;
  readonly #type: DnsType;
  readonly #deadlineMs: number;
  #done: (answer: DnsAnswer) => void;
  #name: string;
  #aliases = 0;
  /** The smallest TTL of the aliases so far. */
  #ttlSeconds = Number.MAX_SAFE_INTEGER;
  #exchange: Exchange | undefined;
  #waitTimer: NodeJS.Timeout | undefined;

  constructor(
    context: ExchangeContext,
    name: string,
    type: DnsType,
    deadlineMs: number,
    done: (answer: DnsAnswer) => void,
  ) {
    this.#context = context;
    this.#name = name;
    this.#type = type;
    this.#deadlineMs = deadlineMs;
    this.#done = done;
  }

  /** Waits for its turn, at most so long. */
  wait(maxMs: number): void {
    this.#waitTimer = setTimeout(() => this.fail('overloaded'), maxMs);
  }

  start(): void {
    clearTimeout(this.#waitTimer);
    if (this.#aliases === 0 && this.#context.now() >= this.#deadlineMs) {
      // It has waited for nothing else.
      this.fail('overloaded');
      return;
    }
    this.#exchange = new Exchange(this.#context, this.#name, this.#type, this.#deadlineMs, (reading) =>
      this.#take(reading),
    );
  }

  fail(reason: string): void {
    this.#finish(tempfail(reason));
  }

  #take(reading: Reading): void {
    if (reading.kind === 'failure') this.fail(reading.reason);
    else if (reading.kind === 'answer') {
      const { answer } = reading;
      const isShortened = answer.ttlSeconds > this.#ttlSeconds;
      this.#finish(isShortened ? { ...answer, ttlSeconds: this.#ttlSeconds } : answer);
    } else if (this.#aliases === MAX_ALIASES) this.#finish(LOOP);
    else {
      this.#aliases += 1;
      this.#ttlSeconds = Math.min(this.#ttlSeconds, reading.ttlSeconds);
      this.#name = reading.target;
      this.start();
    }
  }

  #finish(answer: DnsAnswer): void {
    clearTimeout(this.#waitTimer);
    this.#exchange?.cancel();
    // For the reason given in udp-sockets.ts: WireClient keeps lookups in a Set.
    this.#exchange = undefined;
    const done = this.#done;
    this.#done = noOne;
    done(answer);
  }
}

function noOne(): void {}
