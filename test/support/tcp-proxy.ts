/**
 * A TCP proxy between a client and a server, for faults of the network: cut
 * (connections end, new ones are refused), silent (connections stay, nothing
 * passes), whole again.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  readonly port: number;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  #server: Server;
  #isSilent = false;

  private constructor(server: Server, port: number, targetPort: number) {
    this.#server = server;
    this.port = port;
    this.#targetPort = targetPort;
    server.on('connection', (socket) => this.#serve(socket));
  }

  /** On a free port of loopback. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new TcpProxy(server, address.port, targetPort);
  }

  /** Ends what is connected and refuses what comes. */
  async cut(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  /** Whole again after `cut` or `silence`. */
  async mend(): Promise<void> {
    this.#isSilent = false;
    for (const socket of this.#sockets) socket.resume();
    if (this.#server.listening) return;
    this.#server = createServer((socket) => this.#serve(socket)).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Nothing passes any more, and nobody is told. */
  silence(): void {
    this.#isSilent = true;
    for (const socket of this.#sockets) socket.pause();
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.cut();
  }

  #serve(client: Socket): void {
    const server = connect(this.#targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      if (this.#isSilent) from.pause();
      from.setNoDelay();
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
