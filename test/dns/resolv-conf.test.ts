import { describe, expect, it } from 'vitest';
import { parseResolvConf, readResolvConf } from '../../src/dns/resolv-conf.ts';

describe('parseResolvConf', () => {
  it('reads servers in their order, and nothing else', () => {
    const text = [
      '# comment',
      'search example.test',
      '; another',
      'nameserver 192.0.2.53   # trailing',
      '\tnameserver\t2001:db8::53',
      'nameserver fe80::1%eth0',
      'nameserver not-an-address',
      'options ndots:2 timeout:3 attempts:4 rotate',
    ].join('\n');
    expect(parseResolvConf(text)).toEqual({
      servers: [
        { host: '192.0.2.53', port: 53 },
        { host: '2001:db8::53', port: 53 },
        { host: 'fe80::1%eth0', port: 53 },
      ],
    });
  });

  it('without nameserver lines it is the local one', () => {
    expect(parseResolvConf('')).toEqual({
      servers: [{ host: '127.0.0.1', port: 53 }],
    });
  });

  it('a file that cannot be read counts as empty', () => {
    expect(readResolvConf('/nonexistent/resolv.conf')).toEqual(parseResolvConf(''));
  });
});
