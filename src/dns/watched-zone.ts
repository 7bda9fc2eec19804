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
import type { PromiseOrValue } from '../util/promise-or-value.ts';
import { type DnsblArgument, parseDnsblArgument, readDnsblAnswer } from './dnsbl.ts';
import type { DnsblDoubt } from './dnsbl-doubts.ts';
import type { DnsblFault } from './dnsbl-faults.ts';
import { type DnsblSubject, freshPoint, type PointKind, pointKind } from './dnsbl-points.ts';
import { askFreshPoint, type ProbeReport, probeDnsbl } from './dnsbl-probe.ts';
import { judgeFreshPoint, judgeProbe, type ProbeVerdict } from './dnsbl-verdict.ts';
import type { DnsAnswer, Resolver } from './resolver.ts';
import { Suspicion } from './suspicion.ts';
import type { WatchedList } from './watched-list.ts';

/** How a zone is watched. */
export interface WatchOptions {
  /** Between probes of a healthy zone; the longest wait between those of another. */
  readonly probeMs: number;
  /** From the first failed probe to the next; doubled each time. */
  readonly retryMs: number;
  /** How long a clean probe vouches for listings that come after it, two at most. 0: not at all. */
  readonly confirmMs: number;
  /** Caches keep false listings at least this long, whatever their TTL. */
  readonly minHoldMs: number;
  /** An answer that takes longer is as bad as none. */
  readonly slowMs: number;
  /** Whether a zone is asked through servers of its own, not those that everything else is asked through. */
  readonly hasOwnServers?: (zone: string) => boolean;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

/** Told of changes of state, each once. */
export interface WatchEvents {
  setAside(list: WatchedList, retryMs: number): void;
  returned(list: WatchedList, afterMs: number): void;
  /**
   * The list has no test entry, or no longer: nothing shows whether it lives.
   * @param isEverywhere so it is with all lists, of several that are asked through the usual servers
   */
  unproven(list: WatchedList, isEverywhere: boolean): void;
  /** Something is odd about it, though it stays in use. */
  doubted(list: WatchedList, doubt: DnsblDoubt): void;
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
const JITTER = 0.1;

export class WatchedZone {
  readonly zone: string;
  readonly subject: DnsblSubject;
  readonly lists = new Map<string, WatchedList>();
  readonly counts: ZoneCounts = { probes: 0, listed: 0, notListed: 0, errorAnswers: 0, failures: 0 };
  /** Of answers that came over the network. */
  readonly latencies = new DurationHistogram();
  /** When the last full probe ended, as a date; undefined: none has yet. */
  probedAt: Date | undefined;
  readonly #resolver: Resolver;
  readonly #options: WatchOptions;
  readonly #events: WatchEvents;
  readonly #plain: DnsblArgument;
  /** When listings came over the network, as the cache keeps them. */
  readonly #obtainedAtMs = new WeakMap<DnsAnswer, number>();
  readonly #suspicion: Suspicion;
  #timer: NodeJS.Timeout | undefined;
  #probing: Promise<void> | undefined;
  /** Fresh points on their way. */
  readonly #showing = new Map<PointKind, Promise<void>>();
  #failedProbes = 0;
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
    this.#suspicion = new Suspicion(options.probeMs);
    // Without a filter there is nothing about a zone that could not be read.
    this.#plain = parseDnsblArgument(zone) as DnsblArgument;
  }

  /** See WatchedList.isProven. */
  get isProven(): boolean {
    return Array.from(this.lists.values()).every(({ isProven }) => isProven);
  }

  get hasOwnServers(): boolean {
    return this.#options.hasOwnServers?.(this.zone) === true;
  }

  /** Ends all probing; `probe` and `confirm` go on to answer. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Probes now, or joins the probe on its way. */
  probe(): Promise<void> {
    this.#probing ??= this.#runProbe().finally(() => {
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
    } else if (kind === 'error_answer') {
      this.counts.errorAnswers += 1;
      this.#suspect();
      return;
    } else this.counts.failures += 1;
    if (this.#suspicion.note(kind === 'tempfail' || durationMs > this.#options.slowMs)) this.#suspect();
  }

  /**
   * Whether a listing may be believed: true when the zone has been shown, by a
   * probe that began after the listing came, not to list everything of its
   * kind. Who asks waits for it. A probe that nobody answers shows nothing:
   * false.
   *
   * @param name that was asked for
   */
  confirm(list: WatchedList, answer: DnsAnswer, name: string): PromiseOrValue<boolean> {
    if (list.fault !== undefined) return false;
    if (list.isConfirmed(answer)) return true;
    const obtainedMs = this.#obtainedAtMs.get(answer);
    // From before a time of false listings, out of a cache.
    if ((obtainedMs ?? Number.POSITIVE_INFINITY) < list.trustedFromMs) return false;
    const kind = pointKind(name.slice(0, -this.zone.length - 1), this.subject);
    const cameMs = obtainedMs ?? this.#options.now();
    const isShown = (): boolean =>
      list.isVouchedFor(kind, cameMs, this.#options.now(), this.#options.confirmMs);
    if (list.hasPassed && !this.#showing.has(kind) && isShown()) return this.#believe(list, answer);
    return this.#isShown(list, kind, isShown).then((isTrue) => isTrue && this.#believe(list, answer));
  }

  async #isShown(list: WatchedList, kind: PointKind, isShown: () => boolean): Promise<boolean> {
    // One point says less than all of them, which are asked at the start.
    const full = list.hasPassed ? undefined : this.probe();
    // While there is doubt about one listing, all others wait with it.
    const earlier = this.#showing.get(kind);
    await earlier;
    let isTrue = earlier !== undefined && isShown();
    if (!isTrue && list.fault === undefined) {
      // The zone may have changed since a probe that began before this listing came.
      await this.#show(kind);
      isTrue = isShown();
    }
    await full;
    return isTrue && list.fault === undefined;
  }

  /** Shows whether the zone lists everything of a kind. */
  #show(kind: PointKind): Promise<void> {
    let showing = this.#showing.get(kind);
    if (showing === undefined) {
      showing = this.#askFresh(kind).finally(() => this.#showing.delete(kind));
      this.#showing.set(kind, showing);
    }
    return showing;
  }

  #believe(list: WatchedList, answer: DnsAnswer): true {
    list.noteConfirmed(answer);
    // What a store or another server kept shows nothing about the list of now.
    const obtainedMs = this.#obtainedAtMs.get(answer);
    if (obtainedMs !== undefined) list.noteAlive(obtainedMs);
    this.#events.believed?.(answer);
    return true;
  }

  async #askFresh(kind: PointKind): Promise<void> {
    this.counts.probes += 1;
    const startedMs = this.#options.now();
    const answered = await askFreshPoint(this.#resolver, this.zone, this.subject, kind);
    let isUnclear = false;
    let isFaulty = false;
    for (const list of this.lists.values()) {
      const verdict = judgeFreshPoint(answered, list.argument);
      if (verdict === 'clean') list.noteClean(kind, startedMs);
      else if (verdict === 'error_answer') isUnclear = true;
      else if (verdict === 'silent') this.#suspect();
      else {
        isFaulty = true;
        this.#setAside(list, verdict);
      }
    }
    if (isFaulty) this.#scheduleRetry();
    // One odd name may bring an error code; all points together tell what it means.
    if (isUnclear) await (this.#probing?.then(() => this.probe()) ?? this.probe());
  }

  async #runProbe(): Promise<void> {
    this.counts.probes += 1;
    const startedMs = this.#options.now();
    const report = await probeDnsbl(this.#resolver, this.zone, this.subject);
    this.probedAt = new Date();
    const { slowMs } = this.#options;
    let verdicts = this.#judge(report, slowMs);
    const codes = verdicts.map(([, { fault }]) => fault?.code);
    const isSilent = codes.includes('times_out') || codes.includes('fails');
    if (isSilent || codes.includes('slow')) {
      const usualMs = await this.#timeOfDns();
      if (isSilent && usualMs === undefined) {
        this.#schedule(DNS_OUT_RETRY_MS);
        return;
      }
      // What takes long for everybody is not the list's doing.
      verdicts = this.#judge(report, slowMs + (usualMs ?? Number.POSITIVE_INFINITY));
    }
    for (const [list, verdict] of verdicts) this.#take(list, verdict, startedMs);
    this.#afterProbe();
  }

  #judge(report: ProbeReport, slowMs: number): (readonly [WatchedList, ProbeVerdict])[] {
    return Array.from(
      this.lists.values(),
      (list) => [list, judgeProbe(report, list.argument, slowMs)] as const,
    );
  }

  #take(list: WatchedList, verdict: ProbeVerdict, startedMs: number): void {
    const nowMs = this.#options.now();
    const { fault } = verdict;
    if (fault !== undefined) {
      list.failures += 1;
      if (!fault.mayPass || list.failures > 1 || list.fault !== undefined) this.#setAside(list, fault);
      return;
    }
    list.failures = 0;
    list.hasPassed = true;
    if (list.fault !== undefined) {
      // One that began before the fault was seen may have been answered before it came.
      if (startedMs < list.seenAtMs) return;
      // Caches on the way repeat false listings until their TTL ends.
      if (nowMs < list.heldUntilMs) return;
      const { sinceMs } = list;
      list.reinstate(nowMs);
      this.#events.returned(list, nowMs - sinceMs);
    }
    for (const kind of verdict.clean) list.noteClean(kind, startedMs);
    if (list.noteTestEntry(verdict.testEntry, nowMs)) this.#events.unproven(list, false);
    for (const doubt of list.noteDoubts(verdict.doubts)) this.#events.doubted(list, doubt);
  }

  #setAside(list: WatchedList, fault: DnsblFault): void {
    const isChange = list.fault?.code !== fault.code;
    list.setAside(fault, this.#options.now(), this.#options.minHoldMs);
    if (isChange) this.#events.setAside(list, this.#retryMs());
  }

  #afterProbe(): void {
    const lists = [...this.lists.values()];
    if (lists.some(({ fault }) => fault !== undefined)) this.#scheduleRetry();
    else if (lists.some(({ failures }) => failures > 0)) this.#schedule(SECOND_LOOK_MS);
    else {
      this.#failedProbes = 0;
      this.#schedule(this.#options.probeMs);
    }
  }

  #scheduleRetry(): void {
    this.#failedProbes += 1;
    this.#schedule(this.#retryMs());
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

  /** Probes, unless it is tried again anyway. */
  #suspect(): void {
    const isAside = Array.from(this.lists.values()).some(({ fault }) => fault !== undefined);
    if (!isAside && this.#suspicion.isDue(this.#options.now())) void this.probe();
  }

  /**
   * How long the resolver takes for a name of the same top-level domain that
   * nobody has asked for, since what it has at hand it repeats for days when
   * it has lost its way to the world; undefined: it cannot say. What a zone's
   * own servers do not say in time is their own doing.
   */
  async #timeOfDns(): Promise<number | undefined> {
    if (this.hasOwnServers) return 0;
    const topLevel = this.zone.slice(this.zone.lastIndexOf('.') + 1);
    const started = performance.now();
    const answer = await this.#resolver.lookup(
      `${freshPoint(this.zone, 'domain', 'domain')}.${topLevel}`,
      'A',
    );
    return answer.status === 'tempfail' ? undefined : performance.now() - started;
  }
}
