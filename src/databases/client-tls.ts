/** TLS of a client, as map files of Postfix's network tables describe it. */
import { isIP } from 'node:net';
import { type ConnectionOptions, createSecureContext, getCACertificates } from 'node:tls';

export interface ClientTls {
  /** PEM; undefined: the authorities that this machine and Node trust. */
  readonly ca?: readonly string[];
  /** PEM. */
  readonly cert?: string;
  /** PEM. */
  readonly key?: string;
  /** As OpenSSL names them. */
  readonly ciphers?: string;
  /** The server's certificate must be good. */
  readonly rejectUnauthorized: boolean;
  /** And the server's name must be in it. */
  readonly verifiesName: boolean;
}

/** Encrypted, for whoever the server may be. */
export const UNCHECKED_TLS: ClientTls = { rejectUnauthorized: false, verifiesName: false };

/** Why no connection can be made with this; undefined if nothing is wrong with it. */
export function tlsMistake({ ca, cert, key, ciphers }: ClientTls): string | undefined {
  try {
    createSecureContext({ ...given({ cert, key, ciphers }), ...(ca === undefined ? {} : { ca: [...ca] }) });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function tlsOptions(host: string, tls: ClientTls): ConnectionOptions {
  const { ca, cert, key, ciphers, rejectUnauthorized, verifiesName } = tls;
  return {
    host,
    rejectUnauthorized,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...given({ cert, key, ciphers }),
    ...(rejectUnauthorized ? { ca: [...(ca ?? trustedAuthorities())] } : {}),
    ...(verifiesName ? {} : { checkServerIdentity: () => undefined }),
  };
}

/** PEM. */
export function trustedAuthorities(): string[] {
  return [...getCACertificates('default'), ...getCACertificates('system')];
}

type Given = Pick<ConnectionOptions, 'cert' | 'key' | 'ciphers'>;

function given(options: { [K in keyof Given]: Given[K] | undefined }): Given {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
