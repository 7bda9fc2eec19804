/** Daemons that share DNS answers through one Redis, which comes and goes. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';
import type { PrivateServer } from '../support/private-server.ts';
import { askRedis, startRedis, until } from '../support/redis.ts';
import { requirement } from '../support/requirements.ts';
import { type OutageDaemon, startDaemon } from './outage-daemon.ts';

const LISTS = Array.from({ length: 9 }, (_, index) => `list${index}.test`);
const POLICY = `\
smtpd_client_restrictions = ${LISTS.map((list) => `reject_rbl_client ${list}`).join(', ')}
smtpd_sender_restrictions = reject_unknown_sender_domain
dnsbl_health = off
`;
const ZONE = `
@dnsbl list8.test 198.51.100.1 127.0.0.2 "spam source"
sender.test 300 MX 10 mx.sender.test
sender.test 300 A 192.0.2.1
`;
const LISTED = { client_address: '198.51.100.1' };
const BLOCKED =
  '554 5.7.1 Service unavailable; Client host [198.51.100.1] blocked using list8.test; spam source';

interface World {
  readonly dns: FixtureDns;
  readonly redis: PrivateServer;
  start(): Promise<OutageDaemon>;
}

async function world(): Promise<World> {
  const dns = await startFixtureDns({ zone: ZONE });
  onTestFinished(() => dns.stop());
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const settings = { REDIS__URL: `redis://127.0.0.1:${redis.port}` };
  return { dns, redis, start: () => startDaemon({ files: { 'mx.cf': POLICY }, dns, settings }) };
}

const isConnected = ({ port }: PrivateServer, count: number) =>
  until('the daemons are connected', async () => {
    const clients = String(await askRedis(port, 'CLIENT', 'LIST'));
    return clients.split('name=postward-dns ').length > count;
  });

describe.skipIf(!requirement('redis').isMet)('two daemons with one Redis', () => {
  test('the second has all it needs from the first', async () => {
    const { dns, redis, start } = await world();
    const one = await start();
    await isConnected(redis, 1);
    expect(await one.ask(LISTED)).toBe(BLOCKED);
    expect(await one.ask()).toBe('DUNNO');
    await until('all is shared', async () => Number(await askRedis(redis.port, 'DBSIZE')) >= 19);
    // From now on whoever asks the DNS waits: what the second knows, it knows from Redis.
    dns.pause();
    const two = await start();
    await isConnected(redis, 2);
    await two.answers(BLOCKED, LISTED);
    expect(await two.ask()).toBe('DUNNO');
    two.lines('decision_warning');
    two.lines('dns_server_down');
    await one.stop();
    await two.stop();
  });

  test('a poisoned value neither rejects nor permits', async () => {
    const { redis, start } = await world();
    const daemon = await start();
    await isConnected(redis, 1);
    for (const list of LISTS) {
      const key = `postward:dns:1:A:10.2.0.192.${list}`;
      await askRedis(redis.port, 'SET', key, '[1,"x","A","found",60,"",[["127.0.0.2",0]]]', 'EX', '60');
    }
    await askRedis(redis.port, 'SET', 'postward:dns:1:MX:sender.test', 'gone', 'EX', '60');
    expect(await daemon.ask()).toBe('DUNNO');
    await daemon.stop();
  });

  test('a resolver to which a list lists the world fools no other server', async () => {
    const policy = 'smtpd_client_restrictions = reject_rbl_client bl.test\n';
    const healthy = '@dnsbl bl.test 127.0.0.2 127.0.0.2\n@dnsbl bl.test 198.51.100.1 127.0.0.2\n';
    const [lied, told] = [
      await startFixtureDns({ zone: '*.bl.test 300 A 127.0.0.2\n' }),
      await startFixtureDns({ zone: healthy }),
    ];
    onTestFinished(() => Promise.all([lied.stop(), told.stop()]).then(() => {}));
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const start = (dns: FixtureDns, mode: string) =>
      startDaemon({
        files: { 'mx.cf': `${policy}dnsbl_health = ${mode}\n` },
        dns,
        settings: { REDIS__URL: `redis://127.0.0.1:${redis.port}` },
      });
    // It only reports, so that it asks on, and is lied to every time.
    const fooled = await start(lied, 'report');
    await isConnected(redis, 1);
    const clients = [7, 8, 9].map((last) => ({ client_address: `203.0.113.${last}` }));
    await fooled.logged('dnsbl_set_aside');
    for (const client of clients) expect(await fooled.ask(client)).toContain('554 5.7.1');
    const sound = await start(told, 'enforce');
    await isConnected(redis, 2);
    for (const client of clients) expect(await sound.ask(client)).toBe('DUNNO');
    // What is believed is shared.
    expect(await sound.ask(LISTED)).toContain('blocked using bl.test');
    await until('it is shared', async () => {
      const value = await askRedis(redis.port, 'GET', 'postward:dns:1:A:1.100.51.198.bl.test');
      return String(value).includes('127.0.0.2');
    });
    await fooled.stop();
    await sound.stop();
  });

  test('a resolver that lists refuse in silence hides no listing from other servers', async () => {
    const healthy =
      '@dnsbl bl.test 127.0.0.2 127.0.0.2\n@dnsbl bl.test 198.51.100.1 127.0.0.2\n@dnsbl bl.test 198.51.100.2 127.0.0.2\n';
    const [refused, told] = [
      await startFixtureDns({ zone: 'bl.test SOA ns.bl.test host.bl.test 1 3600 600 86400 3600\n' }),
      await startFixtureDns({ zone: healthy }),
    ];
    onTestFinished(() => Promise.all([refused.stop(), told.stop()]).then(() => {}));
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const start = (dns: FixtureDns) =>
      startDaemon({
        files: { 'mx.cf': 'smtpd_client_restrictions = reject_rbl_client bl.test\n' },
        dns,
        hasAdmin: true,
        settings: { REDIS__URL: `redis://127.0.0.1:${redis.port}` },
      });
    const dnsbls = async (daemon: OutageDaemon) =>
      (await daemon.ready()).report.checks.find(({ name }) => name === 'dnsbls')?.status;
    const blind = await start(refused);
    await isConnected(redis, 1);
    expect(await blind.ask(LISTED)).toBe('DUNNO');
    await blind.logged('dnsbl_unproven');
    expect(await blind.ask({ client_address: '198.51.100.3' })).toBe('DUNNO');
    const sighted = await start(told);
    await isConnected(redis, 2);
    await sighted.answers(BLOCKED.replace('list8.test; spam source', 'bl.test'), LISTED);
    // What one may see the other profits from; it still sees nothing itself.
    expect(await sighted.ask({ client_address: '198.51.100.2' })).toContain('554 5.7.1');
    await until('it is shared', async () => {
      const value = await askRedis(redis.port, 'GET', 'postward:dns:1:A:2.100.51.198.bl.test');
      return String(value).includes('127.0.0.2');
    });
    expect(await blind.ask({ client_address: '198.51.100.2' })).toContain('554 5.7.1');
    expect([await dnsbls(blind), await dnsbls(sighted)]).toEqual(['warn', 'pass']);
    // "Not listed" of a list that is proven is shared.
    expect(await sighted.ask({ client_address: '198.51.100.4' })).toBe('DUNNO');
    await until('it is shared', async () => {
      const value = await askRedis(redis.port, 'GET', 'postward:dns:1:A:4.100.51.198.bl.test');
      return String(value).includes('nxdomain');
    });
    await blind.stop();
    await sighted.stop();
  });

  test('Redis paused, killed, back: what is decided stays the same', async () => {
    const { redis, start } = await world();
    const daemon = await start();
    await isConnected(redis, 1);
    await redis.pause();
    expect(await daemon.ask(LISTED)).toBe(BLOCKED);
    expect(await daemon.ask({ client_address: '198.51.100.2' })).toBe('DUNNO');
    await redis.resume();
    await redis.kill();
    expect(await daemon.ask({ client_address: '198.51.100.3' })).toBe('DUNNO');
    expect(await daemon.ask(LISTED)).toBe(BLOCKED);
    await redis.restart();
    await isConnected(redis, 1);
    expect(await daemon.ask({ client_address: '198.51.100.4' })).toBe('DUNNO');
    daemon.lines('redis_down');
    await daemon.stop();
  });

  test('shared_cache = false: nothing goes to Redis', async () => {
    const { dns, redis } = await world();
    const settings = { REDIS__URL: `redis://127.0.0.1:${redis.port}`, DNS__SHARED_CACHE: 'false' };
    const daemon = await startDaemon({ files: { 'mx.cf': POLICY }, dns, settings });
    expect(await daemon.ask(LISTED)).toBe(BLOCKED);
    await daemon.stop();
    expect(await askRedis(redis.port, 'KEYS', 'postward:dns:*')).toEqual([]);
  });
});
