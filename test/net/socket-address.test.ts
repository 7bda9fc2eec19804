import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSocketAddress, parseServerAddress, parseSocketAddress } from '../../src/net/socket-address.ts';

test.each([
  ['127.0.0.1:10040', { kind: 'tcp', host: '127.0.0.1', port: 10040 }],
  ['inet:127.0.0.1:0', { kind: 'tcp', host: '127.0.0.1', port: 0 }],
  ['localhost:25', { kind: 'tcp', host: '127.0.0.1', port: 25 }],
  ['[::1]:10040', { kind: 'tcp', host: '::1', port: 10040 }],
  ['[2001:DB8:0::1]:65535', { kind: 'tcp', host: '2001:db8::1', port: 65_535 }],
  ['unix:/run/postward', { kind: 'unix', path: '/run/postward' }],
])('%s', (text, expected) => {
  expect(parseSocketAddress(text)).toEqual(expected);
});

test.each([
  '',
  '10040',
  ':10040',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '127.0.0.1:-1',
  '127.0.0.01:25',
  '::1:10040',
  '[127.0.0.1]:10040',
  'host.example:10040',
  'unix:',
  '/run/postward',
])('`%s` is no address', (text) => {
  expect(parseSocketAddress(text)).toBeUndefined();
});

test.each([
  ['192.0.2.1', '192.0.2.1', 53],
  ['192.0.2.1:5353', '192.0.2.1', 5353],
  ['2001:db8::1', '2001:db8::1', 53],
  ['[2001:db8::1]', '2001:db8::1', 53],
  ['[2001:db8::1]:5353', '2001:db8::1', 5353],
])('DNS server %s', (text, host, port) => {
  expect(parseServerAddress(text)).toEqual({ host, port });
});

test.each(['', 'resolver.example', '192.0.2.1:0', '192.0.2.256', '[::1', 'unix:/run/dns'])(
  '`%s` is no DNS server',
  (text) => {
    expect(parseServerAddress(text)).toBeUndefined();
  },
);

test('what is formatted is read back', () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  const address = fc.oneof(
    fc.record({ kind: fc.constant('tcp' as const), host: fc.ipV4(), port }),
    fc.record({ kind: fc.constant('unix' as const), path: fc.string({ minLength: 1 }) }),
  );
  fc.assert(
    fc.property(address, (value) => {
      expect(parseSocketAddress(formatSocketAddress(value))).toEqual(value);
    }),
  );
});
