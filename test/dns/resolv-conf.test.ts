import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DnsServerAddress } from '../../src/dns/dns-server.ts';
import { followResolvConf, parseResolvConf, readResolvConf } from '../../src/dns/resolv-conf.ts';

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

describe('followResolvConf', () => {
  it('tells of other servers, however the file changes, and not of a file without any', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'postward-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'resolv.conf');
    const told: (readonly DnsServerAddress[])[] = [];
    const hosts = () => told.map((servers) => servers.map(({ host }) => host).join(' '));
    const end = followResolvConf((servers) => told.push(servers), file, 10);
    onTestFinished(end);
    writeFileSync(file, 'nameserver 192.0.2.1\n');
    await expect.poll(hosts).toEqual(['192.0.2.1']);
    writeFileSync(`${file}.new`, 'nameserver 192.0.2.1\nnameserver 2001:db8::1\n');
    renameSync(`${file}.new`, file);
    await expect.poll(hosts).toEqual(['192.0.2.1', '192.0.2.1 2001:db8::1']);
    writeFileSync(file, 'search example.test\n');
    await sleep(50);
    rmSync(file);
    await sleep(50);
    writeFileSync(file, '# the same\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n');
    await sleep(50);
    expect(told).toHaveLength(2);
    end();
    writeFileSync(file, 'nameserver 192.0.2.2\n');
    await sleep(50);
    expect(told).toHaveLength(2);
  });
});
