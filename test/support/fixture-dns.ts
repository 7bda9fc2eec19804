/**
 * A DNS server for tests, on loopback, UDP and TCP on one port. It answers as a recursive resolver would that knows the
 * whole world from one zone text (format: fixture-zone.ts), can misbehave in every way a test needs, and remembers what
 * it was asked. It needs nothing but Node.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { decodeQuestion, encodeAnswer, encodeForgery, type Question } from './fixture-wire.ts';
import { FixtureZone, type ZoneAnswer } from './fixture-zone.ts';

export interface FixtureDnsOptions {
  readonly zone: string;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

export interface RecordedQuery {
  readonly name: string;
  readonly type: string;
  readonly transport: 'udp' | 'tcp';
  readonly sourcePort: number;
  readonly hasEdns: boolean;
  readonly id: number;
}

/** What is sent in the place of an honest answer. */
export interface Tampering {
  readonly question: Question;
  /** The answer of the zone, or undefined where that is silence. */
  readonly honest: Buffer | undefined;
  readonly transport: 'udp' | 'tcp';
  readonly sourcePort: number;
}

/** Messages to send, each in its own datagram or TCP frame; or, over TCP, octets as they are, and whether to hang up. */
export type Tamper = (
  tampering: Tampering,
) => readonly Buffer[] | { readonly stream: Buffer; readonly isEnd: boolean };

interface Sender {
  /** A message, framed where that is needed. */
  send(bytes: Buffer): void;
  /** Octets of a TCP connection as they are. */
  stream(bytes: Buffer, isEnd: boolean): void;
}

/** Beyond these a query is still counted, not kept. */
const MAX_RECORDED = 100_000;

/** Starts a server; it listens when the promise resolves. Throws on a zone text that cannot be read. */
export async function startFixtureDns(options: FixtureDnsOptions): Promise<FixtureDns> {
  const server = new FixtureDns(options);
  await server.start();
  return server;
}

export class FixtureDns {
  readonly address: string;
  /** What was asked, in the order it came. */
  readonly queries: RecordedQuery[] = [];
  received = 0;
  #port: number;
  #zone: FixtureZone;
  #isPaused = false;
  #tamper: Tamper | undefined;
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  readonly #connections = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: FixtureDnsOptions) {
    this.address = options.address ?? '127.0.0.1';
    this.#port = options.port ?? 0;
    this.#zone = new FixtureZone(options.zone);
  }

  get port(): number {
    return this.#port;
  }

  /** As a resolver takes it. */
  get server(): { readonly host: string; readonly port: number } {
    return { host: this.address, port: this.#port };
  }

  /** How often a name was asked for, of one type or of all. */
  count(name: string, type?: string): number {
    return this.queries.filter((query) => query.name === name && (type ?? query.type) === query.type).length;
  }

  clearQueries(): void {
    this.queries.length = 0;
    this.received = 0;
  }

  setZone(text: string): void {
    this.#zone = new FixtureZone(text);
  }

  /** For what no zone text can say: every answer goes through `tamper`; without one, honest again. */
  setTamper(tamper?: Tamper): void {
    this.#tamper = tamper;
  }

  /** Queries are received and recorded, and get no answer. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Listens, after `stop` on the same port again. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const udp = await this.#listenUdp();
      const port = udp.address().port;
      try {
        this.#tcp = await this.#listenTcp(port);
        this.#udp = udp;
        this.#port = port;
        return;
      } catch (error) {
        // An ephemeral UDP port may be taken on TCP: another one then.
        udp.close();
        if (this.#port !== 0 || attempt === 20) throw error;
      }
    }
  }

  /** Closes the port: a query now meets an ICMP error, a TCP connection a reset. */
  async stop(): Promise<void> {
    const [udp, tcp] = [this.#udp, this.#tcp];
    this.#udp = undefined;
    this.#tcp = undefined;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const connection of this.#connections) connection.destroy();
    await Promise.all([
      udp && new Promise<void>((resolve) => udp.close(() => resolve())),
      tcp && new Promise<void>((resolve) => tcp.close(() => resolve())),
    ]);
  }

  #listenUdp(): Promise<UdpSocket> {
    const socket = createSocket({ type: isIPv6(this.address) ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    socket.on('message', (message, peer) => {
      const send = (bytes: Buffer): void => {
        if (this.#udp === socket) socket.send(bytes, peer.port, peer.address);
      };
      this.#handle(message, 'udp', peer.port, { send, stream: send });
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(this.#port, this.address, () => resolve(socket));
    });
  }

  #listenTcp(port: number): Promise<Server> {
    const server = createServer((connection) => {
      this.#connections.add(connection);
      connection.on('close', () => this.#connections.delete(connection));
      connection.on('error', () => connection.destroy());
      let pending: Buffer = Buffer.alloc(0);
      connection.on('data', (chunk) => {
        pending = Buffer.concat([pending, chunk]);
        while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
          const end = 2 + pending.readUInt16BE(0);
          const message = pending.subarray(2, end);
          pending = pending.subarray(end);
          this.#handle(message, 'tcp', connection.remotePort ?? 0, {
            send(bytes) {
              const length = Buffer.from([bytes.length >> 8, bytes.length & 255]);
              // In two segments, so that a client that takes one read for a message is found out.
              if (connection.writable) connection.write(length);
              if (connection.writable) connection.write(bytes);
            },
            stream(bytes, isEnd) {
              if (connection.writable) connection.write(bytes);
              if (isEnd) connection.end();
            },
          });
        }
      });
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.address, () => resolve(server));
    });
  }

  #handle(message: Buffer, transport: 'udp' | 'tcp', sourcePort: number, sender: Sender): void {
    const question = decodeQuestion(message);
    if (question === undefined) return;
    const { name, type, id } = question;
    const hasEdns = question.ednsSize > 0;
    this.received += 1;
    if (this.queries.length < MAX_RECORDED) {
      this.queries.push({ name, type, transport, sourcePort, hasEdns, id });
    }
    if (this.#isPaused) return;
    const answer = this.#zone.answer(name, type, hasEdns);
    if (this.#tamper !== undefined) {
      const honest =
        answer.rcode === undefined
          ? undefined
          : encodeAnswer(question, answer, room(question, answer, transport));
      const sent = this.#tamper({ question, honest, transport, sourcePort });
      if ('stream' in sent) sender.stream(sent.stream, sent.isEnd);
      else for (const bytes of sent) sender.send(bytes);
      return;
    }
    if (answer.delayMs === 0) this.#reply(question, answer, transport, sourcePort, sender);
    else {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#reply(question, answer, transport, sourcePort, sender);
      }, answer.delayMs);
      this.#timers.add(timer);
    }
  }

  #reply(
    question: Question,
    answer: ZoneAnswer,
    transport: 'udp' | 'tcp',
    sourcePort: number,
    { send }: Sender,
  ): void {
    let wait: Promise<void> | undefined;
    for (const { how, address } of answer.forgeries) {
      const forged = encodeForgery(question, how, address);
      if (how === 'source') wait = this.#sendFromElsewhere(forged, sourcePort);
      else send(forged);
    }
    if (answer.rcode === undefined) return;
    const bytes = encodeAnswer(question, answer, room(question, answer, transport));
    if (wait === undefined) send(bytes);
    else void wait.then(() => send(bytes));
  }

  #sendFromElsewhere(bytes: Buffer, port: number): Promise<void> {
    const socket = createSocket(isIPv6(this.address) ? 'udp6' : 'udp4');
    return new Promise((resolve) => {
      socket.send(bytes, port, this.address, () => socket.close(() => resolve()));
    });
  }
}

/** How long an answer may be. */
function room(question: Question, { isTruncated }: ZoneAnswer, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return 65_535;
  return isTruncated ? 0 : Math.max(512, question.ednsSize);
}
