import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIpAddress } from '../../src/net/ip-address.ts';

describe('parseIpAddress', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (text, canonical) => {
    expect(parseIpAddress(text)?.toString()).toBe(canonical);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.04',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1..2.3',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4/32',
    '0x1.2.3.4',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    ':1::2',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '::1.2.3',
    '::1.2.3.256',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',
    '[::1]',
  ])('refuses `%s`', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  test('agrees with the runtime on arbitrary texts of address characters', () => {
    let accepted = 0;
    const field = fc.stringMatching(/^[0-9a-f]{0,4}$/);
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(field, { minLength: 1, maxLength: 9 }).map((fields) => fields.join(':')),
      fc.array(fc.nat(300), { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.')),
      fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
    );
    fc.assert(
      fc.property(text, (address) => {
        const parsed = parseIpAddress(address);
        if (parsed !== undefined) accepted++;
        expect(parsed?.family ?? 0).toBe(isIP(address));
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  test('canonical text is what URL gives and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const address = parseIpAddress(text);
        const canonical = address?.toString() ?? '';
        expect(parseIpAddress(canonical)?.words).toEqual(address?.words);
        if (!canonical.includes('.')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${canonical}]`);
      }),
    );
  });

  test('octets are in network order', () => {
    expect([...(parseIpAddress('192.0.2.1')?.octets() ?? [])]).toEqual([192, 0, 2, 1]);
    expect([...(parseIpAddress('2001:db8::ff')?.octets() ?? [])]).toEqual([
      0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
    ]);
  });
});
