/**
 * A way to a server on 127.0.0.1 that can be seen, stopped up and cut: what
 * goes through is kept, and it may be made to hold back, or to end in the
 * middle of, what the server says.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Relay {
  /** All that clients have sent, as Latin-1. */
  sent = '';
  /** How much of what the server says gets through, from now on; the connection ends behind it. */
  #allowedBytes = Number.POSITIVE_INFINITY;
  #isHolding = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((client) => {
      const server = connect(port, '127.0.0.1');
      this.#join(client, server);
    });
  }

  static async to(port: number): Promise<Relay> {
    const relay = new Relay(port);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The server's words go nowhere until `release`. */
  hold(): void {
    this.#isHolding = true;
    for (const socket of this.#sockets) socket.pause();
  }

  release(): void {
    this.#isHolding = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Connections end after so many more bytes from the server. */
  cutAfter(bytes: number): void {
    this.#allowedBytes = bytes;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      if (this.#isHolding) socket.pause();
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => {
      this.sent += chunk.toString('latin1');
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      const allowed = chunk.subarray(0, this.#allowedBytes);
      this.#allowedBytes -= allowed.length;
      if (allowed.length === chunk.length) client.write(chunk);
      else client.end(allowed);
    });
  }
}
