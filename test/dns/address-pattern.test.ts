import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPatternError, parseAddressPattern } from '../../src/dns/address-pattern.ts';
import { parseIpv4 } from '../../src/net/ip-address.ts';

function matches(pattern: string, address: string): boolean {
  const parsed = parseAddressPattern(pattern);
  if (isPatternError(parsed)) throw new Error(parsed.error);
  return parsed(parseIpv4(address));
}

describe('parseAddressPattern', () => {
  it.each([
    ['127.0.0.2', '127.0.0.2', true],
    ['127.0.0.2', '127.0.0.3', false],
    ['127.0.0.2', '128.0.0.2', false],
    ['127.0.0.[2..11]', '127.0.0.2', true],
    ['127.0.0.[2..11]', '127.0.0.11', true],
    ['127.0.0.[2..11]', '127.0.0.12', false],
    ['127.0.0.[2;4;6..8]', '127.0.0.4', true],
    ['127.0.0.[2;4;6..8]', '127.0.0.5', false],
    ['127.0.[0..255].[1..3]', '127.0.9.3', true],
    ['[127;10].[0].0.[0..0]', '10.0.0.0', true],
    ['[127.0.0.2]', '127.0.0.2', true],
    ['[[127].0.0.[2]]', '127.0.0.2', true],
    ['255.255.255.255', '255.255.255.255', true],
    ['127.000.0.010', '127.0.0.10', true],
  ])('%s and %s: %s', (pattern, address, expected) => {
    expect(matches(pattern, address)).toBe(expected);
  });

  it.each([
    ['', 'empty address pattern', 0, 0],
    ['[]', 'empty address pattern', 1, 1],
    ['127.0.0', 'need `.`', 7, 7],
    ['127.0.0.2.3', 'text after the address pattern', 9, 10],
    ['127.0.0.256', 'need a number from 0 to 255 or `[`', 8, 11],
    ['127.0.0.x', 'need a number from 0 to 255 or `[`', 8, 9],
    ['127.0.0.[2,4]', 'need `;` or `]`', 10, 11],
    ['127.0.0.[2..', 'bad end of a range', 12, 12],
    ['127.0.0.[9..2]', 'bad end of a range', 12, 13],
    ['127.0.0.[]', 'need a number from 0 to 255', 9, 10],
    ['1.2.[3.4]', 'need `;` or `]`', 6, 7],
    ['1.2.3.3[6..9]', 'text after the address pattern', 7, 8],
    ['[127.0.0.2', 'need `;` or `]`', 4, 5],
    ['::1', 'need a number from 0 to 255 or `[`', 0, 1],
  ])('%j is wrong: %s', (pattern, error, start, end) => {
    expect(parseAddressPattern(pattern)).toEqual({ error, start, end });
  });

  it('matches what its ranges say, for any ranges and addresses', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const range = fc.tuple(octet, octet).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const field = fc.array(range, { minLength: 1, maxLength: 4 });
    const pattern = fc.tuple(field, field, field, field);
    fc.assert(
      fc.property(pattern, fc.tuple(octet, octet, octet, octet), (fields, address) => {
        const text = fields
          .map((ranges) => `[${ranges.map(([a, b]) => (a === b ? `${a}` : `${a}..${b}`)).join(';')}]`)
          .join('.');
        const expected = fields.every((ranges, index) =>
          ranges.some(([a, b]) => (address[index] ?? -1) >= a && (address[index] ?? -1) <= b),
        );
        expect(matches(text, address.join('.'))).toBe(expected);
      }),
    );
  });

  it('has an answer for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0129.[];x') }), (text) => {
        const parsed = parseAddressPattern(text);
        if (isPatternError(parsed)) expect(parsed.end).toBeGreaterThanOrEqual(parsed.start);
        else expect(typeof parsed(0)).toBe('boolean');
      }),
    );
  });
});
