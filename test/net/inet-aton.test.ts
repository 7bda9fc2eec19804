import { describe, expect, it } from 'vitest';
import { inetAton } from '../../src/net/inet-aton.ts';

describe('inetAton', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['123', '0.0.0.123'],
    ['0', '0.0.0.0'],
    ['4294967295', '255.255.255.255'],
    ['127.1', '127.0.0.1'],
    ['10.1.515', '10.1.2.3'],
    ['0x7f.1', '127.0.0.1'],
    ['0XC0000201', '192.0.2.1'],
    ['010.0.0.1', '8.0.0.1'],
  ])('reads %s as %s', (text, address) => {
    expect(inetAton(text)).toBe(address);
  });

  it.each([
    '',
    '.',
    '1.',
    '.1',
    '1..2',
    '1.2.3.4.5',
    '256.1',
    '1.2.3.256',
    '4294967296',
    '08',
    '0x',
    '0xg',
    'a',
    '1 ',
    '-1',
  ])('does not read `%s`', (text) => {
    expect(inetAton(text)).toBeUndefined();
  });
});
