/**
 * The last decisions, for whoever wants to see them: as the lines they are in
 * the log, whether the log has them or not. Owns a ring of lines, bounded in
 * number and size, and tells those who follow of each new one.
 *
 * A line is one string of its own: it holds on to nothing of the request, and
 * costs the garbage collector next to nothing.
 */
import type { ZoneMask } from '../dns/zone-mask.ts';
import type { Decision } from '../engine/decision.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { type DecisionContext, decisionRecord } from './decision-line.ts';

/** Of all lines together, in UTF-16 code units. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

/** What a decision can be chosen by, under its names in the log. */
export interface DecisionFacts {
  readonly policy: string;
  readonly verdict: string;
  readonly list: string | undefined;
  readonly restriction: string | undefined;
  /** Of the entry that decided, as the policy names it. */
  readonly table: string | undefined;
  readonly client_address: string | undefined;
  readonly client_name: string | undefined;
  readonly sender: string;
  readonly recipient: string | undefined;
}

/** @param number rises by one with each decision */
export type DecisionListener = (number: number, facts: DecisionFacts, line: string) => void;

export class RecentDecisions {
  /** How many are kept at the most. */
  readonly capacity: number;
  readonly #mask: ZoneMask;
  readonly #lines: (string | undefined)[];
  readonly #listeners = new Set<DecisionListener>();
  #characters = 0;
  /** Of the oldest that is kept. */
  #first = 0;
  /** Of the next. */
  #next = 0;

  constructor(capacity: number, mask: ZoneMask) {
    this.capacity = capacity;
    this.#mask = mask;
    this.#lines = new Array(capacity);
  }

  /** Of the oldest that is kept, and of the one to come. */
  get range(): { readonly first: number; readonly next: number } {
    return { first: this.#first, next: this.#next };
  }

  /** @param line as it was logged; undefined: it was not */
  add(line: string | undefined, decision: Decision, request: PolicyRequest, context: DecisionContext): void {
    if (this.capacity === 0 && this.#listeners.size === 0) return;
    const kept = line ?? JSON.stringify(decisionRecord(decision, request, context, this.#mask));
    const number = this.#next;
    this.#next += 1;
    if (this.capacity > 0) this.#keep(number, kept);
    else this.#first = this.#next;
    if (this.#listeners.size === 0) return;
    const facts = factsOf(decision, request, context);
    for (const listener of this.#listeners) listener(number, facts, kept);
  }

  /** undefined when it is not kept any more, or not yet there. */
  line(number: number): string | undefined {
    return number < this.#first || number >= this.#next ? undefined : this.#lines[number % this.capacity];
  }

  /** Told of each decision from now on, until the returned function is called. It must not throw. */
  follow(listener: DecisionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #keep(number: number, line: string): void {
    if (number - this.#first === this.capacity) this.#drop();
    this.#lines[number % this.capacity] = line;
    this.#characters += line.length;
    while (this.#characters > MAX_CHARACTERS) this.#drop();
  }

  #drop(): void {
    const at = this.#first % this.capacity;
    this.#characters -= this.#lines[at]?.length ?? 0;
    this.#lines[at] = undefined;
    this.#first += 1;
  }
}

function factsOf(
  { verdict, decidedBy }: Decision,
  request: PolicyRequest,
  { policy }: DecisionContext,
): DecisionFacts {
  const { client_address, client_name, sender, recipient } = request;
  return {
    policy,
    verdict,
    list: decidedBy?.list,
    restriction: decidedBy?.step.restriction,
    table: decidedBy?.entry?.table,
    client_address,
    client_name,
    sender,
    recipient,
  };
}
