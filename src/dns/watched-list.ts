/**
 * A watched DNSBL as policies ask it: with one filter. A filter can keep out
 * what is wrong with a zone, so each has a state of its own. Holds that state;
 * watched-zone.ts changes it.
 */
import type { DnsblArgument } from './dnsbl.ts';
import type { DnsblDoubt } from './dnsbl-doubts.ts';
import type { DnsblFault } from './dnsbl-faults.ts';
import type { DnsblSubject, PointKind } from './dnsbl-points.ts';
import type { TestEntry } from './dnsbl-verdict.ts';
import { ListWorth } from './list-worth.ts';
import type { DnsAnswer } from './resolver.ts';

/** The values of `dnsbl_health`. */
export const DNSBL_HEALTH_MODES = ['enforce', 'report', 'off'] as const;
export type DnsblHealthMode = (typeof DNSBL_HEALTH_MODES)[number];

/** `set_aside`: a policy skips it; `faulty`: it would, but policies only want to know. */
export type ListState = 'unknown' | 'healthy' | 'unproven' | 'faulty' | 'set_aside';

/** What a resolver keeps an answer for at most, as a rule; a list that stays away for days protects nobody. */
const MAX_HOLD_SECONDS = 86_400;
/** A listing shows that a list lives, for so long. */
const ALIVE_FOR_MS = 86_400_000;

/** Listings that one clean probe vouches for, which came after it. */
const MAX_VOUCHED = 2;

interface CleanProbe {
  /** When it began. */
  readonly atMs: number;
  vouched: number;
}

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
  /** When the fault was last seen. */
  seenAtMs = Number.NEGATIVE_INFINITY;
  /** Not before this it comes back. */
  heldUntilMs = 0;
  /** What was answered before this does not count any more: it may be a false listing that a cache kept. */
  trustedFromMs = Number.NEGATIVE_INFINITY;
  /** Whether a full probe has found nothing wrong yet. */
  hasPassed = false;
  /** Probes failed in a row. */
  failures = 0;
  /** The strictest that a policy in force says of it. */
  mode: DnsblHealthMode = 'enforce';
  /** Questions that were not asked since it is set aside. */
  skipped = 0;
  /** Listings that did not count: the zone listed everything, or nobody could show that it does not. */
  refuted = 0;
  /** What is odd about it, though it stays in use. */
  doubts: readonly DnsblDoubt[] = [];
  /** `alive`: it has no test entry, but has listed somebody lately. */
  #presence: 'unknown' | 'proven' | 'unproven' | 'alive' = 'unknown';
  /** It had its test entry. */
  #isLost = false;
  #isUnsure = false;
  #aliveAtMs = Number.NEGATIVE_INFINITY;
  #passingDoubts: readonly DnsblDoubt[] = [];
  readonly #clean = new Map<PointKind, CleanProbe>();
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
    if (!this.hasPassed) return 'unknown';
    return this.#presence === 'unproven' ? 'unproven' : 'healthy';
  }

  /** Its test entry is there, seen from here: what it says is what it says to others. */
  get isProven(): boolean {
    return this.fault === undefined && this.#presence === 'proven';
  }

  isConfirmed(answer: DnsAnswer): boolean {
    return this.#confirmed.has(answer);
  }

  /** A listing that counts. */
  noteConfirmed(answer: DnsAnswer): void {
    this.#confirmed.add(answer);
  }

  /** A probe that began then has shown that not everything of a kind is listed. */
  noteClean(kind: PointKind, atMs: number): void {
    if (atMs >= (this.#clean.get(kind)?.atMs ?? Number.NEGATIVE_INFINITY)) {
      this.#clean.set(kind, { atMs, vouched: 0 });
    }
  }

  /**
   * Whether a clean probe vouches for a listing: one that began after it came;
   * else one of the last `confirmMs`, and for two listings at most.
   */
  isVouchedFor(kind: PointKind, cameMs: number, nowMs: number, confirmMs: number): boolean {
    const clean = this.#clean.get(kind);
    if (clean === undefined) return false;
    if (clean.atMs >= cameMs) return true;
    if (clean.atMs <= nowMs - confirmMs || clean.vouched >= MAX_VOUCHED) return false;
    clean.vouched += 1;
    return true;
  }

  /** Nobody probes it any more: no listing counts that did not before. */
  forget(): void {
    this.#clean.clear();
  }

  /** It has listed somebody, and said so over the network. */
  noteAlive(nowMs: number): void {
    this.#aliveAtMs = nowMs;
    // One that has lost its test entry may be empty: the resolver still repeats what it said before.
    if (this.#presence === 'unproven' && !this.#isLost) this.#presence = 'alive';
  }

  /** What a probe says of the test entry; true when it is missing for the first time, or has gone. */
  noteTestEntry(entry: TestEntry, nowMs: number): boolean {
    const isSecondLook = this.#isUnsure;
    this.#isUnsure = entry === 'unsure';
    if (entry === 'unsure' && !isSecondLook) return false;
    const before = this.#presence;
    if (entry === 'there') {
      this.#presence = 'proven';
      this.#isLost = false;
      return false;
    }
    if (before === 'proven') this.#isLost = true;
    const isAlive = !this.#isLost && nowMs - this.#aliveAtMs < ALIVE_FOR_MS;
    this.#presence = isAlive ? 'alive' : 'unproven';
    return before === 'proven' || before === 'unknown';
  }

  /** Takes what a probe found odd; returns what was not known before. */
  noteDoubts(found: readonly DnsblDoubt[]): DnsblDoubt[] {
    const has = (doubts: readonly DnsblDoubt[], { code }: DnsblDoubt): boolean =>
      doubts.some((doubt) => doubt.code === code);
    const sure = found.filter(
      (doubt) => !doubt.mayPass || has(this.doubts, doubt) || has(this.#passingDoubts, doubt),
    );
    const news = sure.filter((doubt) => !has(this.doubts, doubt));
    this.#passingDoubts = found;
    this.doubts = sure;
    return news;
  }

  setAside(fault: DnsblFault, nowMs: number, minHoldMs: number): void {
    if (this.fault === undefined) this.sinceMs = nowMs;
    this.fault = fault;
    this.seenAtMs = nowMs;
    this.#clean.clear();
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
