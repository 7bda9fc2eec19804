/**
 * Queries over UDP to one server, from source ports that cannot be guessed.
 *
 * Owns a few connected sockets, each on a port of the kernel's random choice,
 * picked at random and replaced after some queries or seconds (RFC 5452 §9.2).
 * Being connected they take datagrams from the server's address and port only,
 * and hear ICMP errors at once. Promises that what does not answer an open
 * query is counted and dropped, and that idle sockets keep no process alive.
 * Does not time out: its caller does, and cancels.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { DnsServerAddress } from './dns-server.ts';
import { isAnswerTo, type QueryMessage } from './query-message.ts';
import type { RandomSource } from './random-source.ts';

/** A query that waits for its answer; exactly one of the two is called, once, unless it is cancelled before. */
export interface AnswerListener {
  onAnswer(message: Buffer): void;
  onNetworkError(reason: string): void;
}

/** Stops listening. Harmless after the answer. */
export type Cancel = () => void;

const SOCKETS_PER_SERVER = 8;
const QUERIES_PER_SOCKET = 256;
const SOCKET_LIFETIME_MS = 30_000;
/** Room for what a burst of DNSBL answers brings while the event loop is busy. */
const RECEIVE_BUFFER_BYTES = 1 << 20;

export class UdpSockets {
  readonly #server: DnsServerAddress;
  readonly #random: RandomSource;
  readonly #onIgnored: () => void;
  readonly #slots: (UdpSocket | undefined)[] = new Array(SOCKETS_PER_SERVER).fill(undefined);
  #isRetired = false;

  /** `onIgnored` is told of every datagram that answers no open query. */
  constructor(server: DnsServerAddress, random: RandomSource, onIgnored: () => void) {
    this.#server = server;
    this.#random = random;
    this.#onIgnored = onIgnored;
  }

  send(query: QueryMessage, nowMs: number, listener: AnswerListener): Cancel {
    const slot = this.#random.next() % SOCKETS_PER_SERVER;
    let socket = this.#slots[slot];
    if (socket?.isSpent(nowMs) !== false) {
      socket?.retire();
      socket = new UdpSocket(this.#server, this.#onIgnored, nowMs);
      this.#slots[slot] = socket;
    }
    const cancel = socket.send(query, this.#random, listener);
    if (this.#isRetired) socket.retire();
    return cancel;
  }

  /** Each socket closes when its open queries are done. */
  retire(): void {
    this.#isRetired = true;
    for (const socket of this.#slots) socket?.retire();
  }

  /** Open queries are dropped without a word. */
  close(): void {
    for (const socket of this.#slots) socket?.close();
    this.#slots.fill(undefined);
  }
}

/**
 * Emptied when it is over. V8 links each table that a busy Map outgrows to the
 * next, and what they hold stays until a full collection: that must not be
 * whole lookups (measured at 30,000 lookups a second: 10 MB survived each
 * scavenge instead of 2, and p99 was three times as long).
 */
interface OpenQuery {
  query: QueryMessage | undefined;
  listener: AnswerListener | undefined;
}

class UdpSocket {
  readonly #server: DnsServerAddress;
  readonly #onIgnored: () => void;
  readonly #socket: Socket;
  readonly #open = new Map<number, OpenQuery>();
  readonly #bornMs: number;
  /** What was sent before the socket was connected. */
  #waiting: Buffer[] | undefined = [];
  /** The server's address as the kernel writes it. */
  #peerAddress = '';
  #sent = 0;
  #state: 'open' | 'retired' | 'closed' = 'open';

  constructor(server: DnsServerAddress, onIgnored: () => void, nowMs: number) {
    this.#server = server;
    this.#onIgnored = onIgnored;
    this.#bornMs = nowMs;
    this.#socket = createSocket({
      type: isIPv6(server.host) ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER_BYTES,
    });
    this.#socket.unref();
    this.#socket.on('error', (error) => this.#fail(reasonOf(error)));
    this.#socket.on('message', (message, peer) => this.#receive(message, peer));
    // An event, not a callback: that would take the error of a failed connect away from 'error'.
    this.#socket.on('connect', () => this.#connected());
    this.#socket.connect(server.port, server.host);
  }

  isSpent(nowMs: number): boolean {
    return (
      this.#state !== 'open' || this.#sent >= QUERIES_PER_SOCKET || nowMs - this.#bornMs >= SOCKET_LIFETIME_MS
    );
  }

  send(query: QueryMessage, random: RandomSource, listener: AnswerListener): Cancel {
    let id = random.next();
    while (this.#open.has(id)) id = random.next();
    const open: OpenQuery = { query, listener };
    this.#open.set(id, open);
    this.#sent += 1;
    // A copy when it is sent again: the first may still be on its way to the kernel.
    const bytes = Buffer.from(query.bytes);
    bytes.writeUInt16BE(id, 0);
    if (this.#waiting === undefined) this.#socket.send(bytes);
    else this.#waiting.push(bytes);
    return () => {
      if (this.#open.get(id) === open) this.#remove(id, open);
    };
  }

  /** Takes no more queries, and closes when the open ones are done. */
  retire(): void {
    if (this.#state !== 'open') return;
    this.#state = 'retired';
    if (this.#open.size === 0) this.close();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#open.clear();
    this.#socket.close();
  }

  #connected(): void {
    if (this.#state === 'closed') return;
    this.#peerAddress = this.#socket.remoteAddress().address;
    for (const bytes of this.#waiting ?? []) this.#socket.send(bytes);
    this.#waiting = undefined;
  }

  #receive(message: Buffer, peer: RemoteInfo): void {
    const id = message.length >= 2 ? message.readUInt16BE(0) : 0;
    const open = this.#open.get(id);
    // The kernel has checked the peer, save for what came before the socket was connected.
    const isServer = peer.port === this.#server.port && peer.address === this.#peerAddress;
    if (!isServer || open?.query === undefined || !isAnswerTo(message, open.query, id)) {
      this.#onIgnored();
      return;
    }
    const { listener } = open;
    this.#remove(id, open);
    listener?.onAnswer(message);
  }

  #remove(id: number, open: OpenQuery): void {
    this.#open.delete(id);
    open.query = undefined;
    open.listener = undefined;
    if (this.#state === 'retired' && this.#open.size === 0) this.close();
  }

  #fail(reason: string): void {
    const failed = [...this.#open.values()];
    this.close();
    for (const { listener } of failed) listener?.onNetworkError(reason);
  }
}

/** `ECONNREFUSED` of a system error, so that messages name the cause and nothing else. */
function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
