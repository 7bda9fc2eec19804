/**
 * Where a Redis server is, as its clients write it: `redis://HOST:PORT/DB`,
 * `rediss://…` for TLS (the schemes registered with IANA), or `unix:/path`.
 */
import { formatHostPort, parseHostPort } from './host-port.ts';

export interface RedisUrl {
  readonly server: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly database: number;
  readonly isTls: boolean;
  /** '' where the URL has none. */
  readonly username: string;
  readonly password: string;
}

const DEFAULT_PORT = 6379;

/** undefined when it is none of these forms. */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const noUser = { username: '', password: '' };
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path.startsWith('/') ? { server: { path }, database: 0, isTls: false, ...noUser } : undefined;
  }
  const match = /^(rediss?):\/\/(?:([^@/]*)@)?([^@/]+)(?:\/(\d{1,5})?)?$/.exec(text);
  if (match === null) return undefined;
  const [, scheme, credentials = '', authority = '', database = '0'] = match;
  const server = parseHostPort(authority) ?? parseHostPort(`${authority}:${DEFAULT_PORT}`);
  const colon = credentials.indexOf(':');
  const username = decoded(colon < 0 ? credentials : credentials.slice(0, colon));
  const password = decoded(colon < 0 ? '' : credentials.slice(colon + 1));
  if (server === undefined || username === undefined || password === undefined) return undefined;
  return { server, database: Number(database), isTls: scheme === 'rediss', username, password };
}

/** For people: without user and password. */
export function showRedisUrl({ server, database, isTls }: RedisUrl): string {
  if ('path' in server) return `unix:${server.path}`;
  return `${isTls ? 'rediss' : 'redis'}://${formatHostPort(server)}${database === 0 ? '' : `/${database}`}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
