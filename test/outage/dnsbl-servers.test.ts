/** A real DNSBL, rbldnsd, behind a real resolver, unbound, fails in the ways they do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type DnsblServers, startDnsblServers, ZONE } from '../support/dnsbl-servers.ts';
import { requirement } from '../support/requirements.ts';
import { type OutageDaemon, startDaemon } from './outage-daemon.ts';

const servers = requirement('rbldnsd');

const ENTRIES = ['127.0.0.2', '198.51.100.1'];
const WORLD = ['0.0.0.0/1', '128.0.0.0/1'];
const POLICY = `smtpd_client_restrictions = reject_rbl_client ${ZONE}\n`;
const LISTED = { client_address: '198.51.100.1' };
const BLOCKED = `554 5.7.1 Service unavailable; Client host [198.51.100.1] blocked using ${ZONE}; Listed, see https://${ZONE}/198.51.100.1`;

async function start(policy = POLICY): Promise<DnsblServers & { daemon: OutageDaemon }> {
  const dnsbl = await startDnsblServers(ENTRIES);
  const daemon = await startDaemon({
    files: { 'mx.cf': policy },
    dns: dnsbl.unbound,
    hasAdmin: true,
    settings: {
      DNS__TIMEOUT_MS: '1500',
      DNS__ATTEMPTS: '1',
      DNS__TTL_FLOOR_SECONDS: '0',
      DNS__NEGATIVE_TTL_FLOOR_SECONDS: '0',
      DNS__DNSBL__RETRY_SECONDS: '1',
      // The shortest there is: a probe comes before the test has lost its patience.
      DNS__DNSBL__PROBE_SECONDS: '10',
    },
  });
  // Where everything is cold and the machine is busy, the first answers may be late.
  await daemon.answers(BLOCKED, LISTED);
  for (const event of ['decision_warning', 'dns_server_down']) daemon.lines(event);
  return { ...dnsbl, daemon };
}

let host = 0;
/** A client that nobody has asked about yet. */
function stranger(): { client_address: string } {
  host += 1;
  return { client_address: `203.0.${host >> 8}.${host & 255}` };
}

/** Mail comes in until a line is logged; its answers. */
async function mailUntil(daemon: OutageDaemon, event: string, count = 1): Promise<string[]> {
  const answers: string[] = [];
  await daemon.until(event, async () => {
    answers.push(await daemon.ask(stranger()));
    await sleep(20);
    return daemon.lines(event).length >= count;
  });
  return answers;
}

describe.skipIf(!servers.isMet)('rbldnsd behind unbound', () => {
  test('rbldnsd-lists-whom-it-lists', async () => {
    const { daemon } = await start();
    expect(await daemon.ask(LISTED)).toBe(BLOCKED);
    for (let n = 0; n < 5; n += 1) expect(await daemon.ask(stranger())).toBe('DUNNO');
    const { report } = await daemon.ready();
    expect(report.checks.find(({ name }) => name === 'dnsbls')).toMatchObject({ status: 'pass' });
    await daemon.stop();
  });

  test('rbldnsd-begins-to-list-the-world-under-load, and stops', async () => {
    const { daemon, list } = await start();
    list([...ENTRIES, ...WORLD]);
    expect(new Set(await mailUntil(daemon, 'dnsbl_set_aside'))).toEqual(new Set(['DUNNO']));
    expect(await daemon.logged('dnsbl_set_aside')).toMatchObject({ fault: 'lists_the_world' });
    for (let n = 0; n < 10; n += 1) expect(await daemon.ask(stranger())).toBe('DUNNO');
    list(ENTRIES);
    expect(new Set(await mailUntil(daemon, 'dnsbl_returned'))).toEqual(new Set(['DUNNO']));
    expect(await daemon.ask(LISTED)).toBe(BLOCKED);
    expect(await daemon.ask(stranger())).toBe('DUNNO');
    await daemon.stop();
  });

  test.each([
    ['2000::/3', '2001:4860::'],
    ['::/0', '2a00:1450::'],
  ])('rbldnsd-begins-to-list-%s', async (network, clients) => {
    const { daemon, listIpv6 } = await start();
    listIpv6([network]);
    let last = 0;
    const answers = new Set<string>();
    await daemon.until('dnsbl_set_aside', async () => {
      last += 1;
      answers.add(await daemon.ask({ client_address: `${clients}${last.toString(16)}` }));
      await sleep(20);
      return daemon.lines('dnsbl_set_aside').length > 0;
    });
    expect(answers).toEqual(new Set(['DUNNO']));
    expect(await daemon.logged('dnsbl_set_aside')).toMatchObject({ fault: 'lists_the_world' });
    await daemon.stop();
  });

  test('rbldnsd-answers-error-codes', async () => {
    const { daemon, list } = await start();
    list(WORLD.map((network) => `${network} :127.255.255.255:over quota`));
    expect(new Set(await mailUntil(daemon, 'dnsbl_set_aside'))).toEqual(new Set(['DUNNO']));
    const line = await daemon.logged('dnsbl_set_aside');
    expect(line).toMatchObject({ fault: 'refuses' });
    expect(line.msg).toContain('let the resolver (127.0.0.1) ask by itself');
    daemon.lines('decision_warning');
    await daemon.stop();
  });

  test.each(['killed', 'paused', 'without its zone'])('rbldnsd-%s, and back', async (how) => {
    const { daemon, rbldnsd, serve } = await start();
    if (how === 'paused') await rbldnsd.pause();
    else await rbldnsd.kill();
    if (how === 'without its zone') {
      serve('other.example.net');
      await rbldnsd.restart();
    }
    expect(new Set(await mailUntil(daemon, 'dnsbl_set_aside'))).toEqual(new Set(['DUNNO']));
    const { fault } = await daemon.logged('dnsbl_set_aside');
    expect(['times_out', 'fails']).toContain(fault);
    if (how === 'paused') await rbldnsd.resume();
    else {
      await rbldnsd.kill();
      serve(ZONE);
      await rbldnsd.restart();
    }
    await mailUntil(daemon, 'dnsbl_returned');
    expect(await daemon.ask(LISTED)).toBe(BLOCKED);
    // What unbound tells of a server that is gone may be in another way the second time.
    for (const event of ['decision_warning', 'dnsbl_set_aside', 'dns_server_down']) daemon.lines(event);
    await daemon.stop();
  });

  test('unbound-killed: the server is to blame, no list is', async () => {
    const { daemon, unbound } = await start();
    await unbound.kill();
    expect(await daemon.ask(stranger())).toBe('DUNNO');
    await daemon.logged('dns_server_down');
    const { report } = await daemon.ready();
    expect(report.checks.find(({ name }) => name === 'dns')).toMatchObject({ status: 'warn' });
    await unbound.restart();
    await mailUntil(daemon, 'dns_server_up');
    expect(daemon.lines('dnsbl_set_aside')).toEqual([]);
    expect(daemon.lines('dns_server_down')).toHaveLength(1);
    daemon.lines('decision_warning');
    await daemon.stop();
  });

  test('zone-vanished beside one that works', async () => {
    const { daemon } = await start(
      `smtpd_client_restrictions = reject_rbl_client gone.example.net, reject_rbl_client ${ZONE}\n`,
    );
    expect(await daemon.logged('dnsbl_set_aside')).toMatchObject({
      dnsbl: 'gone.example.net',
      fault: 'vanished',
    });
    expect(await daemon.ask(LISTED)).toBe(BLOCKED);
    expect(await daemon.ask(stranger())).toBe('DUNNO');
    await daemon.stop();
  });
});
