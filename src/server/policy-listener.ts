/**
 * A policy socket: accepts connections of Postfix up to a limit, keeps their
 * clock, and closes them in an orderly way. What is decided, and what is
 * logged, is given to it.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress } from '../net/socket-address.ts';
import { DEFAULT_REQUEST_LIMITS } from '../protocol/request-decoder.ts';
import { LayoutCache } from '../protocol/request-layout.ts';
import { DEFAULT_FAIL_ACTION } from './action-encoder.ts';
import { bind } from './bind.ts';
import {
  type CoarseClock,
  type ConnectionContext,
  type ConnectionLimits,
  type Decide,
  PolicyConnection,
} from './policy-connection.ts';
import type { PolicyServerEvents } from './policy-server-events.ts';

export interface ListenerLimits extends ConnectionLimits {
  readonly maxConnections: number;
}

const DEFAULT_LISTENER_LIMITS: ListenerLimits = Object.freeze({
  ...DEFAULT_REQUEST_LIMITS,
  maxConnections: 4096,
  decisionDeadlineMs: 20_000,
  // smtpd closes after smtpd_policy_service_max_idle (300 s) itself; this is for peers that vanished.
  idleTimeoutMs: 1_200_000,
  // smtpd writes a request at once and gives up after smtpd_policy_service_timeout (100 s).
  stallTimeoutMs: 30_000,
});

export interface ListenOptions {
  readonly address: SocketAddress;
  readonly decide: Decide;
  readonly events: PolicyServerEvents;
  /** The access(5) action for requests that could not be decided. */
  readonly failAction?: string;
  readonly limits?: Partial<ListenerLimits>;
}

/** Opens a policy socket. @throws OperatorError (rejects) when the address cannot be bound */
export async function listen(options: ListenOptions): Promise<PolicyListener> {
  const listener = new PolicyListener(options);
  await listener.open();
  return listener;
}

/** The longest and the shortest time between two looks at the connections. */
const MAX_TICK_MS = 1000;
const MIN_TICK_MS = 5;

export class PolicyListener {
  readonly #options: ListenOptions;
  readonly #maxConnections: number;
  readonly #context: ConnectionContext;
  readonly #server: Server;
  readonly #connections = new Set<PolicyConnection>();
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: ListenOptions) {
    const limits = { ...DEFAULT_LISTENER_LIMITS, ...options.limits };
    const shortestMs = Math.min(limits.decisionDeadlineMs, limits.idleTimeoutMs, limits.stallTimeoutMs);
    const tickMs = Math.max(MIN_TICK_MS, Math.min(MAX_TICK_MS, Math.floor(shortestMs / 10)));
    this.#options = options;
    this.#maxConnections = limits.maxConnections;
    this.#context = {
      decide: options.decide,
      failAction: options.failAction ?? DEFAULT_FAIL_ACTION,
      limits,
      events: options.events,
      layouts: new LayoutCache(),
      clock: { tickMs, nowMs: 0 } satisfies CoarseClock,
    };
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Where it listens, with the port that the system chose if it was to. */
  get address(): SocketAddress {
    const { address } = this.#options;
    if (address.kind === 'unix') return address;
    return { ...address, port: (this.#server.address() as AddressInfo | null)?.port ?? address.port };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  async open(): Promise<void> {
    await bind(this.#server, this.#options.address);
    this.#server.on('error', (error) => this.#options.events.acceptFailed(error));
    const { clock } = this.#context;
    this.#ticker = setInterval(() => {
      clock.nowMs += clock.tickMs;
      for (const connection of this.#connections) connection.tick();
    }, clock.tickMs);
    this.#ticker.unref();
  }

  /**
   * Stops accepting, lets what was asked be answered, and closes. Idle
   * connections are closed at once: smtpd connects anew when it next asks.
   * @param deadlineMs when to break off
   */
  async close(deadlineMs: number): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const gone = Promise.all(Array.from(this.#connections, (connection) => connection.closed));
    for (const connection of this.#connections) connection.drain();
    const deadline = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, deadlineMs);
    await Promise.all([closed, gone]);
    clearTimeout(deadline);
    clearInterval(this.#ticker);
  }

  #accept(socket: Socket): void {
    const { address, events } = this.#options;
    const peer = address.kind === 'unix' ? 'unix' : peerName(socket);
    if (this.#connections.size >= this.#maxConnections) {
      socket.on('error', () => undefined);
      socket.destroy();
      events.connectionRefused(peer, this.#maxConnections);
      return;
    }
    const connection = new PolicyConnection(socket, peer, this.#context);
    this.#connections.add(connection);
    events.connectionOpened(peer);
    void connection.closed.then(() => this.#connections.delete(connection));
  }
}

/** The system no longer knows the address of a peer that is already gone. */
function peerName({ remoteAddress = 'unknown', remotePort = 0 }: Socket): string {
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
