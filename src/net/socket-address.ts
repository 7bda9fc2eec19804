/**
 * Addresses of sockets as people write them: `127.0.0.1:10040`, `[::1]:10040`,
 * `unix:/path`. Postfix's own `inet:` before host and port is taken too, since
 * it stands in the line people copy from.
 */
import { type IpFamily, parseIpAddress } from './ip-address.ts';

export type SocketAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** `mode`: permissions, where one is to listen. */
  | { readonly kind: 'unix'; readonly path: string; readonly mode?: number | undefined };

/** undefined when it is not an address. Port 0, any free port, is allowed; names are not, but `localhost` is. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path === '' ? undefined : { kind: 'unix', path };
  }
  const match = /^(?:inet:)?(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, bracketed, bare = '', digits = ''] = match;
  const port = Number(digits);
  if (port > 65_535) return undefined;
  const host =
    bracketed === undefined ? ipOf(bare === 'localhost' ? '127.0.0.1' : bare, 4) : ipOf(bracketed, 6);
  return host === undefined ? undefined : { kind: 'tcp', host, port };
}

export function formatSocketAddress(address: SocketAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** A DNS server, `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`. */
export function parseServerAddress(text: string): { host: string; port: number } | undefined {
  const host = parseIpAddress(text)?.toString() ?? ipOf(/^\[([^\]]*)\]$/.exec(text)?.[1] ?? '', 6);
  if (host !== undefined) return { host, port: 53 };
  const address = parseSocketAddress(text);
  if (address?.kind !== 'tcp' || address.port === 0) return undefined;
  return { host: address.host, port: address.port };
}

/** The canonical text of an address of this family. */
function ipOf(text: string, family: IpFamily): string | undefined {
  const address = parseIpAddress(text);
  return address?.family === family ? address.toString() : undefined;
}

/** True for an address that only this machine reaches. */
export function isLoopback({ host }: { readonly host: string }): boolean {
  return host === '::1' || /^(?:::ffff:)?127\./.test(host);
}
