/** Nine lists that each take 50 ms: asked one after another, by the daemon, by Postfix itself, by Postfix through the daemon. */
import { Resolver } from 'node:dns/promises';
import { delegated } from '../../test/support/policy-layout.ts';
import { startPostfix } from '../../test/support/private-postfix.ts';
import { SmtpSession } from '../../test/support/smtp-session.ts';
import { median } from '../median.ts';
import { DNSBL_ZONES } from '../policies.ts';
import type { ServerProcess } from '../server-process.ts';
import { clientQueries, PolicyLink, row, type World } from './world.ts';

const SETTINGS_OF_POSTFIX = `
myhostname = mx.dest.test
mydestination = dest.test
local_recipient_maps =
mynetworks = 127.0.0.0/8, 192.0.2.0/24
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_client_restrictions = permit_mynetworks, ${DNSBL_ZONES.map((zone) => `reject_rbl_client ${zone}`).join(', ')}
`;

async function measure({ dns }: World, name: string, times: number, run: (i: number) => Promise<number>) {
  dns.clearQueries();
  const samples: number[] = [];
  for (let i = 0; i < times; i++) samples.push(await run(i));
  const queries = clientQueries(dns).length / times;
  console.log(row(name, median(samples), Math.max(...samples), queries));
}

export async function nineLists(world: World, daemon: ServerProcess, clients: number): Promise<void> {
  console.log('\nNine DNSBLs of 50 ms each, one client after another');
  console.log(row('', 'median ms', 'worst ms', 'queries'));
  const resolver = new Resolver();
  resolver.setServers([`${world.dns.address}:${world.dns.port}`]);
  await measure(world, 'one list after another', Math.min(clients, 5), async (i) => {
    const startedMs = performance.now();
    for (const zone of DNSBL_ZONES) await resolver.resolve4(`${i}.99.18.198.${zone}`).catch(() => undefined);
    return performance.now() - startedMs;
  });
  const link = await PolicyLink.open(daemon);
  await measure(world, 'daemon, clients not seen before', clients, (i) => link.ask(i));
  await measure(world, 'daemon, the same clients again', clients, (i) => link.ask(i));
  link.close();
}

/** @param address where Postfix listens, and the DNS server on port 53 */
export async function nineListsOfPostfix(
  world: World,
  daemon: ServerProcess,
  address: string,
  clients: number,
): Promise<void> {
  const postfix = await startPostfix({
    mainCf: SETTINGS_OF_POSTFIX,
    address,
    nameserver: address,
    services: {
      native: {},
      delegated: delegated('single', SETTINGS_OF_POSTFIX, `127.0.0.1:${daemon.port}`),
    },
  });
  try {
    console.log(`\nThe same through real Postfix: the reply to RCPT TO, each client in a session of its own`);
    console.log(row('', 'median ms', 'worst ms', 'queries'));
    // Clients that nobody has asked about so far, others for each service.
    for (const [service, from] of [
      ['native', 20_000],
      ['delegated', 30_000],
    ] as const) {
      const rcpt = (i: number) => timeOfRcpt(address, postfix.port(service), from + i);
      // The first session starts the processes.
      await rcpt(9_999);
      await measure(world, `${service}, clients not seen before`, clients, rcpt);
      await measure(world, `${service}, the same clients again`, clients, rcpt);
    }
  } finally {
    await postfix.stop();
  }
}

async function timeOfRcpt(host: string, port: number, client: number): Promise<number> {
  const session = await SmtpSession.open(host, port);
  try {
    const address = `198.18.${client >> 8}.${client & 255}`;
    const name = 'mail.client.test';
    await session.xclient({ address, name, reverseName: name, port: '40000', login: '' });
    await session.command('EHLO mail.client.test');
    await session.command('MAIL FROM:<a@sender.test>');
    const startedMs = performance.now();
    const reply = await session.command('RCPT TO:<b@dest.test>');
    const tookMs = performance.now() - startedMs;
    if (!reply.startsWith('250')) throw new Error(`RCPT was answered ${reply}`);
    return tookMs;
  } finally {
    await session.close();
  }
}
