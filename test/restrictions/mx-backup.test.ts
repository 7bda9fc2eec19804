import { describe, expect, it, onTestFinished } from 'vitest';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';

const ZONE = `
us.test          A    192.0.2.77
host-us.test     A    192.0.2.25
them.test        A    198.51.100.1
them.test        AAAA 2001:db8::1
silent.test      !SERVFAIL
backup.test      MX   10 them.test
backup.test      MX   20 us.test
primary.test     MX   10 us.test
primary.test     MX   20 them.test
named.test       MX   10 them.test
named.test       MX   20 MX.dest.test
interface.test   MX   10 them.test
interface.test   MX   20 host-us.test
gone.test        MX   10 silent.test
gone.test        MX   20 us.test
unknown.test     !SERVFAIL MX
xn--bcher-kva.test MX 10 them.test
xn--bcher-kva.test MX 20 us.test
`;

interface World {
  readonly dns: FixtureDns;
  reply(recipient: string): Promise<string>;
}

const MAIN_CF = {
  compatibility_level: '3.6',
  myhostname: 'mx.dest.test',
  mydestination: 'dest.test, mx.dest.test',
  relay_domains: 'relay.test',
  proxy_interfaces: '192.0.2.77',
  smtpd_relay_restrictions: 'permit_mx_backup, reject_unauth_destination',
};

async function world(changes: Readonly<Record<string, string>>): Promise<World> {
  const dns = await startFixtureDns({ zone: ZONE });
  const client = new WireClient({ servers: [dns.server] });
  onTestFinished(async () => {
    client.close();
    await dns.stop();
  });
  const resolver = new CachingResolver(client);
  const parameters = Object.entries({ ...MAIN_CF, ...changes });
  const policy = compilePolicyText(parameters.map(([name, value]) => `${name} = ${value}\n`).join(''));
  expect(policy.errors).toEqual([]);
  return { dns, reply: (recipient) => policy.reply({ request: { recipient }, resolver }) };
}

const denied = (recipient: string): string => `554 5.7.1 <${recipient}>: Relay access denied`;

describe('permit_mx_backup', () => {
  it.each([
    ['x@backup.test', 'permit'],
    ['x@named.test', 'permit'],
    ['x@interface.test', 'permit'],
    ['x@bücher.test', 'permit'],
    ['x@primary.test', denied('x@primary.test')],
    ['x@them.test', denied('x@them.test')],
    ['x@[192.0.2.99]', denied('x@[192.0.2.99]')],
    ['x%y@backup.test', denied('x%y@backup.test')],
  ])('%s', async (recipient, outcome) => {
    const { reply } = await world({});
    expect(await reply(recipient)).toBe(outcome);
  });

  it('asks the DNS nothing about domains that are ours', async () => {
    const { dns, reply } = await world({});
    for (const recipient of ['bob@dest.test', 'x@relay.test', 'postmaster', 'x@[192.0.2.77]']) {
      expect(await reply(recipient)).toBe('permit');
    }
    expect(dns.received).toBe(0);
  });

  it('lets mail be routed on where allow_untrusted_routing says so', async () => {
    const { reply } = await world({ allow_untrusted_routing: 'yes' });
    expect(await reply('x%y@backup.test')).toBe('permit');
  });

  it('permits, and yet defers what a later list rejects, when a host cannot be looked up', async () => {
    const trouble = 'Unable to look up mail exchanger host silent.test: Temporary failure in name resolution';
    const permitted = await world({});
    expect(await permitted.reply('x@gone.test')).toBe('permit');
    const rejected = await world({ smtpd_recipient_restrictions: 'reject' });
    expect(await rejected.reply('x@gone.test')).toBe(
      `450 4.4.4 <x@gone.test>: Recipient address rejected: ${trouble}`,
    );
  });

  it('defers when the mail exchangers cannot be looked up', async () => {
    const { reply } = await world({});
    expect(await reply('x@unknown.test')).toBe(
      '450 4.4.4 <x@unknown.test>: Recipient address rejected: Unable to look up mail exchanger information: Host not found, try again',
    );
  });

  it.each([
    ['198.51.100.0/24 [2001:db8::]/32', 'permit'],
    ['them.test', 'permit'],
    ['198.51.100.0/24', denied('x@backup.test')],
    ['!198.51.100.1 0.0.0.0/0 [::]/0', denied('x@backup.test')],
    [
      'fail:now',
      '450 4.4.4 <x@backup.test>: Recipient address rejected: Unable to verify host them.test as mail exchanger',
    ],
  ])('with permit_mx_backup_networks = %s', async (networks, outcome) => {
    const { reply } = await world({ permit_mx_backup_networks: networks });
    expect(await reply('x@backup.test')).toBe(outcome);
  });

  it('looks up the names in inet_interfaces', async () => {
    const { dns, reply } = await world({ proxy_interfaces: '', inet_interfaces: 'us.test' });
    expect(await reply('x@backup.test')).toBe('permit');
    expect(await reply('x@interface.test')).toBe(denied('x@interface.test'));
    expect(dns.count('us.test', 'A')).toBe(1);
  });

  it('does no more than the list it stands in lets it', async () => {
    const { reply } = await world({
      smtpd_restriction_classes: 'backup',
      backup: 'permit_mx_backup',
      smtpd_recipient_restrictions: 'check_recipient_access inline:{gone.test=backup}, reject',
      smtpd_relay_restrictions: '',
    });
    expect(await reply('x@gone.test')).toBe('permit');
  });
});
