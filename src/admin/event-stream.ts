/**
 * A stream of server-sent events to one client (HTML Living Standard, section
 * 9.2). Bounded: what a slow client has not read yet waits in a queue of its
 * own; when that is full the oldest goes, and the client is told how many went.
 * A comment now and then keeps the connection from looking dead.
 */
import type { ServerResponse } from 'node:http';

/** Events that wait for a slow client. */
const MAX_WAITING = 1000;
const HEARTBEAT_MS = 15_000;
/** Handed to the socket before the queue is used. */
const MAX_BUFFERED_BYTES = 65_536;

export interface EventStreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Asked with each heartbeat: whether the client may still listen. */
  readonly isAllowed: () => boolean;
  readonly onClose: () => void;
  readonly heartbeatMs?: number;
}

export class EventStream {
  readonly #response: ServerResponse;
  readonly #waiting: string[] = [];
  readonly #heartbeat: NodeJS.Timeout;
  #dropped = 0;
  #isClosed = false;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response;
    response.writeHead(200, {
      ...options.headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // A proxy that gathers what it passes on would hold events back.
      'x-accel-buffering': 'no',
    });
    response.write(':\n\n');
    this.#heartbeat = setInterval(() => {
      if (!options.isAllowed()) this.close();
      else if (this.#isReady()) response.write(':\n\n');
    }, options.heartbeatMs ?? HEARTBEAT_MS);
    response.on('drain', () => this.#flush());
    response.on('error', () => this.close());
    response.on('close', () => {
      clearInterval(this.#heartbeat);
      this.#isClosed = true;
      this.#waiting.length = 0;
      options.onClose();
    });
  }

  /** @param data one line */
  send(event: string, id: string, data: string): void {
    if (this.#isClosed) return;
    const text = `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
    if (this.#waiting.length === 0 && this.#isReady()) {
      this.#response.write(text);
      return;
    }
    if (this.#waiting.length === MAX_WAITING) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#waiting.push(text);
  }

  close(): void {
    if (this.#isClosed) return;
    clearInterval(this.#heartbeat);
    this.#isClosed = true;
    this.#response.end();
  }

  #isReady(): boolean {
    return this.#response.writableLength < MAX_BUFFERED_BYTES;
  }

  #flush(): void {
    if (this.#dropped > 0) {
      this.#response.write(`event: dropped\ndata: {"count":${this.#dropped}}\n\n`);
      this.#dropped = 0;
    }
    let sent = 0;
    while (sent < this.#waiting.length && this.#isReady()) {
      this.#response.write(this.#waiting[sent] ?? '');
      sent += 1;
    }
    this.#waiting.splice(0, sent);
  }
}
