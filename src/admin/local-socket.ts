/**
 * The local socket: a second way to the same API, a UNIX-domain socket in the
 * data directory that only its owner can open (mode 0600). The file system
 * asks who it is, so no token is needed: whoever can open it can read and
 * write the data itself.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { bind } from '../server/bind.ts';
import { answerBrokenRequest, boundServer } from './server.ts';

const OWNER_ONLY = 0o600;

export class LocalSocket {
  readonly path: string;
  readonly #server: Server;

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  /**
   * @param sockets where its connections are noted
   * @throws OperatorError (rejects) when it cannot be bound
   */
  static async open(path: string, sockets: WeakSet<object>, handler: RequestListener): Promise<LocalSocket> {
    const server = createServer(handler);
    boundServer(server);
    server.on('clientError', answerBrokenRequest);
    server.on('connection', (socket) => sockets.add(socket));
    await bind(server, { kind: 'unix', path, mode: OWNER_ONLY });
    return new LocalSocket(path, server);
  }

  /** Lets running requests end. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    await closed;
  }

  closeAllConnections(): void {
    this.#server.closeAllConnections();
  }
}
