/**
 * What is known of DNS deny and allow lists: which are alive, which closed and
 * when, what took their place, what their operators ask of those who query. A
 * table with the source of each claim, for `check`, the daemon and the docs.
 *
 * Promises no completeness, and nothing about a list that has no row. What an
 * operator's error answers mean is in dnsbl-error-answers.ts.
 */

import { dnsblAddressPoint } from './dnsbl.ts';

/** The newest sources are of this month. */
export const KNOWLEDGE_DATE = '2026-09';

/** Names that tell whether a list works; RFC 5782 §5 has them for lists in general. */
export interface TestPoints {
  /** One of these must be listed. */
  readonly listed: readonly string[];
  /** None of these may be. */
  readonly unlisted: readonly string[];
  /** It lists 127.0.0.0/8, which nobody sends mail from, with the rest of the reserved networks, IPv6 ones too. */
  readonly listsLoopback?: true;
}

export interface DnsblFacts {
  /** The zone, and all below it; of `no_list` the name itself alone. */
  readonly zone: string;
  readonly status:
    | 'alive'
    /** Its data is under another name now: `successor`. */
    | 'renamed'
    | 'closed'
    /** A name people write who mean `successor`. */
    | 'no_list';
  /** `closed`, `renamed`: year, or year-month(-day). */
  readonly since?: string;
  /** Has answered "listed" for every address since it closed, or did for a while. */
  readonly listsEverybody?: true;
  /** What to ask instead. */
  readonly successor?: string;
  /** What it is asked about. */
  readonly subject: 'address' | 'domain' | 'both';
  readonly isAllowList?: true;
  /** A zone that has all of this one's listings. */
  readonly partOf?: string;
  /** The filter that only listings pass: what to write after `=`. */
  readonly listings?: string;
  /** Whom it answers for besides those, so that it must not be asked without a filter. */
  readonly besides?: string;
  /** Terms that break a policy which does not know them, as a clause: the list …  */
  readonly terms?: string;
  /** Test points other than those of RFC 5782 §5, as names below the zone. */
  readonly testPoints?: TestPoints;
  readonly source: string;
}

/** The guides to Postfix of 2003 to 2019 whose configurations Postward was made to carry. */
const SURVEY = "survey of administrators' guides, 2003 to 2019";

const VIRBL =
  'https://github.com/dmippolitov/pydnsbl/issues/48 (https://www.rollernet.us/2017/01/shutdown-of-virbl-dnsbl-bit-nl/)';

const SPAMHAUS_CODES =
  'https://docs.spamhaus.com/datasets/docs/source/10-data-type-documentation/datasets/040-zones.html';
const SPAMHAUS_TERMS =
  'is free for small, non-commercial use, answers public resolvers and large users with an error (127.255.255.0/24), and wants a free registration (a DQS key) from them';

/** Lists of domains which answer to the test points of their own that they publish. */
const DBL_POINTS: TestPoints = { listed: ['dbltest.com'], unlisted: ['example.com', 'invalid'] };
const URIBL_POINTS: TestPoints = { listed: ['test.uribl.com'], unlisted: ['example.com', 'invalid'] };
const SURBL_POINTS: TestPoints = {
  listed: ['surbl-org-permanent-test-point.com', 'test.surbl.org'],
  unlisted: ['example.com', 'invalid'],
};

const spamhaus = (zone: string, subject: 'address' | 'domain', listings: string): DnsblFacts => ({
  zone,
  status: 'alive',
  subject,
  listings,
  terms: SPAMHAUS_TERMS,
  source: SPAMHAUS_CODES,
});

/** Of Team Cymru: networks that are reserved, or that nobody has been given. */
const bogons = (zone: string, listed: readonly string[], unlisted: string): DnsblFacts => ({
  zone,
  status: 'alive',
  subject: 'address',
  listings: '127.0.0.2',
  testPoints: { listed, unlisted: [unlisted], listsLoopback: true },
  source: 'https://www.team-cymru.com/bogon-reference-dns',
});

const closed = (zone: string, since: string, source: string): DnsblFacts => ({
  zone,
  status: 'closed',
  since,
  subject: 'address',
  source,
});

const hostile = (zone: string, since: string, source: string): DnsblFacts => ({
  ...closed(zone, since, source),
  listsEverybody: true,
});

const mistaken = (zone: string, successor: string, source: string): DnsblFacts => ({
  zone,
  status: 'no_list',
  successor,
  subject: 'address',
  source,
});

export const DNSBL_KNOWLEDGE: readonly DnsblFacts[] = Object.freeze([
  spamhaus('zen.spamhaus.org', 'address', '127.0.0.[2..11]'),
  { ...spamhaus('sbl.spamhaus.org', 'address', '127.0.0.[2;3;9]'), partOf: 'zen.spamhaus.org' },
  { ...spamhaus('xbl.spamhaus.org', 'address', '127.0.0.[4..7]'), partOf: 'zen.spamhaus.org' },
  { ...spamhaus('pbl.spamhaus.org', 'address', '127.0.0.[10;11]'), partOf: 'zen.spamhaus.org' },
  { ...spamhaus('dbl.spamhaus.org', 'domain', '127.0.1.[2..99]'), testPoints: DBL_POINTS },
  { zone: 'zen.dq.spamhaus.net', status: 'alive', subject: 'address', source: SPAMHAUS_CODES },
  {
    zone: 'dbl.dq.spamhaus.net',
    status: 'alive',
    subject: 'domain',
    testPoints: DBL_POINTS,
    source: SPAMHAUS_CODES,
  },
  {
    zone: 'sbl-xbl.spamhaus.org',
    status: 'renamed',
    successor: 'zen.spamhaus.org',
    subject: 'address',
    partOf: 'zen.spamhaus.org',
    source: 'http://www.spamhaus.org/zen/',
  },
  {
    zone: 'cbl.abuseat.org',
    status: 'renamed',
    successor: 'xbl.spamhaus.org',
    subject: 'address',
    partOf: 'xbl.spamhaus.org',
    source: 'https://www.abuseat.org/cutover.html',
  },
  mistaken('spamhaus.org', 'zen.spamhaus.org', 'http://www.spamhaus.org/zen/'),
  {
    zone: 'bl.spamcop.net',
    status: 'alive',
    subject: 'address',
    listings: '127.0.0.2',
    source: 'http://news.spamcop.net/cgi-bin/fom?_recurse=1&file=291',
  },
  mistaken('spamcop.net', 'bl.spamcop.net', 'http://news.spamcop.net/cgi-bin/fom?_recurse=1&file=291'),
  {
    zone: 'b.barracudacentral.org',
    status: 'alive',
    subject: 'address',
    listings: '127.0.0.2',
    terms: 'answers only resolvers whose addresses were registered (free)',
    source:
      'https://whatismyipaddress.com/blacklist/barracudacentral, https://github.com/iredmail/iRedMail/issues/232',
  },
  mistaken(
    'barracudacentral.org',
    'b.barracudacentral.org',
    'https://whatismyipaddress.com/blacklist/barracudacentral',
  ),
  {
    zone: 'list.dnswl.org',
    status: 'alive',
    subject: 'address',
    isAllowList: true,
    listings: '127.0.[2..20].[1..3]',
    besides: 'hosts it has no trust in (127.0.x.0)',
    terms:
      'allows 100,000 queries a day and resolver, so none through public resolvers, and answers the others with an error that looks like the highest trust',
    source: 'https://www.dnswl.org/?p=204, https://github.com/rspamd/rspamd/pull/4627',
  },
  mistaken('dnswl.org', 'list.dnswl.org', 'https://www.dnswl.org/?p=204'),
  {
    zone: 'uribl.com',
    status: 'alive',
    subject: 'domain',
    terms: 'refuses public resolvers, and says so with 127.0.0.1',
    testPoints: URIBL_POINTS,
    source: 'http://uribl.com/refused.shtml, http://uribl.com/about.shtml',
  },
  {
    zone: 'surbl.org',
    status: 'alive',
    subject: 'domain',
    testPoints: SURBL_POINTS,
    source: 'http://www.surbl.org/lists, http://www.surbl.org/faqs',
  },
  bogons('bogons.cymru.com', ['2.0.0.127', '1.0.0.10'], '8.8.8.8'),
  bogons('v4.fullbogons.cymru.com', ['1.1.168.192', '1.0.0.10'], '8.8.8.8'),
  bogons(
    'v6.fullbogons.cymru.com',
    [dnsblAddressPoint('2001:db8:feeb:deef::242'), dnsblAddressPoint('fc00::1')],
    dnsblAddressPoint('2001:4860:4860::8888'),
  ),
  {
    zone: 'score.senderscore.com',
    status: 'alive',
    subject: 'address',
    terms: 'answers 127.255.255.255 to resolvers that were not registered (free)',
    source: 'https://github.com/rspamd/rspamd/pull/5907',
  },
  {
    zone: 'all.spamrats.com',
    status: 'alive',
    subject: 'address',
    listings: '127.0.0.[36..38]',
    source: 'https://github.com/rackerlabs/support-how-to/issues/1437',
  },
  {
    zone: 'dnsbl-2.uceprotect.net',
    status: 'alive',
    subject: 'address',
    terms:
      'lists whole allocations for the spam of a few of their addresses; its operator warns of lost mail',
    source: 'http://www.uceprotect.net/en/index.php?m=3&s=4',
  },
  {
    zone: 'dnsbl-3.uceprotect.net',
    status: 'alive',
    subject: 'address',
    terms: 'lists whole providers for the spam of some of their customers; its operator warns of lost mail',
    source: 'https://www.suped.com/learn/blocklists/uceprotect-dnsbl-level-3',
  },
  {
    zone: 'psbl.surriel.com',
    status: 'alive',
    subject: 'address',
    source: 'http://psbl.surriel.com/howto/',
  },
  {
    zone: 'dnsbl-1.uceprotect.net',
    status: 'alive',
    subject: 'address',
    source: 'https://www.suped.com/learn/blocklists/uceprotect-dnsbl-level-1',
  },
  {
    zone: 'hostkarma.junkemailfilter.com',
    status: 'alive',
    subject: 'both',
    listings: '127.0.0.2',
    besides: 'good hosts (127.0.0.1) and those of good and bad mail (127.0.0.3)',
    source:
      'https://github.com/IntellexApps/blcheck/issues/20, https://www.suped.com/blocklists/junk-email-filter-hostkarma-blacklist',
  },
  {
    zone: 'ips.backscatterer.org',
    status: 'alive',
    subject: 'address',
    terms:
      'has servers that bounce to strangers, which send wanted mail as well; its operator says to ask it about the null sender and postmaster only',
    source: 'http://www.backscatterer.org/?target=usage',
  },
  {
    zone: 'korea.services.net',
    status: 'alive',
    subject: 'address',
    terms: 'has most networks of South Korea, whether they send spam or not',
    source: 'http://korea.services.net/',
  },
  {
    zone: 'mail-abuse.org',
    status: 'alive',
    subject: 'address',
    terms: 'answers paying subscribers only (MAPS, of Trend Micro since 2005)',
    source: 'http://wiki.openrbl.org/wiki/MAPS',
  },

  closed('orbs.org', '2001-06', 'https://www.salon.com/2001/06/08/orbs/'),
  closed('orbz.org', '2002-03', 'linux-kernel mailing list, 2002-03-22, "ORBZ is dead, don\'t use it..."'),
  hostile('lagengymnastik.dk', '2004', 'https://dnsbl.com/2007/02/status-of-lbllagengymnastikdk-dead.html'),
  hostile('osirusoft.com', '2003-08', 'http://www.bluewolfspirit.com/blog/2003/08/spam_blocking.html'),
  closed('wirehub.net', '2003-12', 'https://en.wikipedia.org/wiki/Not_Just_Another_Bogus_List (Dynablock)'),
  closed('blitzed.org', '2006', SURVEY),
  closed(
    'blackhole.securitysage.com',
    '2007-10',
    'http://www.dnsbl.com/search?updated-max=2007-11-03T10:16:00-05:00&max-results=5',
  ),
  hostile('ordb.org', '2006-12-18', 'https://www.exchangedefender.com/blog/2008/03/ordb-no-longer-exists/'),
  hostile('dsbl.org', '2008-05', 'https://www.dsbl.org/, https://www.dnsbl.info/list-dsbl-org.php'),
  closed(
    'cluecentral.net',
    '2009-10',
    'https://www.dnsbl.com/2009/10/, http://www.dnsbl.com/2007/04/status-of-rblcluecentralnet-alive.html',
  ),
  closed('blackholes.us', '2008', `https://www.dnsbl.com/2009/10/, ${SURVEY}`),
  { ...closed('rfc-ignorant.org', '2012-09', 'https://heise.de/-1724429'), subject: 'domain' },
  { ...closed('rfc-clueless.org', '2023-09', 'http://rfc-clueless.org/'), subject: 'domain' },
  hostile('csma.biz', '2013-01', 'https://dnsbl.com/2013/02/status-of-blcsmabiz-dead.html'),
  hostile('njabl.org', '2013-03', 'https://en.wikipedia.org/wiki/Not_Just_Another_Bogus_List'),
  hostile('ahbl.org', '2014', 'https://github.com/sovereign/sovereign/issues/232 and /338'),
  {
    ...hostile('rhsbl.ahbl.org', '2014', 'https://github.com/sovereign/sovereign/issues/232 and /338'),
    subject: 'domain',
  },
  hostile('dul.ru', '2015-05', 'https://www.dnsbl.com/search?updated-max=2015-08-06T11:56:00-05:00'),
  // The zone; virbl.bit.nl was its web site, and is in lists of lists.
  closed('virbl.dnsbl.bit.nl', '2017-01', VIRBL),
  closed('virbl.bit.nl', '2017-01', VIRBL),
  hostile(
    'dnsbl.cyberlogic.net',
    '2018-05',
    'https://www.dnsbl.com/2018/05/status-of-dnsblcyberlogicnet-broken.html',
  ),
  hostile('spamcannibal.org', '2018-05', 'https://wordtothewise.com/2018/05/spamcannibal-is-dead/'),
  closed('sectoor.de', '2018-06', 'https://github.com/modoboa/modoboa/issues/1598'),
  closed('spam.abuse.ch', '2019', 'https://github.com/rspamd/rspamd/issues/2744'),
  hostile('emailbasura.org', '2019-10', 'https://github.com/EvotecIT/PSBlackListChecker/issues/8'),
  hostile('megarbl.net', '2019-11', 'https://www.dnsbl.com/search?updated-max=2020-05-11T09:41:00-05:00'),
  closed('dnsbl.inps.de', '2020-05-25', 'https://github.com/dmippolitov/pydnsbl/pull/11'),
  closed('dnsbl.net.au', '2022-10', 'https://github.com/matteocorti/check_rbl/issues/47'),
  closed('dnsbl.darklist.de', '2023', 'https://github.com/matteocorti/check_rbl/issues/49'),
  hostile('spamtrap.drbl.drand.net', '2024-03', 'https://github.com/matteocorti/check_rbl/pull/53'),
  closed('sorbs.net', '2024-06-05', 'https://github.com/MailCleaner/MailCleaner/issues/614'),
  hostile('rbl.lugh.ch', '2024-07-22', 'https://github.com/matteocorti/check_rbl/pull/57'),
  hostile('spam.dnsbl.anonmails.de', '2024-11', 'https://github.com/matteocorti/check_rbl/pull/60'),
  closed(
    'dnsbl.manitu.net',
    '2025-01-16',
    'https://www.nixspam.net/, https://github.com/rspamd/rspamd/pull/5300',
  ),
  closed('dnsbl.madavi.de', '2025-03', 'https://github.com/matteocorti/check_rbl/pull/63'),
  closed('wpbl.info', '2025', 'https://github.com/dmippolitov/pydnsbl/issues/48'),
] satisfies DnsblFacts[]);

const BY_ZONE: ReadonlyMap<string, DnsblFacts> = new Map(DNSBL_KNOWLEDGE.map((row) => [row.zone, row]));

/** What is known of a zone, by the longest row that covers it; a zone with a customer's key in front as well. */
export function findDnsbl(domain: string): DnsblFacts | undefined {
  const name = domain.toLowerCase();
  const own = BY_ZONE.get(name);
  if (own !== undefined) return own;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const row = BY_ZONE.get(name.slice(dot + 1));
    if (row !== undefined) return row.status === 'no_list' ? undefined : row;
  }
  return undefined;
}
