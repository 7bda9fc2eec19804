import { describe, expect, test } from 'vitest';
import { withoutTrailingDot } from '../../src/net/domain-name.ts';
import { isValidHostAddress, isValidHostname, isValidMailHostAddress } from '../../src/net/hostname-rules.ts';

const LABEL_63 = 'a'.repeat(63);

describe('isValidHostname', () => {
  test.each([
    'mail.client.test',
    'localhost',
    'my_host.client.test',
    '_dmarc.test',
    '1a',
    '1234.com',
    'host.123',
    '123-456',
    'xn--mnchen-3ya.test',
    LABEL_63,
    `${LABEL_63}.${LABEL_63}.${LABEL_63}.${LABEL_63}`,
  ])('accepts %s', (name) => {
    expect(isValidHostname(name)).toBe(true);
  });

  test.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'foo!bar.test',
    '-foo.client.test',
    'foo-.test',
    'foo.-bar',
    'foo-',
    '1234',
    '192.0.2.10',
    '192.0.2.999',
    'münchen.test',
    '[192.0.2.10]',
    '2001:db8::1',
    `${LABEL_63}a.test`,
    `${LABEL_63}.${LABEL_63}.${LABEL_63}.${LABEL_63}a`,
    'a b',
    '*.test',
  ])('refuses `%s`', (name) => {
    expect(isValidHostname(name)).toBe(false);
  });
});

describe('host addresses', () => {
  test.each([
    '192.0.2.10',
    '0.0.0.0',
    '192.000.002.010',
    '::',
    '::1',
    '1:2:3:4:5:6:7:8',
    '2001:db8::192.0.2.1',
  ])('accepts %s', (text) => {
    expect(isValidHostAddress(text)).toBe(true);
  });

  test.each([
    '',
    '0.1.2.3',
    '192.0.2',
    '192.0.2.999',
    '192.0.2.1.',
    '192..2.1',
    'a.b.c.d',
    ':',
    ':1',
    '1:',
    '1::2::3',
    '12345::1',
    '1:2:3:4:5:6:7:8:9',
    '::g',
    '1.2.3.4::',
  ])('refuses `%s`', (text) => {
    expect(isValidHostAddress(text)).toBe(false);
  });

  test('a mail host address names IPv6 and no other', () => {
    expect(isValidMailHostAddress('192.0.2.10')).toBe(true);
    expect(isValidMailHostAddress('IPv6:2001:db8::1')).toBe(true);
    expect(isValidMailHostAddress('ipv6:::1')).toBe(true);
    expect(isValidMailHostAddress('2001:db8::1')).toBe(false);
    expect(isValidMailHostAddress('IPv6:192.0.2.10')).toBe(false);
  });
});

describe('domain names', () => {
  test('one trailing dot goes, two stay', () => {
    expect(withoutTrailingDot('a.b.')).toBe('a.b');
    expect(withoutTrailingDot('a.b..')).toBe('a.b..');
    expect(withoutTrailingDot('.')).toBe('.');
    expect(withoutTrailingDot('a.b')).toBe('a.b');
  });
});
