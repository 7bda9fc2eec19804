/**
 * Where a policy socket listens, as `--listen` and the settings write it:
 * `127.0.0.1:10040`, `[::1]:10040`, `unix:/run/postward/policy`, the latter
 * optionally with `,mode=0660`. Port 0 takes any free port.
 */
import { OperatorError } from '../util/operator-error.ts';

export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** `mode`: permissions of the socket. */
  | { readonly kind: 'unix'; readonly path: string; readonly mode: number };

/** smtpd runs as mail_owner, which is none of our groups: whom to let in is the directory's business. */
const DEFAULT_UNIX_MODE = 0o666;

/** sun_path of sockaddr_un without its NUL. */
const MAX_UNIX_PATH_BYTES = 107;

const TCP = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/;
const UNIX = /^unix:(?<path>\/.*?)(?:,mode=(?<mode>0?[0-7]{3}))?$/;

/** @throws OperatorError `listen-address` */
export function parseListenAddress(text: string): ListenAddress {
  const unix = UNIX.exec(text)?.groups;
  if (unix !== undefined) {
    const path = unix['path'] ?? '';
    if (Buffer.byteLength(path) > MAX_UNIX_PATH_BYTES) {
      throw invalid(text, `the path of a UNIX-domain socket has at most ${MAX_UNIX_PATH_BYTES} bytes`);
    }
    const mode = unix['mode'];
    return { kind: 'unix', path, mode: mode === undefined ? DEFAULT_UNIX_MODE : Number.parseInt(mode, 8) };
  }
  const tcp = TCP.exec(text)?.groups;
  if (tcp === undefined) {
    throw invalid(text, 'write `127.0.0.1:10040`, `[::1]:10040` or `unix:/run/postward/policy`');
  }
  const port = Number(tcp['port']);
  if (port > 65_535) throw invalid(text, 'a port is a number up to 65535');
  return { kind: 'tcp', host: tcp['v6'] ?? tcp['host'] ?? '', port };
}

/** As `parseListenAddress` reads it and Postfix's check_policy_service, after `inet:`, writes it. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

function invalid(text: string, help: string): OperatorError {
  return new OperatorError('listen-address', `\`${text}\` is not an address to listen on`, help);
}
