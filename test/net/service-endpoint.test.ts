import { describe, expect, it } from 'vitest';
import { formatServiceEndpoint, parseServiceEndpoint } from '../../src/net/service-endpoint.ts';

const inet = (host: string, port: number) => ({ kind: 'inet', host, port });
const unix = (path: string) => ({ kind: 'unix', path });

describe('parseServiceEndpoint', () => {
  it.each([
    ['inet:127.0.0.1:10023', inet('127.0.0.1', 10023), 'inet:127.0.0.1:10023'],
    ['inet:policy.example.com:1', inet('policy.example.com', 1), 'inet:policy.example.com:1'],
    ['inet:10023', inet('localhost', 10023), 'inet:localhost:10023'],
    ['inet::10023', inet('localhost', 10023), 'inet:localhost:10023'],
    ['inet:[127.0.0.1]:10023', inet('127.0.0.1', 10023), 'inet:127.0.0.1:10023'],
    ['inet:[::1]:10023', inet('::1', 10023), 'inet:[::1]:10023'],
    ['inet:[IPv6:::1]:10023', inet('::1', 10023), 'inet:[::1]:10023'],
    ['inet:::1:10023', inet('::1', 10023), 'inet:[::1]:10023'],
    ['unix:/run/policy', unix('/run/policy'), 'unix:/run/policy'],
    [
      'unix:private/policy',
      unix('/var/spool/postfix/private/policy'),
      'unix:/var/spool/postfix/private/policy',
    ],
    [
      'local:private/policy',
      unix('/var/spool/postfix/private/policy'),
      'unix:/var/spool/postfix/private/policy',
    ],
  ])('reads %s', (text, endpoint, formatted) => {
    const read = parseServiceEndpoint(text, '/var/spool/postfix');
    expect(read).toEqual(endpoint);
    expect(read && formatServiceEndpoint(read)).toBe(formatted);
  });

  it.each([
    '',
    'inet:',
    'unix:',
    '127.0.0.1:10023',
    'tcp:127.0.0.1:10023',
    'INET:127.0.0.1:10023',
    'inet:127.0.0.1:',
    'inet:127.0.0.1:0',
    'inet:127.0.0.1:65536',
    'inet:127.0.0.1:smtp',
    'inet:127.0.0.1:10023x',
    'inet:[::1]',
    'inet:[::1]10023',
    'inet:no such host:10023',
    'inet:-host-:10023',
  ])('refuses %j', (text) => {
    expect(parseServiceEndpoint(text, '/var/spool/postfix')).toBeUndefined();
  });
});
