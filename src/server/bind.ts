/**
 * Binds a server to its address. A UNIX-domain socket that a dead process left
 * behind is replaced; one that somebody listens on is not.
 */
import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { formatSocketAddress, type SocketAddress } from '../net/socket-address.ts';
import { OperatorError } from '../util/operator-error.ts';

/** Connections that wait to be accepted; the kernel's own limit may be lower. */
const BACKLOG = 1024;

/** smtpd runs as mail_owner, which is none of our groups: whom to let in is the directory's business. */
const DEFAULT_UNIX_MODE = 0o666;

/** sun_path of sockaddr_un without its NUL. */
const MAX_UNIX_PATH_BYTES = 107;

/** @throws OperatorError saying what to do about it */
export async function bind(server: Server, address: SocketAddress): Promise<void> {
  try {
    if (address.kind === 'tcp') {
      await listening(server, { host: address.host, port: address.port, backlog: BACKLOG });
      return;
    }
    await listening(server, { path: address.path, backlog: BACKLOG }).catch(async (error: unknown) => {
      if (errorCode(error) !== 'EADDRINUSE' || !(await isStale(address.path))) throw error;
      unlinkSync(address.path);
      await listening(server, { path: address.path, backlog: BACKLOG });
    });
    chmodSync(address.path, address.mode ?? DEFAULT_UNIX_MODE);
  } catch (error) {
    server.close();
    throw operatorError(error, address);
  }
}

function listening(
  server: Server,
  options: { host?: string; port?: number; path?: string; backlog: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** True for a socket that nobody listens on. */
async function isStale(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error) => resolve(errorCode(error) === 'ECONNREFUSED'));
  });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function operatorError(cause: unknown, address: SocketAddress): OperatorError {
  const where = `\`${formatSocketAddress(address)}\``;
  const isUnix = address.kind === 'unix';
  // libuv reports a missing directory as EACCES.
  const isMissing = isUnix && !existsSync(dirname(address.path));
  const isTooLong = isUnix && Buffer.byteLength(address.path) > MAX_UNIX_PATH_BYTES;
  const make = (code: string, problem: string, help: string) =>
    new OperatorError(code, `cannot listen on ${where}: ${problem}`, help, { cause });

  if (isTooLong) {
    const help = `the path of a UNIX-domain socket has at most ${MAX_UNIX_PATH_BYTES} bytes`;
    return make('socket-path-too-long', 'its path is too long', help);
  }
  switch (isMissing ? 'ENOENT' : errorCode(cause)) {
    case 'EADDRINUSE':
      return make(
        'address-in-use',
        'address in use',
        isUnix
          ? 'another process listens there, or the path is no socket; stop it, remove it or choose another path'
          : 'another process, perhaps another Postward, listens there; stop it or choose another port',
      );
    case 'EACCES':
    case 'EPERM':
      return make(
        'address-not-permitted',
        'permission denied',
        isUnix
          ? 'the directory must be writable for the user that Postward runs as'
          : 'ports below 1024 need privileges; choose a higher one',
      );
    case 'EADDRNOTAVAIL':
      return make('address-not-available', 'this host has no such address', 'choose an address of this host');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return make('address-not-available', 'no such host name', 'write a numeric address');
    case 'ENOENT':
    case 'ENOTDIR':
      return make('socket-directory-missing', 'no such directory', 'create the directory first');
    default:
      return make(
        'listen-failed',
        cause instanceof Error ? cause.message : String(cause),
        'see the error of the system',
      );
  }
}
