import { expect, it } from 'vitest';
import { asciiDomain } from '../../src/net/domain-name.ts';

it('a name beyond ASCII becomes A-labels, one of ASCII stays as it is', () => {
  expect(asciiDomain('Bücher.test')).toBe('xn--bcher-kva.test');
  expect(asciiDomain('*.bücher。test')).toBe('*.xn--bcher-kva.test');
  expect(asciiDomain('_a.☃.xn--bcher-kva.test')).toBe('_a.xn--n3h.xn--bcher-kva.test');
  expect(asciiDomain('A b/c')).toBe('A b/c');
});

it('a name that no parser of URLs would take whole is none', () => {
  for (const odd of ['/x', '?x', '#x', '\\x', ':25', '\tx', '\nx', ' ', '%2ex', '%41', '@x']) {
    expect(asciiDomain(`bücher.test${odd}`), odd).toBeUndefined();
    expect(asciiDomain(`x${odd}.bücher.test`), odd).toBeUndefined();
  }
});

it('nor is one with hyphens where none belong', () => {
  for (const label of ['-ü', 'ü-', 'ab--ü']) expect(asciiDomain(`${label}.test`), label).toBeUndefined();
  expect(asciiDomain('ab-ü--c.test')).toBe('xn--ab---c-5ya.test');
});
