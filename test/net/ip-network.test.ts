import { describe, expect, test } from 'vitest';
import { IpAddress } from '../../src/net/ip-address.ts';
import { isNetworkSyntaxError, parseIpNetwork } from '../../src/net/ip-network.ts';

describe('parseIpNetwork', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['192.0.2.0/024', '192.0.2.0/24'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['[2001:db8::]/32', '2001:db8::/32'],
    ['[2001:db8::/32]', '2001:db8::/32'],
    ['[::1]', '::1/128'],
    ['::/0', '::/0'],
  ])('%s', (pattern, expected) => {
    const network = parseIpNetwork(pattern);
    if (isNetworkSyntaxError(network)) throw new Error(network.error);
    expect(`${new IpAddress(network.family, network.words)}/${network.prefixLength}`).toBe(expected);
  });

  test.each([
    ['192.168.1.5/24', 'non-null host address bits in `192.168.1.5/24`', '`192.168.1.0/24`'],
    ['2001:db8::1/32', 'non-null host address bits', '`2001:db8::/32`'],
    ['10.0.0.0/33', 'bad mask length', '0 to 32 bits'],
    ['::/129', 'bad mask length', '0 to 128 bits'],
    ['10.0.0.0/255.0.0.0', 'bad mask value', 'number of bits'],
    ['10.0.0.0/', 'bad mask value', 'number of bits'],
    ['10.0.0.0/+8', 'bad mask value', 'number of bits'],
    ['192.168/16', 'bad network value', '`192.168.0.0/16`'],
    ['192.168.10', 'bad address pattern', '`192.168.10.0/24`'],
    ['010.0.0.0/8', 'bad network value', 'leading zeros'],
    ['fe80::1%eth0', 'bad address pattern', 'zone id'],
    ['[2001:db8::/32', 'missing `]`', 'address'],
    ['[::1]x', 'garbage after `[::1]`', '/length'],
    ['example.com', 'bad address pattern', 'IPv4'],
  ])('%s: %s', (pattern, error, help) => {
    const result = parseIpNetwork(pattern);
    expect(result).toMatchObject({
      error: expect.stringContaining(error),
      help: expect.stringContaining(help),
    });
  });
});
