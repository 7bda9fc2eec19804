/** The addresses of random cases, sound and odd, logins, and what ETRN asks for. */
import { words } from './words.ts';

/** Domains of sender and recipient addresses. */
export const DOMAINS: readonly string[] = words(`
    sender.test Sender.TEST sub.sender.test client.test aonly.test aaaaonly.test nullmx.test txtonly.test
    dangling.test alias.test deadalias.test broken.test mxbroken.test abroken.test refused.test nx.test
    spam.test bad.spam.test tmp.test good.test badmx.test badns.test sub.badns.test bada.test loopmx.test
    ipmx.test other.test backup.test backup-ip.test primary.test backup-trouble.test chain.test loop1.test
    mxalias.test mxchain.test nsalias.test manymx.test mxtxt.test mxservfail.test mxnull2.test
    mxself.test mxbadname.test mxonlybad.test mxnumeric.test mxip6.test mxunder.test multi.test mxmulti.test
    mxrefused.test nsbroken.test aservfail6.test nodata.test any.wild.test a.b.badns.test
    bücher.test mail.client.test
  `);

/** Domains of this host. */
export const OUR_DOMAINS: readonly string[] = words(`
    dest.test Dest.Test host.dest.test relay.test sub.relay.test vmbox.test valias.test
  `);

export const LOCAL_PARTS: readonly string[] = words(`
    alice bob carol Bob bob+ext bob-ext nobody
  `);

export const ODD_LOCAL_PARTS: readonly string[] = [
  ...words(`
    "bob" postmaster Postmaster postmaster+x mailer-daemon owner-list list-request list-request+x
    double-bounce +ext bob+ bob+a+b bob+a-b bob%other.test bob%dest.test bob%nx.test other.test!bob
    dest.test!bob "bob@other.test" "bob%other.test" a/b o'brien prvs=1=alice a{b} ünï MAILER-DAEMON
    bob=dest.test bob%other.test%dest.test bob%dest.test%relay.test dest.test!other.test!bob
    other.test!bob%dest.test "bob!x" "a@b" "bob." "" "bob+ext" "postmaster" #user -bob bob. .bob bob..x
    unknown * %s !bob bob% bob!
  `),
  '"alice b"',
  '"bob+x y"',
  '$user',
  '"a\\"b"',
  '"a\\\\b"',
  '" "',
  'x'.repeat(64),
  `bob+${'x'.repeat(70)}`,
];

export const ODD_DOMAINS: readonly string[] = [
  ...words(`
    short dest.test. sender.test. [192.0.2.10] [127.0.0.1] [198.51.100.80] [IPv6:2001:db8::10]
    under_score.test -dash.test a..b.test 1.2.3.4 xn--hlo-bma.test other.test. Other.TEST. dest.test..
    localhost host 123 1.2.3 host.123 [192.0.2] [] [::1] [IPv6:::1] [IPv6:fe80::1%eth0] [ipv6:2001:DB8::10]
    [mx.sender.test] [192.0.2.10 a,b.test a_b.test sub.dest.test deep.sub.relay.test xrelay.test
  `),
  `${'l'.repeat(63)}.test`,
  `${'l'.repeat(64)}.test`,
  `${'long.'.repeat(50)}test`,
];

/** Whole addresses, taken as they are. */
export const WHOLE_ADDRESSES: readonly string[] = [
  ...words(`
    alice bob postmaster bob%dest.test @hop.test:bob@dest.test @a,@b:bob@other.test @hop.test:bob bob@
    @dest.test bob@a.test@dest.test bob@dest.test@other.test other.test!bob bob%other.test "bob@dest.test"
    Postmaster postmaster@ bob(remark)@dest.test <bob@dest.test> MAILER-DAEMON
  `),
  '"alice b"',
  'bob@dest.test (remark)',
  'Bob <bob@dest.test>',
  ' bob@dest.test ',
  'bob @ dest.test',
];

export const LOGINS: readonly string[] = [
  ...words(`
    alice Bob carol@dest.test alice@sender.test ünï x,y
  `),
  'a b',
];

export const ETRN_NAMES: readonly string[] = words(`
    relay.test sub.relay.test Other.TEST [192.0.2.10] short #x.test x.sub.relay.test. under_score.test
    [IPv6:2001:db8::10] bücher.test
  `);
