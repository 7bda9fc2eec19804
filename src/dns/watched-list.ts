/**
 * A watched DNSBL as policies ask it: with one filter. A filter can keep out
 * what is wrong with a zone, so each has a state of its own. Holds that state;
 * watched-zone.ts changes it.
 */
import type { DnsblArgument } from './dnsbl.ts';
import type { DnsblFault } from './dnsbl-faults.ts';
import type { DnsblSubject } from './dnsbl-probe.ts';
import { ListWorth } from './list-worth.ts';
import type { DnsAnswer } from './resolver.ts';

/** The values of `dnsbl_health`. */
export const DNSBL_HEALTH_MODES = ['enforce', 'report', 'off'] as const;
export type DnsblHealthMode = (typeof DNSBL_HEALTH_MODES)[number];

/** `set_aside`: a policy skips it; `faulty`: it would, but policies only want to know. */
export type ListState = 'unknown' | 'healthy' | 'unproven' | 'faulty' | 'set_aside';

/** What a resolver keeps an answer for at most, as a rule; a list that stays away for days protects nobody. */
const MAX_HOLD_SECONDS = 86_400;

export class WatchedList {
  readonly argument: DnsblArgument;
  readonly subject: DnsblSubject;
  /** What it lists it permits. */
  readonly isAllowList: boolean;
  readonly worth = new ListWorth();
  /** What is wrong with it; undefined: nothing that is known. */
  fault: DnsblFault | undefined;
  /** Since when, without a pause. */
  sinceMs = 0;
  /** Not before this it comes back. */
  heldUntilMs = 0;
  /** What was answered before this does not count any more: it may be a false listing that a cache kept. */
  trustedFromMs = Number.NEGATIVE_INFINITY;
  /** When the last probe began that showed that not everything is listed; undefined: none has yet. */
  cleanAtMs: number | undefined;
  /** Probes failed in a row. */
  failures = 0;
  /** The strictest that a policy in force says of it. */
  mode: DnsblHealthMode = 'enforce';
  /** Questions that were not asked since it is set aside. */
  skipped = 0;
  /** Listings that did not count: the zone listed everything, or nobody could show that it does not. */
  refuted = 0;
  #presence: 'unknown' | 'proven' | 'unproven' = 'unknown';
  #hadTestEntry = false;
  /** Answers, as the cache hands them out, that a probe has vouched for. */
  #confirmed = new WeakSet<DnsAnswer>();

  constructor(argument: DnsblArgument, subject: DnsblSubject, isAllowList: boolean) {
    this.argument = argument;
    this.subject = subject;
    this.isAllowList = isAllowList;
  }

  /** As it is shown: `bl.example=127.0.0.2`, a key masked. */
  get shown(): string {
    const { argument, domain, shown } = this.argument;
    return shown + argument.slice(domain.length);
  }

  get state(): ListState {
    if (this.fault !== undefined) return this.mode === 'enforce' ? 'set_aside' : 'faulty';
    if (this.cleanAtMs === undefined) return 'unknown';
    return this.#presence === 'unproven' ? 'unproven' : 'healthy';
  }

  isConfirmed(answer: DnsAnswer): boolean {
    return this.#confirmed.has(answer);
  }

  /** A listing that counts; it also shows that the list lives. */
  noteConfirmed(answer: DnsAnswer): void {
    this.#confirmed.add(answer);
    this.#presence = 'proven';
  }

  /** What the test entry shows; true when it is missing for the first time, or has gone. */
  notePresence(isProven: boolean): boolean {
    const isNews = !isProven && (this.#hadTestEntry || this.#presence === 'unknown');
    if (isProven) this.#presence = 'proven';
    else if (isNews) this.#presence = 'unproven';
    this.#hadTestEntry = isProven;
    return isNews;
  }

  setAside(fault: DnsblFault, nowMs: number, minHoldMs: number): void {
    if (this.fault === undefined) this.sinceMs = nowMs;
    this.fault = fault;
    if (fault.code !== 'lists_the_world') return;
    this.#confirmed = new WeakSet();
    this.trustedFromMs = Number.POSITIVE_INFINITY;
    const holdMs = Math.max(minHoldMs, Math.min(fault.ttlSeconds, MAX_HOLD_SECONDS) * 1000);
    this.heldUntilMs = Math.max(this.heldUntilMs, nowMs + holdMs);
  }

  reinstate(nowMs: number): void {
    this.fault = undefined;
    if (this.trustedFromMs === Number.POSITIVE_INFINITY) this.trustedFromMs = nowMs;
    this.heldUntilMs = 0;
  }
}
