/**
 * Who was turned away, without end: each client is told of once a minute, with
 * how often it came.
 */
import type { Denial } from './guard.ts';

const PERIOD_MS = 60_000;
const MAX_CLIENTS = 1000;

export type ReportDenial = (denial: Denial, count: number) => void;

export class DenialLog {
  readonly #report: ReportDenial;
  readonly #now: () => number;
  /** When a client was last told of, and how often it came since. */
  readonly #clients = new Map<string, { readonly atMs: number; count: number }>();

  constructor(report: ReportDenial, now: () => number = () => performance.now()) {
    this.#report = report;
    this.#now = now;
  }

  note(denial: Denial): void {
    const known = this.#clients.get(denial.client);
    const atMs = this.#now();
    if (known !== undefined && atMs - known.atMs < PERIOD_MS) {
      known.count += 1;
      return;
    }
    this.#clients.delete(denial.client);
    if (this.#clients.size >= MAX_CLIENTS) this.#clients.delete(this.#clients.keys().next().value ?? '');
    this.#clients.set(denial.client, { atMs, count: 0 });
    this.#report(denial, (known?.count ?? 0) + 1);
  }
}
