import { describe, expect, it } from 'vitest';
import { formatListenAddress, parseListenAddress } from '../../src/server/listen-address.ts';
import { OperatorError } from '../../src/util/operator-error.ts';

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:10040', { kind: 'tcp', host: '127.0.0.1', port: 10040 }],
    ['[::1]:10040', { kind: 'tcp', host: '::1', port: 10040 }],
    ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
    ['unix:/run/postward/policy', { kind: 'unix', path: '/run/postward/policy', mode: 0o666 }],
    ['unix:/run/a,b', { kind: 'unix', path: '/run/a,b', mode: 0o666 }],
  ])('%s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
    expect(formatListenAddress(parseListenAddress(text))).toBe(text);
  });

  it('takes the permissions of a UNIX-domain socket', () => {
    expect(parseListenAddress('unix:/run/policy,mode=0660')).toEqual({
      kind: 'unix',
      path: '/run/policy',
      mode: 0o660,
    });
  });

  it.each(['', '10040', ':10040', '::1:10040', '127.0.0.1', '127.0.0.1:65536', 'unix:run/policy', '[::1]'])(
    'refuses `%s` and says what it expects',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(OperatorError);
      expect(() => parseListenAddress(text)).toThrow(
        expect.objectContaining({ code: 'listen-address', help: expect.stringMatching(/./) }),
      );
    },
  );

  it('refuses a path that the system would cut off', () => {
    expect(() => parseListenAddress(`unix:/${'x'.repeat(106)}`)).not.toThrow();
    expect(() => parseListenAddress(`unix:/${'x'.repeat(107)}`)).toThrow(OperatorError);
  });
});
