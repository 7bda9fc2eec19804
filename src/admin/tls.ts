/**
 * The certificate of the admin server, from files as certificate authorities'
 * programs leave them. Read again when they change: a renewal needs no
 * restart. Files that are wrong leave what was there before in force.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { createSecureContext } from 'node:tls';
import { OperatorError } from '../util/operator-error.ts';
import { systemErrorReason } from '../util/system-error.ts';

/** How often the files are looked at. */
const LOOK_EVERY_MS = 10_000;

const MIN_VERSION = 'TLSv1.2';

export interface TlsFiles {
  /** PEM: the certificate, then those between it and the authority. */
  readonly certificate: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface TlsOptions {
  readonly files: TlsFiles;
  readonly onReload: () => void;
  /** Told once for each way in which they are wrong. */
  readonly onFailure: (reason: string) => void;
  readonly lookEveryMs?: number | undefined;
}

export class Tls {
  readonly #options: TlsOptions;
  #pair: Pair;
  #server: Server | undefined;
  readonly #sockets = new Set<Duplex>();
  #timer: NodeJS.Timeout | undefined;
  #failure = '';

  private constructor(options: TlsOptions, pair: Pair) {
    this.#options = options;
    this.#pair = pair;
  }

  /** @throws OperatorError (rejects) when the files cannot be used */
  static async open(options: TlsOptions): Promise<Tls> {
    const pair = await readPair(options.files);
    if (typeof pair !== 'string') return new Tls(options, pair);
    throw new OperatorError(
      'admin-tls',
      `cannot use the certificate of the admin address: ${pair}`,
      'admin.tls.certificate and admin.tls.key name PEM files that belong together, readable by the user Postward runs as',
    );
  }

  /** A server that shows the certificate in force. */
  createServer(handler: RequestListener): Server {
    const server = createServer({ ...this.#pair, minVersion: MIN_VERSION }, handler);
    this.#server = server;
    server.on('connection', (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#timer = setInterval(() => void this.look(), this.#options.lookEveryMs ?? LOOK_EVERY_MS);
    this.#timer.unref();
    return server;
  }

  /** Reads the files; new connections get what they hold if it can be used. */
  async look(): Promise<void> {
    const pair = await readPair(this.#options.files);
    if (typeof pair === 'string') {
      if (pair !== this.#failure) this.#options.onFailure(pair);
      this.#failure = pair;
      return;
    }
    this.#failure = '';
    if (pair.cert === this.#pair.cert && pair.key === this.#pair.key) return;
    this.#pair = pair;
    this.#server?.setSecureContext({ ...pair, minVersion: MIN_VERSION });
    this.#options.onReload();
  }

  /** Those too whose handshake is not over, which the server itself does not count as connections. */
  closeAllConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets running requests end. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const server = this.#server;
    // Fastify closes no server that it has not made and not bound itself.
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/** The pair, or why it cannot be used. Says nothing of what the key file holds. */
async function readPair({ certificate, key }: TlsFiles): Promise<Pair | string> {
  const texts: string[] = [];
  for (const file of [certificate, key]) {
    try {
      texts.push(await readFile(file, 'utf8'));
    } catch (error) {
      return `cannot read \`${file}\`: ${systemErrorReason(error)}`;
    }
  }
  const [cert = '', keyText = ''] = texts;
  try {
    // Not left to createSecureContext, which takes a certificate and a key of different kinds (RSA, EC) for two halves.
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(keyText))) {
      return `\`${key}\` is not the key of \`${certificate}\``;
    }
    createSecureContext({ cert, key: keyText });
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return `\`${certificate}\` and \`${key}\` are no certificate and key (${code})`;
  }
  return { cert, key: keyText };
}
