/** Another policy server, for tests: on loopback, answering each request as its test says, remembering what it saw. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Answers by writing to the connection, or closing it, or not at all. */
export type Behaviour = (connection: Socket, request: string) => void;

/** `action=…` and the empty line. */
export function answering(action: string): Behaviour {
  return (connection) => connection.write(`action=${action}\n\n`);
}

export const silent: Behaviour = () => {};

/** One behaviour for each request, in order; the last one for all that follow. */
export function inOrder(...behaviours: readonly Behaviour[]): Behaviour {
  let next = 0;
  return (connection, request) => {
    const behaviour = behaviours[Math.min(next, behaviours.length - 1)];
    next += 1;
    behaviour?.(connection, request);
  };
}

export class PolicyServer {
  /** What was asked, in order, without the empty line. */
  readonly requests: string[] = [];
  /** How many connections it has accepted. */
  accepted = 0;
  /** How many were open at the same time, at most. */
  mostOpen = 0;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #woken: (() => void)[] = [];

  constructor(behaviour: Behaviour) {
    this.#server = createServer((socket) => this.#accept(socket, behaviour));
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get openConnections(): number {
    return this.#open.size;
  }

  /** @param path a UNIX-domain socket; default: any free port of 127.0.0.1 */
  async listen(path?: string): Promise<void> {
    if (path === undefined) this.#server.listen(0, '127.0.0.1');
    else this.#server.listen(path);
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.closeConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  closeConnections(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Waits until something holds, looking whenever a connection comes, asks or goes. */
  async until(holds: (server: PolicyServer) => boolean): Promise<void> {
    while (!holds(this)) await new Promise<void>((resolve) => this.#woken.push(resolve));
  }

  #accept(socket: Socket, behaviour: Behaviour): void {
    this.accepted += 1;
    this.#open.add(socket);
    this.mostOpen = Math.max(this.mostOpen, this.#open.size);
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
      for (let end = received.indexOf('\n\n'); end >= 0; end = received.indexOf('\n\n')) {
        const request = received.slice(0, end);
        received = received.slice(end + 2);
        this.requests.push(request);
        behaviour(socket, request);
        this.#wake();
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#open.delete(socket);
      this.#wake();
    });
    this.#wake();
  }

  #wake(): void {
    const woken = this.#woken;
    this.#woken = [];
    for (const resolve of woken) resolve();
  }
}

/** Listens until the test is over. */
export async function startPolicyServer(behaviour: Behaviour, path?: string): Promise<PolicyServer> {
  const server = new PolicyServer(behaviour);
  await server.listen(path);
  onTestFinished(() => server.close());
  return server;
}

/** A port of 127.0.0.1 where nobody listens. */
export async function deadPort(): Promise<number> {
  const server = new PolicyServer(silent);
  await server.listen();
  const { port } = server;
  await server.close();
  return port;
}
