/**
 * Where a server listens, as check_policy_service and socketmap: tables name it
 * (postconf(5), SMTPD_POLICY_README): `inet:host:port`, `unix:path`.
 */
import { isAbsolute, join } from 'node:path';
import { isValidHostAddress, isValidHostname } from './hostname-rules.ts';

export type ServiceEndpoint =
  | { readonly kind: 'inet'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** What inet_connect(3) takes when no host is given. */
const DEFAULT_HOST = 'localhost';

/**
 * Reads `inet:host:port`, `inet:[address]:port`, `inet:port`, `unix:path` and
 * its other name `local:path`; undefined for anything else. Postfix also takes
 * a service name for a port; we take numbers.
 *
 * @param queueDirectory where smtpd(8) runs, so where relative paths begin
 */
export function parseServiceEndpoint(text: string, queueDirectory: string): ServiceEndpoint | undefined {
  const colon = text.indexOf(':');
  const transport = text.slice(0, colon);
  const address = text.slice(colon + 1);
  if (colon < 0 || address === '') return undefined;
  if (transport === 'inet') return parseInet(address);
  if (transport !== 'unix' && transport !== 'local') return undefined;
  return { kind: 'unix', path: isAbsolute(address) ? address : join(queueDirectory, address) };
}

function parseInet(address: string): ServiceEndpoint | undefined {
  const bracketed = /^\[(?:ipv6:)?([^\]]+)\]:(.*)$/i.exec(address);
  const colon = address.lastIndexOf(':');
  const host = bracketed?.[1] ?? (address.slice(0, Math.max(colon, 0)) || DEFAULT_HOST);
  const port = bracketed?.[2] ?? address.slice(colon + 1);
  if (!isValidHostname(host) && !isValidHostAddress(host)) return undefined;
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { kind: 'inet', host, port: Number(port) };
}

export function formatServiceEndpoint(endpoint: ServiceEndpoint): string {
  if (endpoint.kind === 'unix') return `unix:${endpoint.path}`;
  const { host, port } = endpoint;
  return host.includes(':') ? `inet:[${host}]:${port}` : `inet:${host}:${port}`;
}
