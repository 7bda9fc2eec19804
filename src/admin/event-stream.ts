/**
 * A stream of server-sent events to one client (HTML Living Standard, section
 * 9.2). Bounded: what a slow client has not read yet waits in a queue of its
 * own; when that is full the oldest goes, and the client is told how many went.
 * What it has missed before is asked for only as fast as it reads.
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

export interface StreamEvent {
  readonly event: string;
  /** Missing: the client goes on from the one before. */
  readonly id?: string;
  /** One line. */
  readonly data: string;
}

/** What comes next of what was missed; `nothing`: not this one; undefined: that was all. */
export type Missed = () => StreamEvent | 'nothing' | undefined;

/** Looked at between which others are served. */
const SLICE = 500;

export class EventStream {
  readonly #response: ServerResponse;
  readonly #waiting: string[] = [];
  readonly #heartbeat: NodeJS.Timeout;
  #missed: { readonly next: Missed; readonly done: () => void } | undefined;
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
    response.on('drain', () => (this.#missed === undefined ? this.#flush() : this.#catchUp()));
    response.on('error', () => this.close());
    response.on('close', () => {
      clearInterval(this.#heartbeat);
      this.#isClosed = true;
      this.#waiting.length = 0;
      this.#missed = undefined;
      options.onClose();
    });
  }

  /**
   * Sends what was missed, as the client reads it: nothing of it waits here.
   *
   * @param done called once there is no more, before anything else happens; nothing is to be sent before
   */
  catchUp(next: Missed, done: () => void): void {
    if (this.#isClosed) return;
    this.#missed = { next, done };
    this.#catchUp();
  }

  send(event: StreamEvent): void {
    if (this.#isClosed) return;
    const text = textOf(event);
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

  #catchUp(): void {
    for (let looked = 0; this.#missed !== undefined && this.#isReady(); looked += 1) {
      if (looked === SLICE) {
        setImmediate(() => this.#catchUp());
        return;
      }
      const event = this.#missed.next();
      if (event === undefined) {
        const { done } = this.#missed;
        this.#missed = undefined;
        done();
      } else if (event !== 'nothing') this.#response.write(textOf(event));
    }
  }

  #isReady(): boolean {
    return this.#response.writableLength < MAX_BUFFERED_BYTES;
  }

  #flush(): void {
    if (this.#dropped > 0) {
      this.#response.write(textOf(droppedEvent(this.#dropped)));
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

/** So many events are not there any more. */
export function droppedEvent(count: number): StreamEvent {
  return { event: 'dropped', data: `{"count":${count}}` };
}

function textOf({ event, id, data }: StreamEvent): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}
