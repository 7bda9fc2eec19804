/** The clients of random cases and the names that they greet with, sound and odd. */
import { words } from './words.ts';

export interface RandomClient {
  readonly address: string;
  readonly name: string;
  readonly reverseName: string;
}

const client = (address: string, name: string, reverseName = name): RandomClient => ({
  address,
  name,
  reverseName,
});

/** Names of clients agree with the zone, since Postward asks it where Postfix does not tell. */
export const CLIENTS: readonly RandomClient[] = [
  client('192.0.2.10', 'mail.client.test'),
  client('2001:db8::10', 'mail.client.test'),
  client('192.0.2.11', '[UNAVAILABLE]'),
  client('192.0.2.12', '[TEMPUNAVAIL]'),
  client('192.0.2.13', '[UNAVAILABLE]', 'forged.client.test'),
  client('192.0.2.14', '[TEMPUNAVAIL]', 'abroken.test'),
  client('192.0.2.15', 'MX.Relay.TEST'),
  client('192.0.2.16', 'gw.sub.relay.test'),
  client('192.0.2.17', 'badmx.test'),
  client('192.0.2.18', 'sub.badns.test'),
  client('192.0.2.19', 'under_score.test'),
  client('198.51.100.1', 'host.spam.test'),
  client('198.51.100.2', 'bad.spam.test'),
  client('198.51.100.3', 'spam.test', 'bada.test'),
  client('198.51.100.4', '[UNAVAILABLE]'),
  client('198.51.100.5', 'good.test'),
  client('198.51.100.80', 'bada.test'),
  client('203.0.113.5', 'tmp.test'),
  client('203.0.113.6', 'broken.test', 'badns.test'),
  client('10.1.2.3', 'inside.dest.test'),
  client('127.0.0.1', 'localhost'),
  client('2001:db8:bad::1', '[UNAVAILABLE]'),
  client('2001:db8:1:2::3', 'six.client.test'),
  client('::1', 'localhost'),
  client('192.0.2.21', 'manymx.test'),
  client('192.0.2.22', 'a.b.badns.test'),
  client('192.0.2.23', 'host.wild.test', 'mxalias.test'),
  client('192.0.2.24', '[UNAVAILABLE]', 'nx.test'),
  client('192.0.2.25', 'mx.dest.test'),
  client('192.0.2.255', 'loop1.test', 'chain.test'),
  client('203.0.113.9', 'multi.test', 'xn--bcher-kva.test'),
  client('::ffff:198.51.100.1', 'host.spam.test'),
  client('2001:DB8:0:0::AB', 'Six.Client.TEST'),
];

export const HELO_NAMES: readonly string[] = [
  ...words(`
    mail.client.test Mail.CLIENT.Test mx.relay.test short localhost nx.test aonly.test aaaaonly.test
    sender.test nullmx.test broken.test abroken.test mxbroken.test txtonly.test dangling.test alias.test
    deadalias.test spam.test helo.spam.test bad.spam.test tmp.test good.test badmx.test badns.test
    sub.badns.test bada.test loopmx.test ipmx.test dest.test sender.test. sender.test.. a..b.test .test
    under_score.test -dash.test dash-.test 1.2.3.4.5 123 192.0.2.10 192.0.2.256 2001:db8::10 [192.0.2.10]
    [198.51.100.80] [192.0.2] [IPv6:2001:db8::10] [ipv6:2001:DB8::1] [2001:db8::10] [192.0.2.10 [] hélo.test
    a,b.test a/b.test <x>.test u@sender.test x;y"z.test *.test a{b}.test xn--hlo-bma.test bücher.test
    xn--bcher-kva.test chain.test loop1.test manymx.test mxnull2.test mxbadname.test multi.test nsbroken.test
    mxrefused.test nodata.test aservfail6.test any.wild.test a.b.badns.test MX.Dest.TEST localhost. . .. _ a.
    test unknown host.123 1.2.3 127.1 0x7f.1 1.2.3.4. 192.0.2.10. ::1 ::ffff:192.0.2.10 fe80::1%eth0
    [127.0.0.1] [::1] [IPv6:::1] [IPv6:fe80::1%eth0] [IPv6:192.0.2.10] [192.0.2.10]. [192.0.2.10]x
    host.test:25 %s.test
  `),
  `${'l'.repeat(64)}.test`,
  `${'l'.repeat(63)}.test`,
  `${'long.'.repeat(60)}test`,
  'two words',
  'tab\tbed.test',
  '$client_name',
  'a\\b.test',
];
