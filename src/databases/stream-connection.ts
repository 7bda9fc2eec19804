/**
 * A connection to a server that answers each request with one message, over
 * TCP or a UNIX-domain socket: what socketmap: and tcp: tables speak.
 */
import { connect, type Socket } from 'node:net';
import type { ServiceEndpoint } from '../net/service-endpoint.ts';
import type { Connection, NoAnswer, ServerAddress } from './connection.ts';

export interface StreamServer extends ServerAddress {
  readonly endpoint: ServiceEndpoint;
}

/** Where a message ends, and what it says. */
export interface MessageFormat<A> {
  /** Of a whole message. */
  readonly maxBytes: number;
  /**
   * The first message of what was received and its size in bytes; undefined
   * when it is not whole yet.
   *
   * @throws Error when it cannot become one
   */
  readonly read: (received: Buffer) => { readonly answer: A | NoAnswer; readonly size: number } | undefined;
}

export async function connectStream<A>(
  { endpoint }: StreamServer,
  format: MessageFormat<A>,
  timeoutMs: number,
): Promise<Connection<Buffer, A>> {
  const socket = connect(
    endpoint.kind === 'unix'
      ? { path: endpoint.path }
      : { host: endpoint.host, port: endpoint.port, noDelay: true },
  );
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('no connection in time')), timeoutMs);
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      resolve();
    });
  });
  return new StreamConnection(socket, format);
}

class StreamConnection<A> implements Connection<Buffer, A> {
  readonly #socket: Socket;
  readonly #format: MessageFormat<A>;
  #received: Buffer = Buffer.alloc(0);
  #resolve: ((answer: A | NoAnswer) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #ended: Error | undefined;

  constructor(socket: Socket, format: MessageFormat<A>) {
    this.#socket = socket;
    this.#format = format;
    socket.unref();
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('end', () => this.#end(new Error('it closed the connection')));
    socket.on('close', () => this.#end(new Error('it closed the connection')));
  }

  ask(request: Buffer): Promise<A | NoAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#socket.ref();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#resolve === undefined) {
      this.#end(new Error('it says what nobody asked for'));
      return;
    }
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let message: ReturnType<MessageFormat<A>['read']>;
    try {
      message = this.#format.read(this.#received);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (message === undefined) {
      if (this.#received.length > this.#format.maxBytes) {
        this.#end(new Error(`its answer is larger than ${this.#format.maxBytes} bytes`));
      }
      return;
    }
    const resolve = this.#resolve;
    this.#resolve = undefined;
    this.#reject = undefined;
    const hasSurplus = this.#received.length > message.size;
    this.#received = Buffer.alloc(0);
    this.#socket.unref();
    // Or the surplus would be taken for the answer to the next request.
    if (hasSurplus) this.#end(new Error('it says what nobody asked for'));
    resolve(message.answer);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#socket.destroy();
    this.#reject?.(this.#ended);
    this.#resolve = undefined;
    this.#reject = undefined;
  }
}
