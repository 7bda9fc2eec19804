/**
 * The one place that knows ioredis. Loads it when a client is made, so that a
 * Postward without Redis never does, and sets what keeps a client bounded: no
 * queue while there is no connection, no command sent twice, a connection that
 * is silent for too long destroyed, reconnecting with a bounded wait.
 */
import { subscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import type { RedisOptions as AnyOptions, ClusterOptions } from 'ioredis';
import type { RedisOptions } from './redis-options.ts';

/** What we use of ioredis' Redis and Cluster. */
export interface Client {
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  on(event: 'ready' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  disconnect(): void;
  /** Of a Cluster: the connections to its nodes. */
  nodes?(role: 'master'): Client[];
}

export interface ClientOptions {
  /** A connection on which a command sent is not answered for this long is destroyed. */
  readonly silenceMs: number;
  /** Commands of one turn of the event loop go out in one write. */
  readonly isPipelined: boolean;
  readonly connectionName: string;
}

/** The type parameter of ioredis' constructors, settled. */
type SingleOptions = AnyOptions & { replyMapping?: 'legacy' };

const CONNECT_MS = 1000;
const RECONNECT_MAX_MS = 1000;

/** As much of a socket as is needed to hear its errors. */
interface Heard {
  readonly encrypted?: boolean;
  on(event: 'error', listener: () => void): unknown;
}

let hearsSecondErrors = false;

export async function createClient(options: RedisOptions, limits: ClientOptions): Promise<Client> {
  const { Cluster, Redis } = await import('ioredis');
  surviveOddReplies();
  if (options.tls !== undefined) hearSecondErrors();
  const { target, username, password } = options;
  const tls =
    options.tls &&
    defined({
      ca: options.tls.ca,
      cert: options.tls.certificate,
      key: options.tls.key,
      servername: options.tls.serverName,
    });
  const common: SingleOptions = {
    // Without RESP3's handshake; nothing here needs it, and a server of version 6 takes both.
    protocol: 2,
    connectTimeout: CONNECT_MS,
    socketTimeout: limits.silenceMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectionName: limits.connectionName,
    disableClientInfo: true,
    ...defined({ username, password, tls }),
  };
  const single: SingleOptions = {
    ...common,
    enableOfflineQueue: false,
    enableAutoPipelining: limits.isPipelined,
    retryStrategy,
  };
  switch (target.kind) {
    case 'single':
      return new Redis({ ...single, ...target.server, db: target.database });
    case 'sentinel':
      return new Redis({
        ...single,
        sentinels: [...target.nodes],
        name: target.name,
        sentinelRetryStrategy: retryStrategy,
        sentinelCommandTimeout: CONNECT_MS,
        ...defined({ sentinelUsername: target.username, sentinelPassword: target.password }),
        ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
        // A master that became a replica: ask the Sentinels again.
        reconnectOnError: (error) => error.message.startsWith('READONLY'),
      });
    case 'cluster': {
      const clustered: ClusterOptions & { redisOptions: SingleOptions } = {
        enableOfflineQueue: false,
        clusterRetryStrategy: retryStrategy,
        redisOptions: common,
      };
      // Certificates are for names: ask by name where TLS is spoken.
      if (tls !== undefined) clustered.dnsLookup = (address, callback) => callback(null, address);
      return new Cluster([...target.nodes], clustered);
    }
  }
}

/**
 * What ioredis cannot make sense of, such as a null that answers no command, it
 * throws where nobody catches it. It is to end the connection, not the process.
 */
function surviveOddReplies(): void {
  const require = createRequire(import.meta.url);
  const { default: DataHandler } = require('ioredis/built/DataHandler.js') as {
    readonly default: { readonly prototype: object };
  };
  Object.assign(DataHandler.prototype, {
    dispatch(this: { returnFatalError(error: unknown): void }, handle: () => void): void {
      try {
        handle();
      } catch (error) {
        this.returnFatalError(error);
      }
    },
  });
}

/**
 * ioredis listens for one error of a connection. One with TLS can have two: its
 * certificate is refused while an alert of the server is under way. The second
 * would end the process.
 */
function hearSecondErrors(): void {
  if (hearsSecondErrors) return;
  hearsSecondErrors = true;
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { readonly socket: Heard };
    if (socket.encrypted === true) socket.on('error', () => {});
  });
}

function retryStrategy(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 6), RECONNECT_MAX_MS) + Math.random() * 50;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the members that are undefined, which exactOptionalPropertyTypes tells from absent ones. */
function defined<T extends object>(members: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<
    Defined<T>
  >;
}
