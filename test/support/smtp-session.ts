/**
 * An SMTP client session that may claim to be any client (XCLIENT), for probes
 * of what a mail server answers. One command at a time; no pipelining.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

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
  readonly #socket: Socket;
  #received = '';
  #isClosed = false;
  /** Called whenever something was received, or nothing more will be. */
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
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

  /** Connects and reads the greeting. @throws Error when refused or not greeted. */
  static async open(host: string, port: number): Promise<SmtpSession> {
    const socket = connect(port, host);
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
