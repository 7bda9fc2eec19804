/**
 * LDAP servers (RFC 4511), version 3: binds once, then answers one search after
 * another. Does not follow referrals; says when there were some.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { berSize, SEQUENCE } from './ber.ts';
import { type ClientTls, tlsOptions } from './client-tls.ts';
import { type Connection, NoAnswer, type ServerAddress } from './connection.ts';
import {
  BIND_RESULT,
  EXTENDED_RESULT,
  externalBindRequest,
  type LdapEntry,
  type LdapSearch,
  ldapMessage,
  readLdapMessage,
  SEARCH_RESULT,
  searchRequest,
  simpleBindRequest,
  startTlsRequest,
} from './ldap-message.ts';
import { describeResult, NO_SUCH_OBJECT, SUCCESS } from './ldap-result-codes.ts';

export type LdapServer = ServerAddress &
  (
    | { readonly kind: 'inet'; readonly host: string; readonly port: number; readonly isTls: boolean }
    | { readonly kind: 'unix'; readonly path: string }
  );

export type LdapBind =
  | { readonly kind: 'none' }
  /** Both empty: anonymous. */
  | { readonly kind: 'simple'; readonly dn: string; readonly password: string }
  | { readonly kind: 'external'; readonly authorizationId: string };

export interface LdapLogin {
  readonly bind: LdapBind;
  readonly isStartingTls: boolean;
  readonly tls: ClientTls;
  /** For the server, with each search. */
  readonly timeLimitSeconds: number;
}

export interface LdapAnswer {
  readonly entries: readonly LdapEntry[];
  /** There is no entry of the name of the base. */
  readonly isBaseMissing: boolean;
  /** Other servers have more. */
  readonly hasReferences: boolean;
}

/** Of all that is found by one search. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export async function connectLdap(
  server: LdapServer,
  login: LdapLogin,
  timeoutMs: number,
): Promise<Connection<LdapSearch, LdapAnswer>> {
  const connection = new LdapConnection(login.timeLimitSeconds);
  const timer = setTimeout(() => connection.end(new Error('no connection in time')), timeoutMs);
  try {
    await connection.open(server, login.tls);
    if (login.isStartingTls) {
      await connection.startTls(server.kind === 'inet' ? server.host : 'localhost', login.tls);
    }
    await connection.bind(login.bind);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** What a request was answered with. */
interface Answered {
  readonly entries: readonly LdapEntry[];
  readonly hasReferences: boolean;
  readonly code: number;
  readonly text: string;
}

interface Request {
  /** The kind of its result. */
  readonly of: number;
  readonly entries: LdapEntry[];
  hasReferences: boolean;
  bytes: number;
  readonly resolve: (answered: Answered | NoAnswer) => void;
  readonly reject: (error: Error) => void;
}

class LdapConnection implements Connection<LdapSearch, LdapAnswer> {
  readonly #timeLimitSeconds: number;
  #socket: Socket | undefined;
  #lastId = 0;
  #request: Request | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  /** So many bytes make the next message whole, as far as is known. */
  #needed = 0;
  #ended: Error | undefined;

  constructor(timeLimitSeconds: number) {
    this.#timeLimitSeconds = timeLimitSeconds;
  }

  async open(server: LdapServer, tls: ClientTls): Promise<void> {
    if (server.kind === 'unix') return await this.#use(connectTcp({ path: server.path }), 'connect');
    const { host, port, isTls } = server;
    if (!isTls) return await this.#use(connectTcp({ host, port, noDelay: true }), 'connect');
    await this.#use(connectTls({ port, ...tlsOptions(host, tls) }), 'secureConnect');
  }

  async startTls(host: string, tls: ClientTls): Promise<void> {
    const answered = await this.#exchange(startTlsRequest(), EXTENDED_RESULT);
    if (answered instanceof NoAnswer) throw new Error(answered.reason);
    if (answered.code !== SUCCESS)
      throw new Error(`STARTTLS: ${describeResult(answered.code, answered.text)}`);
    const socket = this.#socket;
    if (socket === undefined) throw new Error('it closed the connection');
    // What comes now is for TLS; what is here already was said by who knows whom.
    socket.removeAllListeners('data');
    if (this.#size > 0) throw new Error('it says what nobody asked for');
    await this.#use(connectTls({ socket, ...tlsOptions(host, tls) }), 'secureConnect');
  }

  async bind(bind: LdapBind): Promise<void> {
    if (bind.kind === 'none') return;
    const request =
      bind.kind === 'simple'
        ? simpleBindRequest(bind.dn, bind.password)
        : externalBindRequest(bind.authorizationId);
    const answered = await this.#exchange(request, BIND_RESULT);
    if (answered instanceof NoAnswer) throw new Error(answered.reason);
    if (answered.code !== SUCCESS) throw new Error(`bind: ${describeResult(answered.code, answered.text)}`);
  }

  async ask(search: LdapSearch): Promise<LdapAnswer | NoAnswer> {
    const answered = await this.#exchange(searchRequest(search, this.#timeLimitSeconds), SEARCH_RESULT);
    if (answered instanceof NoAnswer) return answered;
    const { code, text, entries, hasReferences } = answered;
    if (code === SUCCESS) return { entries, hasReferences, isBaseMissing: false };
    if (code === NO_SUCH_OBJECT) return { entries: [], hasReferences, isBaseMissing: true };
    return new NoAnswer(describeResult(code, text));
  }

  close(): void {
    this.#socket?.destroy();
  }

  end(error: Error): void {
    this.#ended ??= error;
    this.#socket?.destroy();
    const request = this.#request;
    this.#request = undefined;
    request?.reject(this.#ended);
  }

  /** Talks over this socket from now on, once it is connected. */
  async #use(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
    this.#socket = socket;
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('it closed the connection')));
    if (this.#ended !== undefined) socket.destroy();
    await new Promise<void>((resolve, reject) => {
      socket.once(event, resolve);
      socket.once('close', () => reject(this.#ended ?? new Error('it closed the connection')));
    });
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => this.end(new Error('it closed the connection')));
    socket.unref();
  }

  #exchange(request: Buffer, of: number): Promise<Answered | NoAnswer> {
    const socket = this.#socket;
    if (this.#ended !== undefined || socket === undefined) {
      return Promise.reject(this.#ended ?? new Error('it closed the connection'));
    }
    this.#lastId = (this.#lastId % 0x7fff_ffff) + 1;
    socket.ref();
    return new Promise((resolve, reject) => {
      this.#request = { of, entries: [], hasReferences: false, bytes: 0, resolve, reject };
      socket.write(ldapMessage(this.#lastId, request));
    });
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const request = this.#request;
    if (request !== undefined) {
      request.bytes += chunk.length;
      if (request.bytes > MAX_ANSWER_BYTES) {
        this.#settle(new NoAnswer(`the answer is larger than ${MAX_ANSWER_BYTES >> 20} MiB`));
        this.end(new Error('its answer is too large'));
        return;
      }
    }
    if (this.#size < this.#needed) return;
    try {
      this.#readMessages(Buffer.concat(this.#chunks));
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #readMessages(received: Buffer): void {
    let at = 0;
    let size = messageSize(received, at);
    while (size !== undefined && at + size <= received.length) {
      this.#read(received.subarray(at, at + size));
      at += size;
      size = messageSize(received, at);
    }
    this.#chunks = at === received.length ? [] : [received.subarray(at)];
    this.#size = received.length - at;
    this.#needed = size ?? 0;
    if (this.#needed > MAX_ANSWER_BYTES) throw new Error('its answer is malformed');
  }

  #read(bytes: Buffer): void {
    const { id, content } = readLdapMessage(bytes);
    const request = this.#request;
    if (id !== this.#lastId || request === undefined) throw new Error('it says what nobody asked for');
    if (content.kind === 'entry') {
      request.entries.push(content.entry);
    } else if (content.kind === 'reference') {
      request.hasReferences = true;
    } else {
      if (content.of !== request.of) throw new Error('its answer is malformed');
      const { entries, hasReferences } = request;
      this.#settle({ entries, hasReferences, code: content.code, text: content.text });
    }
  }

  #settle(answered: Answered | NoAnswer): void {
    const request = this.#request;
    this.#request = undefined;
    this.#socket?.unref();
    request?.resolve(answered);
  }
}

/** undefined when it cannot be told yet. */
function messageSize(received: Buffer, at: number): number | undefined {
  if (at < received.length && received[at] !== SEQUENCE) throw new Error('its answer is malformed');
  return berSize(received, at);
}
