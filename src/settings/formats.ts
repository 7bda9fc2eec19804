/**
 * Texts with a form of their own: how each is checked, and completed from the
 * place it was written in.
 */
import { resolve } from 'node:path';
import { formatHostPort, parseHostPort } from '../net/host-port.ts';
import { parseRedisUrl } from '../net/redis-url.ts';
import { formatSocketAddress, parseServerAddress, parseSocketAddress } from '../net/socket-address.ts';

export interface TextFormat {
  /** What a person is told it should be. */
  readonly expected: string;
  /** The value as settings hold it, or undefined when the text does not have this form. */
  complete(text: string, directory: string): string | undefined;
}

function path(text: string, directory: string): string | undefined {
  return text === '' ? undefined : resolve(directory, text);
}

function socketAddress(text: string, directory: string): string | undefined {
  const address = parseSocketAddress(text);
  if (address === undefined) return undefined;
  return formatSocketAddress(
    address.kind === 'unix' ? { kind: 'unix', path: resolve(directory, address.path) } : address,
  );
}

const ADDRESS = 'an address like `127.0.0.1:10040`, `[::1]:10040` or `unix:/path`';

export const TEXT_FORMATS: Readonly<Record<string, TextFormat>> = Object.freeze({
  path: { expected: 'a path', complete: path },
  'path-or-memory': {
    expected: 'a directory, or `memory`',
    complete: (text: string, directory: string) => (text === 'memory' ? text : path(text, directory)),
  },
  'socket-address': { expected: ADDRESS, complete: socketAddress },
  'socket-address-or-off': {
    expected: `${ADDRESS}, or \`off\``,
    complete: (text: string, directory: string) => (text === 'off' ? text : socketAddress(text, directory)),
  },
  'host-port': {
    expected: 'a server like `redis1.example.org:6379` or `[2001:db8::1]:6379`',
    complete(text: string) {
      const server = parseHostPort(text);
      return server && formatHostPort(server);
    },
  },
  'redis-url': {
    expected: '`redis://HOST:PORT`, `rediss://HOST:PORT` or `unix:/path`',
    complete: (text: string) => (parseRedisUrl(text) === undefined ? undefined : text),
  },
  'dns-server': {
    expected: 'a DNS server like `192.0.2.1`, `192.0.2.1:5353` or `[2001:db8::1]:53`',
    complete(text: string) {
      const server = parseServerAddress(text);
      return server && formatSocketAddress({ kind: 'tcp', ...server });
    },
  },
});
