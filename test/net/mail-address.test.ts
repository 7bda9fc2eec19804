import { describe, expect, test } from 'vitest';
import { quoteLocalPart, splitMailAddress, withoutExtension } from '../../src/net/mail-address.ts';

const PLUS = { delimiters: '+', doubleBounceSender: 'double-bounce', isOwnerRequestSpecial: true };
const BOTH = { ...PLUS, delimiters: '+-' };

describe('splitMailAddress', () => {
  test.each([
    ['user@example.com', 'user', 'example.com'],
    ['a@b@example.com', 'a@b', 'example.com'],
    ['user', 'user', undefined],
    ['user@', 'user', ''],
    ['@example.com', '', 'example.com'],
  ])('%s', (address, localPart, domain) => {
    expect(splitMailAddress(address)).toEqual({ localPart, domain });
  });
});

describe('withoutExtension', () => {
  test.each([
    ['user+ext', PLUS, 'user'],
    ['user+ext+more', PLUS, 'user'],
    ['user+', PLUS, 'user'],
    ['a-b+c', BOTH, 'a'],
    ['user', PLUS, undefined],
    ['+ext', PLUS, undefined],
    ['+a+b', PLUS, undefined],
    ['user-ext', PLUS, undefined],
    ['user+ext', { ...PLUS, delimiters: '' }, undefined],
    ['Mailer-Daemon', BOTH, undefined],
    ['double-bounce', BOTH, undefined],
    ['owner-list', BOTH, undefined],
    ['list-request', BOTH, undefined],
    ['-request', BOTH, undefined],
    ['owner-list', { ...BOTH, isOwnerRequestSpecial: false }, 'owner'],
    ['owner-list+x', PLUS, 'owner-list'],
    ['postmaster+x', PLUS, 'postmaster'],
  ])('%s', (localPart, options, expected) => {
    expect(withoutExtension(localPart, options)).toBe(expected);
  });
});

describe('quoteLocalPart', () => {
  test.each([
    ['user', 'user'],
    ['first.last', 'first.last'],
    ['ü', 'ü'],
    ["o'neil+x=y", "o'neil+x=y"],
    ['a b', '"a b"'],
    ['a@b', '"a@b"'],
    ['a"b', '"a\\"b"'],
    ['a\\b', '"a\\\\b"'],
    ['.a', '".a"'],
    ['a.', '"a."'],
    ['a..b', '"a..b"'],
    ['', '""'],
    ['a\tb', '"a\tb"'],
  ])('%s is written %s', (internal, external) => {
    expect(quoteLocalPart(internal)).toBe(external);
  });
});
