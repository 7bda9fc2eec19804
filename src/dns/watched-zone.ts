/**
 * One DNSBL under watch: probed at intervals and whenever what it says to
 * real questions gives reason, set aside when it fails, tried again with
 * back-off, and back in use when it passes.
 *
 * Live answers only raise suspicion; what sets a list aside is a probe, whose
 * right answers are known. Nothing that is listed counts before a probe has
 * shown that the zone does not list everything: see `confirm`.
 */
import { DurationHistogram } from '../util/duration-histogram.ts';
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import { type DnsblArgument, parseDnsblArgument, readDnsblAnswer } from './dnsbl.ts';
import {
  type DnsblSubject,
  judgeProbe,
  type ProbeKind,
  type ProbeVerdict,
  probeDnsbl,
} from './dnsbl-probe.ts';
import type { DnsAnswer, Resolver } from './resolver.ts';
import type { WatchedList } from './watched-list.ts';

/** How a zone is watched. */
export interface WatchOptions {
  /** Between probes of a healthy zone; the longest wait between those of another. */
  readonly probeMs: number;
  /** From the first failed probe to the next; doubled each time. */
  readonly retryMs: number;
  /** How long a clean probe vouches for what is listed. */
  readonly confirmMs: number;
  /** Caches keep false listings at least this long, whatever their TTL. */
  readonly minHoldMs: number;
  /** An answer that takes longer is as bad as none. */
  readonly slowMs: number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

/** Told of changes of state, each once. */
export interface WatchEvents {
  setAside(list: WatchedList, retryMs: number): void;
  returned(list: WatchedList, afterMs: number): void;
  /** The list has no test entry, or no longer: nothing shows whether it lives. */
  unproven(list: WatchedList): void;
  /** A listing counts: nothing was found wrong with its list. */
  believed?(answer: DnsAnswer): void;
}

/** Plain counters for metrics, of answers that came over the network. */
export interface ZoneCounts {
  probes: number;
  listed: number;
  notListed: number;
  errorAnswers: number;
  failures: number;
}

/** A second look after a failure that may have been a lost datagram. */
const SECOND_LOOK_MS = 1_000;
/** Nobody can be judged while the DNS itself is out. */
const DNS_OUT_RETRY_MS = 5_000;
/** So many bad answers more than good ones are suspicious. */
const MAX_TROUBLE = 4;
/** Between probes that suspicion asks for, doubled while they find nothing. */
const SUSPICION_SPACING_MS = 10_000;
/** As many listings in a row ask for a probe of their own; then twice as many. */
const FIRST_STREAK = 3;
const JITTER = 0.1;

export class WatchedZone {
  readonly zone: string;
  readonly subject: DnsblSubject;
  readonly lists = new Map<string, WatchedList>();
  readonly counts: ZoneCounts = { probes: 0, listed: 0, notListed: 0, errorAnswers: 0, failures: 0 };
  /** Of answers that came over the network. */
  readonly latencies = new DurationHistogram();
  /** When the last probe ended, as a date; undefined: none has yet. */
  probedAt: Date | undefined;
  readonly #resolver: Resolver;
  readonly #options: WatchOptions;
  readonly #events: WatchEvents;
  readonly #plain: DnsblArgument;
  /** When listings came over the network, as the cache keeps them. */
  readonly #obtainedAtMs = new WeakMap<DnsAnswer, number>();
  #timer: NodeJS.Timeout | undefined;
  #probing: Promise<void> | undefined;
  #confirming: Promise<void> | undefined;
  #failedProbes = 0;
  #trouble = 0;
  #suspicionSpacingMs = SUSPICION_SPACING_MS;
  #lastSuspicionMs = Number.NEGATIVE_INFINITY;
  #streak = 0;
  #nextStreak = FIRST_STREAK;
  #isClosed = false;

  constructor(
    zone: string,
    subject: DnsblSubject,
    resolver: Resolver,
    options: WatchOptions,
    events: WatchEvents,
  ) {
    this.zone = zone;
    this.subject = subject;
    this.#resolver = resolver;
    this.#options = options;
    this.#events = events;
    // Without a filter there is nothing about a zone that could not be read.
    this.#plain = parseDnsblArgument(zone) as DnsblArgument;
  }

  /** Ends all probing; `probe` and `confirm` go on to answer. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Probes now, or joins the probe on its way. */
  probe(): Promise<void> {
    this.#probing ??= this.#runProbe('full').finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }

  /** What the network said to a question about a client or sender. */
  note(answer: DnsAnswer, durationMs: number): void {
    this.latencies.observe(durationMs / 1000);
    const { kind } = readDnsblAnswer(answer, this.#plain);
    if (kind === 'listed') {
      this.counts.listed += 1;
      this.#obtainedAtMs.set(answer, this.#options.now());
    } else if (kind === 'not_listed') {
      this.counts.notListed += 1;
      this.#streak = 0;
      this.#nextStreak = FIRST_STREAK;
    } else if (kind === 'error_answer') {
      this.counts.errorAnswers += 1;
      this.#suspect();
      return;
    } else this.counts.failures += 1;
    const isBad = kind === 'tempfail' || durationMs > this.#options.slowMs;
    this.#trouble = Math.max(0, this.#trouble + (isBad ? 1 : -1));
    if (this.#trouble < MAX_TROUBLE) return;
    this.#trouble = 0;
    this.#suspect();
  }

  /**
   * Whether a listing may be believed: true when the zone has lately been
   * shown not to list everything. It is shown again once that is too long
   * ago, or when every answer in a row is a listing; who asks waits for it. A
   * probe that nobody answers takes nothing from an earlier one.
   */
  confirm(list: WatchedList, answer: DnsAnswer): PromiseOrValue<boolean> {
    if (list.fault !== undefined) return false;
    if (list.isConfirmed(answer)) return true;
    // From before a time of false listings, out of a cache.
    if ((this.#obtainedAtMs.get(answer) ?? Number.POSITIVE_INFINITY) < list.trustedFromMs) return false;
    this.#streak += 1;
    const isStreak = this.#streak >= this.#nextStreak;
    if (isStreak) this.#nextStreak *= 2;
    const wantedMs = this.#options.now() - this.#options.confirmMs;
    const isClean = (): boolean => list.cleanAtMs !== undefined && list.cleanAtMs > wantedMs;
    const earlier = this.#confirming;
    // While there is doubt about one listing, all others wait with it.
    if (!isStreak && earlier === undefined && isClean()) return this.#believe(list, answer);
    // The zone may have changed since a probe that began before this listing came.
    const shown = earlier?.then(() => (isClean() ? undefined : this.#show(list))) ?? this.#show(list);
    return shown.then(() => {
      if (list.fault !== undefined || list.cleanAtMs === undefined) return false;
      return this.#believe(list, answer);
    });
  }

  /** Shows whether the zone lists everything: see `confirm`. */
  #show(list: WatchedList): Promise<void> {
    const onItsWay = list.cleanAtMs === undefined ? this.#probing : undefined;
    this.#confirming ??= (onItsWay ?? this.#runProbe('fresh')).finally(() => {
      this.#confirming = undefined;
    });
    return this.#confirming;
  }

  #believe(list: WatchedList, answer: DnsAnswer): true {
    list.noteConfirmed(answer);
    this.#events.believed?.(answer);
    return true;
  }

  async #runProbe(kind: ProbeKind): Promise<void> {
    this.counts.probes += 1;
    const startedMs = this.#options.now();
    const report = await probeDnsbl(this.#resolver, this.zone, this.subject, kind);
    this.probedAt = new Date();
    const verdicts = Array.from(
      this.lists.values(),
      (list) => [list, judgeProbe(report, list.argument, this.#options.slowMs)] as const,
    );
    const isSilent = verdicts.some(([, verdict]) => isFault(verdict) && isSilence(verdict.code));
    if (isSilent && (await this.#isDnsOut())) {
      this.#schedule(DNS_OUT_RETRY_MS);
      return;
    }
    for (const [list, verdict] of verdicts) this.#take(list, verdict, kind, startedMs);
    this.#afterProbe(kind);
  }

  #take(list: WatchedList, verdict: ProbeVerdict, kind: ProbeKind, startedMs: number): void {
    const nowMs = this.#options.now();
    if (isFault(verdict)) {
      list.failures += 1;
      if (verdict.mayPass && list.failures < 2 && list.fault === undefined) return;
      const isChange = list.fault?.code !== verdict.code;
      list.setAside(verdict, nowMs, this.#options.minHoldMs);
      if (isChange) this.#events.setAside(list, this.#retryMs());
      return;
    }
    list.failures = 0;
    list.cleanAtMs = startedMs;
    if (kind === 'fresh') return;
    if (list.fault !== undefined) {
      // Caches on the way repeat false listings until their TTL ends.
      if (nowMs < list.heldUntilMs) return;
      const { sinceMs } = list;
      list.reinstate(nowMs);
      this.#events.returned(list, nowMs - sinceMs);
    }
    if (verdict !== 'clean' && list.notePresence(verdict === 'proven')) this.#events.unproven(list);
  }

  #afterProbe(kind: ProbeKind): void {
    const lists = [...this.lists.values()];
    if (lists.some(({ fault }) => fault !== undefined)) {
      this.#failedProbes += 1;
      this.#schedule(this.#retryMs());
    } else if (lists.some(({ failures }) => failures > 0)) this.#schedule(SECOND_LOOK_MS);
    else {
      this.#failedProbes = 0;
      // What is fresh is shown; the test points keep their turn.
      if (kind === 'full') this.#schedule(this.#options.probeMs);
    }
  }

  #retryMs(): number {
    const doublings = Math.max(0, this.#failedProbes - 1);
    return Math.min(this.#options.retryMs * 2 ** Math.min(doublings, 20), this.#options.probeMs);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const jitter = 1 + JITTER * (2 * Math.random() - 1);
    this.#timer = setTimeout(() => void this.probe(), delayMs * jitter).unref();
  }

  #suspect(): void {
    const nowMs = this.#options.now();
    const isAside = Array.from(this.lists.values()).some(({ fault }) => fault !== undefined);
    const sinceMs = nowMs - this.#lastSuspicionMs;
    if (isAside || sinceMs < this.#suspicionSpacingMs) return;
    const isNew = sinceMs > 4 * this.#suspicionSpacingMs;
    this.#suspicionSpacingMs = isNew
      ? SUSPICION_SPACING_MS
      : Math.min(2 * this.#suspicionSpacingMs, this.#options.probeMs);
    this.#lastSuspicionMs = nowMs;
    void this.probe();
  }

  /** True when the resolver answers nothing at all: the top-level domain of the zone is in every cache. */
  async #isDnsOut(): Promise<boolean> {
    const topLevel = this.zone.slice(this.zone.lastIndexOf('.') + 1);
    const asked = this.#resolver.lookup(topLevel, 'NS');
    const answer = isPromise(asked) ? await asked : asked;
    return answer.status === 'tempfail';
  }
}

function isFault(verdict: ProbeVerdict): verdict is Exclude<ProbeVerdict, string> {
  return typeof verdict !== 'string';
}

function isSilence(code: string): boolean {
  return code === 'times_out' || code === 'fails';
}
