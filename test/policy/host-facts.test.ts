import { expect, test } from 'vitest';
import { defaultNetworks, familiesOf, withFamilies } from '../../src/policy/host-facts.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';

const HOST = {
  hostname: 'mx.dest.test',
  interfaces: ['127.0.0.1/8', '192.0.2.2/25', '10.1.2.3/24', '172.16.5.6/20', '::1/128', '2001:db8:1::2/64'],
};

// As `postconf -x mynetworks` of Postfix 3.7 says on such a host.
test.each([
  ['host', 'all', '127.0.0.1/32 192.0.2.2/32 10.1.2.3/32 172.16.5.6/32 [::1]/128 [2001:db8:1::2]/128'],
  ['subnet', 'all', '127.0.0.0/8 192.0.2.0/25 10.1.2.0/24 172.16.0.0/20 [::1]/128 [2001:db8:1::]/64'],
  ['class', 'all', '127.0.0.0/8 192.0.2.0/24 10.0.0.0/8 172.16.0.0/16 [::1]/128 [2001:db8:1::]/64'],
  ['subnet', '127.0.0.1', '127.0.0.0/8'],
  ['host', '127.0.0.1', '127.0.0.1/32'],
  ['subnet', 'loopback-only', '127.0.0.0/8 [::1]/128'],
  ['host', 'localhost', '127.0.0.1/32'],
  ['subnet', '192.0.2.2, [2001:db8:1::2]', '192.0.2.0/25 [2001:db8:1::]/64'],
  // Which interface a name means is not known here: nobody is trusted for it.
  ['subnet', 'mx.dest.test localhost', '127.0.0.0/8'],
])('mynetworks_style = %s, inet_interfaces = %s', (style, listening, expected) => {
  expect(defaultNetworks(HOST, style, listening.split(/[\s,]+/))).toBe(expected);
});

test.each([
  ['all', '127.0.0.1/32 192.0.2.2/32 10.1.2.3/32 172.16.5.6/32 [::1]/128 [2001:db8:1::2]/128'],
  ['IPv4', '127.0.0.1/32 192.0.2.2/32 10.1.2.3/32 172.16.5.6/32'],
  ['ipv6', '[::1]/128 [2001:db8:1::2]/128'],
  ['ipv6, ipv4', '127.0.0.1/32 192.0.2.2/32 10.1.2.3/32 172.16.5.6/32 [::1]/128 [2001:db8:1::2]/128'],
])('inet_protocols = %s', (protocols, expected) => {
  const host = withFamilies(HOST, familiesOf(protocols.split(', ')));
  expect(defaultNetworks(host, 'host', ['all'])).toBe(expected);
});

test.each(['ipv5', '', 'ipv4 ipv5'])(
  'inet_protocols = %s, with which Postfix does not start',
  (protocols) => {
    expect(compilePolicyText(`inet_protocols = ${protocols}\n`).errors).toEqual([
      expect.objectContaining({
        code: 'bad-parameter-value',
        message: `inet_protocols cannot be \`${protocols}\``,
      }),
    ]);
  },
);
