/**
 * The DNS servers that are asked, and which of them to ask first.
 *
 * Owns the memory of who is down: a server that stays silent several times in
 * a row, or whose port is closed, goes behind the others; after a while one
 * query tries it again, and its first answer brings it back to its place. A
 * single slow name never sets a server aside.
 */
import { DurationHistogram } from '../util/duration-histogram.ts';

/** Where a DNS server listens. */
export interface DnsServerAddress {
  /** An IPv4 or IPv6 address. */
  readonly host: string;
  readonly port: number;
}

/** How a question to a server may end. */
export const QUERY_OUTCOMES = ['answer', 'failure', 'timeout', 'network_error'] as const;
export type QueryOutcome = (typeof QUERY_OUTCOMES)[number];

/** Silences in a row. A recursive server is silent for long over one broken domain. */
const SILENCES_UNTIL_DOWN = 4;
const RETRY_AFTER_MS = 5_000;
/** A firewall or a resolver is replaced, and nobody tells. */
const EDNS_RETRY_AFTER_MS = 15 * 60_000;

/** Told when a server is down, and why, and when it is back. */
export type ServerChange = (server: DnsServer, reason: string) => void;

export class DnsServer {
  readonly host: string;
  readonly port: number;
  /** How long questions took until their outcome; one whose answer came late has two. */
  readonly durations: Readonly<Record<QueryOutcome, DurationHistogram>> = {
    answer: new DurationHistogram(),
    failure: new DurationHistogram(),
    timeout: new DurationHistogram(),
    network_error: new DurationHistogram(),
  };
  #silences = 0;
  #retryAtMs = 0;
  #isDown = false;
  /** Before that it is asked without EDNS0, which it has refused; 0: it takes EDNS0. */
  #plainUntilMs = 0;
  readonly #onChange: ServerChange | undefined;

  constructor({ host, port }: DnsServerAddress, onChange?: ServerChange) {
    this.host = host;
    this.port = port;
    this.#onChange = onChange;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  noteAnswer(): void {
    this.#silences = 0;
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#onChange?.(this, '');
  }

  noteSilence(nowMs: number): void {
    this.#silences += 1;
    if (this.#silences >= SILENCES_UNTIL_DOWN) this.noteDown(nowMs, 'it does not answer');
  }

  noteDown(nowMs: number, reason: string): void {
    this.#retryAtMs = nowMs + RETRY_AFTER_MS;
    if (this.#isDown) return;
    this.#isDown = true;
    this.#onChange?.(this, reason);
  }

  /** Whether to ask it with EDNS0; where it has refused that, one question in a while tries again. */
  takesEdns(nowMs: number): boolean {
    if (this.#plainUntilMs === 0) return true;
    if (nowMs < this.#plainUntilMs) return false;
    this.#plainUntilMs = nowMs + EDNS_RETRY_AFTER_MS;
    return true;
  }

  /** It has answered a question with EDNS0, or has refused that and answered the same question without it. */
  noteEdns(isTaken: boolean, nowMs: number): void {
    this.#plainUntilMs = isTaken ? 0 : nowMs + EDNS_RETRY_AFTER_MS;
  }

  /** True for one caller per interval: the one who finds out whether the server is back. */
  takeProbe(nowMs: number): boolean {
    if (nowMs < this.#retryAtMs) return false;
    this.#retryAtMs = nowMs + RETRY_AFTER_MS;
    return true;
  }
}

/** The order in which to ask: as configured, those that are down last. */
export function askingOrder(servers: readonly DnsServer[], nowMs: number): readonly DnsServer[] {
  if (!servers.some((server) => server.isDown)) return servers;
  const first: DnsServer[] = [];
  const last: DnsServer[] = [];
  for (const server of servers) {
    if (server.isDown && !server.takeProbe(nowMs)) last.push(server);
    else first.push(server);
  }
  return [...first, ...last];
}
