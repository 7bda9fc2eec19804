/** A peer on a policy socket that can misbehave, and a listener whose events are kept. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { SocketAddress } from '../../src/net/socket-address.ts';
import type { PolicyRequest } from '../../src/protocol/request.ts';
import { type ListenOptions, listen, type PolicyListener } from '../../src/server/policy-listener.ts';
import type { PolicyServerEvents } from '../../src/server/policy-server-events.ts';

export const LOOPBACK: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

/** A request as Postfix sends it, told apart by its instance. */
export function request(instance: string | number, extra = ''): string {
  return `request=smtpd_access_policy\nprotocol_state=RCPT\ninstance=${instance}\nsender=a@sender.test\n${extra}\n`;
}

/** Answers with the instance that was asked, so that the order of answers shows. */
export const echo = ({ instance }: PolicyRequest): string => `WARN ${instance}`;

export function answer(instance: string | number): string {
  return `action=WARN ${instance}\n\n`;
}

/** What happened, in order: `closed idle 3`, `opened`, … */
export class RecordedEvents implements PolicyServerEvents {
  readonly log: string[] = [];
  readonly errors: unknown[] = [];
  #waiters: (() => void)[] = [];

  #add(line: string): void {
    this.log.push(line);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  /** Waits until a line like this has been logged. */
  async seen(line: string, times = 1): Promise<void> {
    while (this.log.filter((logged) => logged === line).length < times) {
      await this.#next();
    }
  }

  /** Waits until a connection has been closed; the line that says why. */
  async closed(): Promise<string> {
    for (;;) {
      const line = this.log.find((logged) => logged.startsWith('closed '));
      if (line !== undefined) return line;
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  connectionOpened(): void {
    this.#add('opened');
  }
  connectionClosed(_peer: string, reason: string, requests: number): void {
    this.#add(`closed ${reason} ${requests}`);
  }
  connectionRefused(_peer: string, maxConnections: number): void {
    this.#add(`refused ${maxConnections}`);
  }
  protocolError(_peer: string, { reason }: { readonly reason: string }): void {
    this.#add(`protocol error ${reason}`);
  }
  decisionTimedOut(_peer: string, { instance }: { readonly instance: string }): void {
    this.#add(`timed out ${instance}`);
  }
  decisionAbandoned(): void {
    this.#add('abandoned');
  }
  decisionFailed(_peer: string, { instance }: { readonly instance: string }, error: unknown): void {
    this.errors.push(error);
    this.#add(`failed ${instance}`);
  }
  acceptFailed(error: Error): void {
    this.#add(`accept failed ${error.message}`);
  }
}

export interface TestServer {
  readonly listener: PolicyListener;
  readonly events: RecordedEvents;
  client(): Promise<PolicyClient>;
}

/** A listener that is closed when the test ends. */
export async function startServer(options: Partial<ListenOptions> = {}): Promise<TestServer> {
  const events = new RecordedEvents();
  const listener = await listen({ address: LOOPBACK, decide: echo, events, ...options });
  onTestFinished(() => listener.close(0));
  return { listener, events, client: () => PolicyClient.connect(listener.address) };
}

export class PolicyClient {
  readonly socket: Socket;
  #received = '';
  #lineEnds = 0;
  #hasEnded = false;
  #wake: () => void = () => undefined;

  static async connect(address: SocketAddress): Promise<PolicyClient> {
    const socket = connect({ ...address, allowHalfOpen: true });
    onTestFinished(() => {
      socket.destroy();
    });
    await once(socket, 'connect');
    return new PolicyClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('data', (data) => {
      const text = String(data);
      // Each line end is one of an answer's two.
      this.#lineEnds += text.split('\n').length - 1;
      this.#received += text;
      this.#wake();
    });
    // A reset is an end, too.
    socket.on('error', () => undefined);
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#hasEnded = true;
        this.#wake();
      });
    }
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Sends the bytes over and over, as fast as they are taken; how often, until the server closed. */
  async flood(bytes: Buffer, mostTimes: number): Promise<number> {
    for (let times = 0; times < mostTimes; times++) {
      if (this.#hasEnded) return times;
      if (this.socket.write(bytes)) continue;
      await new Promise<void>((resolve) => {
        const done = () => {
          this.socket.off('drain', done).off('close', done);
          resolve();
        };
        this.socket.on('drain', done).on('close', done);
      });
    }
    return mostTimes;
  }

  /** Everything received, once there are so many answers; throws if the server ends before. */
  async answers(count: number): Promise<string> {
    while (this.#lineEnds < 2 * count) {
      if (this.#hasEnded) throw new Error(`closed after ${JSON.stringify(this.#received)}`);
      await this.#more();
    }
    return this.#received;
  }

  /** Everything received until the server closed. */
  async untilClosed(): Promise<string> {
    while (!this.#hasEnded) await this.#more();
    return this.#received;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
