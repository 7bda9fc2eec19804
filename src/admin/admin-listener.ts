/**
 * The admin server on its address, and on the local socket beside it.
 */
import { formatSocketAddress, type SocketAddress } from '../net/socket-address.ts';
import { bind } from '../server/bind.ts';
import { LocalSocket } from './local-socket.ts';
import { type AdminServerOptions, createAdminServer } from './server.ts';
import { Tls, type TlsFiles } from './tls.ts';

/** Who may open a UNIX-domain socket of ours is said by its mode; unsaid, its owner. */
const DEFAULT_UNIX_MODE = 0o600;

export interface AdminListenerOptions extends Omit<AdminServerOptions, 'createServer' | 'guard'> {
  readonly guard: Omit<AdminServerOptions['guard'], 'isLocal'>;
  readonly tls?: TlsFiles | undefined;
  /** Path of the local socket; undefined: none. */
  readonly localSocket?: string | undefined;
  /** How often the files of the certificate are looked at. Default: every ten seconds. */
  readonly tlsLookEveryMs?: number;
  readonly onTlsReload?: () => void;
  readonly onTlsFailure?: (reason: string) => void;
  /** The local socket could not be opened. The rest works without. */
  readonly onLocalSocketFailure?: (error: Error) => void;
}

export interface AdminListener {
  /** As bound, with the port that the system chose if it was to. */
  readonly address: string;
  /** The path of the local socket, if it is open. */
  readonly localSocket: string | undefined;
  /** Lets running requests end, at most so long. */
  close(deadlineMs: number): Promise<void>;
}

/** @throws OperatorError (rejects) when the address cannot be bound, or the certificate not be used */
export async function openAdmin(
  address: SocketAddress,
  options: AdminListenerOptions,
): Promise<AdminListener> {
  const { tls: files, localSocket: path, onTlsReload, onTlsFailure, onLocalSocketFailure } = options;
  const tls =
    files &&
    (await Tls.open({
      files,
      onReload: onTlsReload ?? (() => {}),
      onFailure: onTlsFailure ?? (() => {}),
      lookEveryMs: options.tlsLookEveryMs,
    }));
  const localSockets = new WeakSet<object>();
  const server = await createAdminServer({
    ...options,
    guard: { ...options.guard, isLocal: (socket) => localSockets.has(socket) },
    createServer: tls && ((handler) => tls.createServer(handler)),
  });
  await server.ready();
  let local: LocalSocket | undefined;
  try {
    await bind(server.server, address.kind === 'unix' ? { mode: DEFAULT_UNIX_MODE, ...address } : address);
  } catch (error) {
    await Promise.all([server.close(), tls?.close()]);
    throw error;
  }
  if (path !== undefined) {
    try {
      local = await LocalSocket.open(path, localSockets, server.routing);
    } catch (error) {
      onLocalSocketFailure?.(error as Error);
    }
  }
  const bound = server.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    address: formatSocketAddress(address.kind === 'tcp' ? { ...address, port } : address),
    localSocket: local?.path,
    async close(deadlineMs) {
      const deadline = setTimeout(() => {
        server.server.closeAllConnections();
        tls?.closeAllConnections();
        local?.closeAllConnections();
      }, deadlineMs);
      await Promise.all([server.close(), tls?.close(), local?.close()]);
      clearTimeout(deadline);
    },
  };
}
