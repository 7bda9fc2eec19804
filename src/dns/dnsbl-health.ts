/**
 * The health of all DNSBLs that the policies in force ask, for the whole
 * process: what restrictions ask, without waiting, before they ask a list.
 *
 * Owns the watched zones, one for each zone and kind of question, and sees
 * every answer of theirs that came over the network. Promises that starting
 * waits for no probe.
 */
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import type { DnsblArgument, DnsblResult } from './dnsbl.ts';
import { DnsblComparison } from './dnsbl-comparison.ts';
import { type DnsblSubject, pointKind } from './dnsbl-points.ts';
import type { DnsAnswer, DnsType, Resolver } from './resolver.ts';
import { UnprovenLists } from './unproven-lists.ts';
import { DNSBL_HEALTH_MODES, type DnsblHealthMode, WatchedList } from './watched-list.ts';
import { type WatchEvents, WatchedZone, type WatchOptions } from './watched-zone.ts';

/** A DNSBL as one restriction of a policy asks it. */
export interface DnsblUse {
  readonly list: DnsblArgument;
  readonly subject: DnsblSubject;
  readonly mode: DnsblHealthMode;
  readonly isAllowList: boolean;
  /** The same for all uses that share a state. */
  readonly key: string;
}

export function dnsblUse(
  list: DnsblArgument,
  subject: DnsblSubject,
  mode: DnsblHealthMode,
  isAllowList: boolean,
): DnsblUse {
  return { list, subject, mode, isAllowList, key: `${subject} ${list.argument.toLowerCase()}` };
}

export interface DnsblHealthOptions extends WatchOptions {
  /** Without a cache: a probe wants to know how things are now. */
  readonly resolver: Resolver;
  readonly events: WatchEvents;
  /** How long an allow list that is set aside still holds permanent rejects back. */
  readonly graceMs: number;
  /** Zones that are asked only when their turn comes. */
  readonly noPrefetch: Pick<ReadonlySet<string>, 'has'>;
  /** What caches know, without asking: to compare lists. Default: nothing. */
  readonly peek?: (name: string, type: DnsType) => DnsAnswer | undefined;
}

/** Policies name their lists; tables can name more, and those beyond this are asked without health. */
const MAX_ZONES = 500;

export class DnsblHealth {
  readonly #options: DnsblHealthOptions;
  readonly #lists = new Map<string, WatchedList>();
  readonly #zones = new Map<string, WatchedZone>();
  readonly #comparison: DnsblComparison;
  readonly #events: WatchEvents;

  constructor(options: DnsblHealthOptions) {
    this.#options = options;
    const { events } = options;
    const unproven = new UnprovenLists(
      () => this.#zones.values(),
      (list, isEverywhere) => events.unproven(list, isEverywhere),
    );
    this.#events = { ...events, unproven: (list) => void unproven.note(list) };
    this.#comparison = new DnsblComparison({
      peek: options.peek ?? (() => undefined),
      lists: () => this.#lists.values(),
      now: options.now,
    });
  }

  /** The resolver to ask through: it tells what lists say and how long they take. */
  observed(upstream: Resolver): Resolver {
    return {
      lookup: (name, type) => {
        const zone = type === 'A' && this.#zones.size > 0 ? this.#zoneOf(name) : undefined;
        const answer = upstream.lookup(name, type);
        if (zone === undefined || !isPromise(answer)) return answer;
        const started = performance.now();
        return answer.then((late) => {
          zone.note(late, performance.now() - started);
          return late;
        });
      },
    };
  }

  /** Watches what the policies in force ask, and forgets the rest. New zones are probed at once. */
  watch(uses: Iterable<DnsblUse>): void {
    const wanted = Map.groupBy(
      Array.from(uses).filter(({ mode }) => mode !== 'off'),
      ({ key }) => key,
    );
    for (const [key, list] of this.#lists) {
      if (!wanted.has(key)) this.#forget(key, list);
    }
    for (const [key, [use, ...others]] of wanted) {
      if (use === undefined) continue;
      const list = this.#lists.get(key) ?? this.#add(use);
      if (list !== undefined) list.mode = strictest([use, ...others]);
    }
  }

  /** The state of a list; undefined: its health does not matter. */
  list(use: DnsblUse): WatchedList | undefined {
    if (use.mode === 'off') return undefined;
    return this.#lists.get(use.key) ?? this.#add(use);
  }

  /** Whether a listing may be believed; see WatchedZone.confirm. */
  confirm(list: WatchedList, answer: DnsAnswer, name: string): PromiseOrValue<boolean> {
    const zone = this.#zones.get(zoneKey(list.argument.domain, list.subject));
    return zone?.confirm(list, answer, name) ?? list.isConfirmed(answer);
  }

  /**
   * What a list said to a decision, out of a cache or not; a listing that did not count is a `tempfail`.
   *
   * @param name that was asked for
   */
  noteAnswer(list: WatchedList, kind: DnsblResult['kind'], name: string): void {
    list.worth.note(kind, this.#options.now());
    if (kind === 'listed') this.#comparison.note(list, name);
  }

  /**
   * Is it an answer of a watched list that other servers should not see, or
   * not before it has been believed here? Whatever makes one resolver see
   * listings that are none, or none where there are some, must not reach those
   * that ask through another, or come later. "Not listed" is never asked about
   * again, so it takes a list whose test entry is seen from here.
   */
  isUnproven(name: string, type: DnsType, { status }: DnsAnswer): boolean {
    if (type !== 'A' || status === 'tempfail' || this.#zones.size === 0) return false;
    const zone = this.#zoneOf(name);
    return zone !== undefined && (status === 'found' || !zone.isProven);
  }

  /** Is it a name in one of the zones that are watched? */
  isWatched(name: string): boolean {
    return this.#zones.size > 0 && this.#zoneOf(name) !== undefined;
  }

  mayPrefetch({ list }: DnsblUse): boolean {
    return !this.#options.noPrefetch.has(list.domain.toLowerCase());
  }

  /** True while an allow list that is set aside has to hold permanent rejects back. */
  isInGrace({ sinceMs }: WatchedList): boolean {
    return this.#options.now() - sinceMs < this.#options.graceMs;
  }

  /** Every watched list with its zone. */
  *lists(): Generator<{ readonly list: WatchedList; readonly zone: WatchedZone }> {
    for (const zone of this.#zones.values()) {
      for (const list of zone.lists.values()) yield { list, zone };
    }
  }

  /** Probes all zones, each unless a probe is on its way. */
  async probeAll(): Promise<void> {
    await Promise.all(Array.from(this.#zones.values(), (zone) => zone.probe()));
  }

  close(): void {
    this.#comparison.close();
    for (const zone of this.#zones.values()) zone.close();
    this.#zones.clear();
    this.#lists.clear();
  }

  #add(use: DnsblUse): WatchedList | undefined {
    const name = use.list.domain.toLowerCase();
    const key = zoneKey(name, use.subject);
    let zone = this.#zones.get(key);
    const list = new WatchedList(use.list, use.subject, use.isAllowList);
    list.mode = use.mode;
    if (zone === undefined) {
      if (this.#zones.size >= MAX_ZONES) return undefined;
      zone = new WatchedZone(name, use.subject, this.#options.resolver, this.#options, this.#events);
      this.#zones.set(key, zone);
    }
    zone.lists.set(use.key, list);
    this.#lists.set(use.key, list);
    void zone.probe();
    return list;
  }

  #forget(key: string, list: WatchedList): void {
    const { argument, subject } = list;
    this.#lists.delete(key);
    // Decisions on their way may still ask it, and no probe would tell them any more.
    list.forget();
    const name = zoneKey(argument.domain, subject);
    const zone = this.#zones.get(name);
    zone?.lists.delete(key);
    if (zone?.lists.size !== 0) return;
    zone.close();
    this.#zones.delete(name);
  }

  /** The zone that a question is about, by the longest name that ends it. */
  #zoneOf(name: string): WatchedZone | undefined {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const zone = name.slice(dot + 1);
      const isAddress = pointKind(name.slice(0, dot)) !== 'domain';
      // A domain may look like an address: what a client says in HELO is asked about as it is.
      const watched =
        (isAddress ? this.#zones.get(zoneKey(zone, 'address')) : undefined) ??
        this.#zones.get(zoneKey(zone, 'domain'));
      if (watched !== undefined) return watched;
    }
    return undefined;
  }
}

function zoneKey(zone: string, subject: DnsblSubject): string {
  return `${subject} ${zone.toLowerCase()}`;
}

function strictest(uses: readonly DnsblUse[]): DnsblHealthMode {
  return DNSBL_HEALTH_MODES.find((mode) => uses.some((use) => use.mode === mode)) ?? 'off';
}
