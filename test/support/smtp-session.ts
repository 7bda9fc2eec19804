/**
 * An SMTP client session that may claim to be any client (XCLIENT), for probes
 * of what a mail server answers. One command at a time; no pipelining.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

/** A server that says nothing for so long has hung, or never started. */
const SILENCE_LIMIT_MS = 10_000;

export interface ForgedClient {
  readonly address: string;
  /** Verified name, `[UNAVAILABLE]` or `[TEMPUNAVAIL]`. */
  readonly name: string;
  /** Unverified (PTR) name, with the same two exceptions. */
  readonly reverseName: string;
  readonly port: string;
  /** SASL login name; '' for none. */
  readonly login: string;
}

/** A reply's lines up to and with the one that has no `-` behind its code. */
const REPLY = /^(?:\d{3}-.*\r\n)*\d{3}(?:[^-\r\n].*)?\r\n/;

export class SmtpSession {
  #socket: Socket;
  #received = '';
  #isClosed = false;
  /** Called whenever something was received, or nothing more will be. */
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    this.#listenTo(socket);
  }

  #listenTo(socket: Socket): void {
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      this.#received += text;
      this.#wake();
    });
    socket.on('error', () => socket.destroy());
    socket.setTimeout(SILENCE_LIMIT_MS, () => socket.destroy());
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /**
   * Connects and reads the greeting.
   *
   * @param from loopback address to come from; undefined: any
   * @throws Error when refused or not greeted
   */
  static async open(host: string, port: number, from?: string): Promise<SmtpSession> {
    const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
    await once(socket, 'connect');
    const session = new SmtpSession(socket);
    const greeting = await session.#reply();
    if (!greeting.startsWith('220')) throw new Error(`greeted with ${greeting}`);
    return session;
  }

  xclient(client: ForgedClient): Promise<string> {
    const address = client.address.includes(':') ? `IPV6:${client.address}` : client.address;
    const attributes = [
      `ADDR=${xtext(address)}`,
      `NAME=${xtext(client.name)}`,
      `REVERSE_NAME=${xtext(client.reverseName)}`,
      `PORT=${client.port}`,
    ];
    if (client.login !== '') attributes.push(`LOGIN=${xtext(client.login)}`);
    return this.command(`XCLIENT ${attributes.join(' ')}`);
  }

  /**
   * STARTTLS, after which EHLO is due anew.
   *
   * @param identity PEM of the client's key and certificate; undefined: none
   * @throws Error when the server refuses
   */
  async startTls(identity: string | undefined): Promise<void> {
    const reply = await this.command('STARTTLS');
    if (!reply.startsWith('220')) throw new Error(`STARTTLS: ${reply}`);
    const plain = this.#socket;
    plain.removeAllListeners();
    const socket: TLSSocket = connectTls({
      socket: plain,
      rejectUnauthorized: false,
      // The tickets that TLS 1.3 sends after the handshake hold up the first reply for 40 ms (RFC 1122 §4.2.3.2).
      maxVersion: 'TLSv1.2',
      ...(identity === undefined ? {} : { key: identity, cert: identity }),
    });
    this.#socket = socket;
    this.#listenTo(socket);
    await once(socket, 'secureConnect');
  }

  /** Sends one line; the reply's lines come joined by a line feed. @throws Error when the server hangs up. */
  command(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return this.#reply();
  }

  /** Says QUIT and waits until the server has closed, so that it has logged the whole session. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#socket.end('QUIT\r\n');
    // A server that has hung up already (421) resets the connection: as good as a farewell.
    while (!this.#isClosed) await this.#news();
  }

  async #reply(): Promise<string> {
    for (;;) {
      const reply = REPLY.exec(this.#received)?.[0];
      if (reply !== undefined) {
        this.#received = this.#received.slice(reply.length);
        return reply.trimEnd().replaceAll('\r\n', '\n');
      }
      if (this.#isClosed) throw new Error('the server closed the connection');
      await this.#news();
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** RFC 3461 section 4. */
function xtext(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte >= 33 && byte <= 126 && byte !== 0x2b && byte !== 0x3d
        ? String.fromCharCode(byte)
        : `+${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}
