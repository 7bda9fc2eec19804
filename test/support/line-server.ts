/** A server for tests that answers each request of a client with what the test says, or not at all. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** Splits the first request off what came; undefined while it is not whole. */
export type RequestSplitter = (received: string) => { request: string; size: number } | undefined;

export const lines: RequestSplitter = (received) => {
  const end = received.indexOf('\n');
  return end < 0 ? undefined : { request: received.slice(0, end), size: end + 1 };
};

export const netstrings: RequestSplitter = (received) => {
  const head = /^(\d+):/.exec(received);
  if (head === null) return undefined;
  const end = head[0].length + Number(head[1]);
  return received.length <= end ? undefined : { request: received.slice(head[0].length, end), size: end + 1 };
};

/** Latin-1 text of bytes, both ways; undefined: says nothing. */
export type Answerer = (request: string, socket: Socket) => string | undefined;

export class LineServer {
  /** What was asked, in order. */
  readonly requests: string[] = [];
  accepted = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(split: RequestSplitter, answer: Answerer) {
    this.#server = createServer((socket) => {
      this.accepted++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        for (let next = split(received); next !== undefined; next = split(received)) {
          received = received.slice(next.size);
          this.requests.push(next.request);
          const said = answer(next.request, socket);
          if (said !== undefined) socket.write(said, 'latin1');
        }
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** @param place a port of 127.0.0.1, 0 for any, or the path of a socket */
  async listen(place: number | string = 0): Promise<void> {
    if (typeof place === 'string') this.#server.listen(place);
    else this.#server.listen(place, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  closeConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.closeConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}
