/**
 * The resolver that asks the configured recursive servers over the network.
 *
 * Owns the bounded total of a lookup. Promises an answer for every lookup,
 * within its total; never throws, never rejects. Whose turn it is is in
 * turns.ts, what becomes of aliases in wire-lookup.ts. Keeps nothing: a cache
 * goes in front (caching-resolver.ts).
 */

import type { PromiseOrValue } from '../util/promise-or-value.ts';
import { NOT_IN_DNS, tempfail } from './answer.ts';
import { DnsServer, type DnsServerAddress, type ServerChange } from './dns-server.ts';
import { Exchange, type ExchangeContext } from './exchange.ts';
import { wireName } from './query-name.ts';
import { RandomSource } from './random-source.ts';
import type { DnsAnswer, DnsType, Resolver } from './resolver.ts';
import { Turns } from './turns.ts';
import { UdpSockets } from './udp-sockets.ts';
import { WireLookup } from './wire-lookup.ts';

export interface WireClientOptions {
  /** In the order in which they are asked. */
  readonly servers: readonly DnsServerAddress[];
  /** For one attempt at one server. Default 2000. */
  readonly timeoutMs?: number;
  /** How many times all servers are asked in turn while none answers. Default 3. */
  readonly attempts?: number;
  /** For a whole lookup, waiting and aliases included. Default: what all attempts at all servers take. */
  readonly totalMs?: number;
  /** Lookups on the way at a time. Default 1000. */
  readonly maxInFlight?: number;
  /** Lookups that may wait for their turn; more are answered `tempfail`, `overloaded`. Default 4000, of each kind. */
  readonly maxQueued?: number;
  /** Is it a name of a DNSBL? Neither those nor the others take all turns. Default: nobody knows. */
  readonly isOfDnsbl?: ((name: string) => boolean) | undefined;
  /** Told when a server goes down, and when it is back. */
  readonly onServerChange?: ServerChange | undefined;
  /** Milliseconds that never go back. Default performance.now. */
  readonly now?: () => number;
}

/** Plain counters and gauges for metrics, updated in place. */
export interface WireClientStats {
  lookups: number;
  udpQueries: number;
  tcpQueries: number;
  timeouts: number;
  networkErrors: number;
  /** Datagrams that answered no open query: late, or forged. */
  ignoredMessages: number;
  /** Lookups that ended in `tempfail`, overload included. */
  failures: number;
  overloads: number;
  inFlight: number;
  queued: number;
}

/** Its name servers are in every resolver's cache; a server of other zones refuses, which is an answer too. */
const WELL_KNOWN = 'com';

export class WireClient implements Resolver {
  readonly stats: WireClientStats = {
    lookups: 0,
    udpQueries: 0,
    tcpQueries: 0,
    timeouts: 0,
    networkErrors: 0,
    ignoredMessages: 0,
    failures: 0,
    overloads: 0,
    inFlight: 0,
    queued: 0,
  };
  #context: ExchangeContext;
  readonly #ignored = (): void => {
    this.stats.ignoredMessages += 1;
  };
  readonly #totalMs: number;
  readonly #turns: Turns<WireLookup>;
  readonly #isOfDnsbl: (name: string) => boolean;
  readonly #onServerChange: ServerChange | undefined;
  /** Those that were said to be down. */
  readonly #saidDown = new Set<DnsServer>();
  #isClosed = false;

  constructor(options: WireClientOptions) {
    this.#onServerChange = options.onServerChange;
    this.#context = {
      servers: [],
      sockets: new Map(),
      random: new RandomSource(),
      counters: this.stats,
      timeoutMs: options.timeoutMs ?? 2_000,
      attempts: options.attempts ?? 3,
      now: options.now ?? (() => performance.now()),
    };
    this.useServers(options.servers);
    const { timeoutMs, attempts } = this.#context;
    this.#totalMs = options.totalMs ?? timeoutMs * attempts * options.servers.length;
    this.#isOfDnsbl = options.isOfDnsbl ?? (() => false);
    this.#turns = new Turns({
      maxRunning: options.maxInFlight ?? 1_000,
      maxWaiting: options.maxQueued ?? 4_000,
      hasKinds: options.isOfDnsbl !== undefined,
    });
  }

  /** The servers it asks, with their state. */
  get servers(): readonly DnsServer[] {
    return this.#context.servers;
  }

  /** Asks these from now on; lookups on their way go on with those before. What is known of a server stays known. */
  useServers(addresses: readonly DnsServerAddress[]): void {
    const before = this.#context;
    const servers = addresses.map(
      ({ host, port }) =>
        before.servers.find((server) => server.host === host && server.port === port) ??
        new DnsServer({ host, port }, (server, reason) => this.#serverChanged(server, reason)),
    );
    const sockets = new Map(
      servers.map((server) => [
        server,
        before.sockets.get(server) ?? new UdpSockets(server, before.random, this.#ignored),
      ]),
    );
    for (const [server, own] of before.sockets) if (!sockets.has(server)) own.retire();
    this.#context = { ...before, servers, sockets };
  }

  lookup(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    return this.#lookUp(name, type, false);
  }

  /** The same for the few questions that tell whether a DNSBL works: they stand in no line, and are never refused. */
  lookupAtOnce(name: string, type: DnsType): PromiseOrValue<DnsAnswer> {
    return this.#lookUp(name, type, true);
  }

  #lookUp(name: string, type: DnsType, isAtOnce: boolean): PromiseOrValue<DnsAnswer> {
    const asked = wireName(name, type);
    if (asked === undefined) return NOT_IN_DNS;
    if (this.#isClosed) return tempfail('closed');
    if (this.#context.servers.length === 0) return tempfail('no DNS server');
    this.stats.lookups += 1;
    const isOfDnsbl = this.#isOfDnsbl(asked);
    const place = isAtOnce ? 'running' : this.#turns.placeFor(isOfDnsbl);
    if (place === 'refused') {
      this.stats.overloads += 1;
      this.stats.failures += 1;
      return tempfail('overloaded');
    }
    return new Promise((resolve) => {
      const deadlineMs = this.#context.now() + this.#totalMs;
      const lookup = new WireLookup(this.#context, asked, type, deadlineMs, (answer) => {
        this.#finished(lookup, answer);
        resolve(answer);
      });
      if (place === 'waiting') lookup.wait(this.#totalMs);
      this.#turns.add(lookup, isOfDnsbl, place);
      this.#count();
    });
  }

  /** Closes all sockets; open lookups are answered `tempfail`, `closed`. */
  close(): void {
    this.#isClosed = true;
    for (const lookup of this.#turns.all()) lookup.fail('closed');
    for (const sockets of this.#context.sockets.values()) sockets.close();
  }

  /**
   * Silence to several questions may be one dead zone's, asked for by many:
   * a server is called down when it does not answer either what every
   * resolver has at hand.
   */
  #serverChanged(server: DnsServer, reason: string): void {
    const tell = this.#onServerChange;
    if (tell === undefined || this.#isClosed || !this.servers.includes(server)) return;
    if (!server.isDown) {
      if (this.#saidDown.delete(server)) tell(server, reason);
      return;
    }
    const context = { ...this.#context, servers: [server], attempts: 1 };
    new Exchange(context, WELL_KNOWN, 'NS', context.now() + context.timeoutMs, () => {
      if (!server.isDown || this.#isClosed || this.#saidDown.has(server)) return;
      this.#saidDown.add(server);
      tell(server, reason);
    });
  }

  #finished(lookup: WireLookup, answer: DnsAnswer): void {
    if (answer.status === 'tempfail') this.stats.failures += 1;
    this.#turns.leave(lookup);
    this.#count();
  }

  #count(): void {
    this.stats.queued = this.#turns.waiting;
    this.stats.inFlight = this.#turns.running;
  }
}
