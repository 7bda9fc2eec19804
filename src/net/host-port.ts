/** `HOST:PORT` where the host may be a name: servers that we connect to by name. */
import { isValidHostname } from './hostname-rules.ts';
import { parseIpAddress } from './ip-address.ts';

export interface HostPort {
  /** A host name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, `ADDRESS:PORT` or `[IPV6]:PORT`; undefined for anything else, and for port 0. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, bracketed, bare = '', digits] = match;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (bracketed !== undefined) {
    const address = parseIpAddress(bracketed);
    return address?.family === 6 ? { host: address.toString(), port } : undefined;
  }
  const isHost = isValidHostname(bare) || parseIpAddress(bare)?.family === 4;
  return isHost ? { host: bare, port } : undefined;
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
