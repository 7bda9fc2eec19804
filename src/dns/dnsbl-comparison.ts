/**
 * Holds a listing against what the other lists say of the same address or
 * domain, as far as they have been asked anyway (lookahead asks them at once):
 * nobody is asked for it. Looks a while later, when their answers are in.
 */
import { readDnsblAnswer } from './dnsbl.ts';
import type { DnsAnswer, DnsType } from './resolver.ts';
import type { WatchedList } from './watched-list.ts';

export interface DnsblComparisonOptions {
  /** What is known without asking. */
  readonly peek: (name: string, type: DnsType) => DnsAnswer | undefined;
  readonly lists: () => Iterable<WatchedList>;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Until the others have answered. Default 5 seconds. */
  readonly delayMs?: number;
}

/** Listings that wait to be compared; more in so short a time are not. */
const MAX_WAITING = 10_000;

interface Waiting {
  readonly list: WatchedList;
  /** `2.0.0.127` of `2.0.0.127.bl.example`, with its dot. */
  readonly prefix: string;
  readonly dueMs: number;
}

export class DnsblComparison {
  readonly #options: DnsblComparisonOptions;
  readonly #delayMs: number;
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DnsblComparisonOptions) {
    this.#options = options;
    this.#delayMs = options.delayMs ?? 5_000;
  }

  /** @param name that was asked for and is listed */
  note(list: WatchedList, name: string): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    const prefix = name.slice(0, name.length - list.argument.domain.length);
    this.#waiting.push({ list, prefix, dueMs: this.#options.now() + this.#delayMs });
    this.#timer ??= setTimeout(() => this.#run(), this.#delayMs).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #run(): void {
    this.#timer = undefined;
    const nowMs = this.#options.now();
    while (this.#waiting.length > 0 && (this.#waiting[0] as Waiting).dueMs <= nowMs + 1) {
      this.#compare(this.#waiting.shift() as Waiting, nowMs);
    }
    const next = this.#waiting[0];
    if (next !== undefined) this.#timer = setTimeout(() => this.#run(), next.dueMs - nowMs).unref();
  }

  #compare({ list, prefix }: Waiting, nowMs: number): void {
    // What a list says that lists everybody tells nothing of its worth.
    if (list.fault !== undefined) return;
    let isComparable = false;
    const others: string[] = [];
    for (const other of this.#options.lists()) {
      if (other === list || other.subject !== list.subject || other.fault !== undefined) continue;
      // Allow lists and deny lists say the opposite of each other.
      if (other.isAllowList !== list.isAllowList) continue;
      if (other.argument.domain.toLowerCase() === list.argument.domain.toLowerCase()) continue;
      const answer = this.#options.peek(prefix + other.argument.domain, 'A');
      if (answer === undefined) continue;
      const { kind } = readDnsblAnswer(answer, other.argument);
      if (kind === 'listed') others.push(other.shown);
      if (kind === 'listed' || kind === 'not_listed') isComparable = true;
    }
    if (isComparable) list.worth.noteCompared(others, nowMs);
  }
}
