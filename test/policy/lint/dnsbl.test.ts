/** The rules about DNS deny and allow lists. */
import { expect, test } from 'vitest';
import { lintedWords, lintText } from './lint-text.ts';

test.each([
  ['reject_rbl_client bl.spamcop.net=127.0.0.2', []],
  ['reject_rbl_client bl.unheard-of.example', []],
  ['reject_rbl_client DNSBL.SORBS.NET=127.0.0.10', ['closed-dnsbl DNSBL.SORBS.NET=127.0.0.10']],
  ['reject_rbl_client spamhaus.org', ['renamed-dnsbl spamhaus.org']],
  ['reject_rbl_client cbl.abuseat.org', ['renamed-dnsbl cbl.abuseat.org']],
  ['reject_rbl_client key123.zen.dq.spamhaus.net=127.0.0.[2..11]', []],
  ['reject_rhsbl_sender key123.dbl.dq.spamhaus.net=127.0.1.[2..99]', []],
  ['reject_rhsbl_sender bl.spamcop.net', ['dnsbl-subject bl.spamcop.net']],
  ['permit_dnswl_client bl.spamcop.net', ['dnsbl-subject bl.spamcop.net']],
  ['reject_rbl_client list.dnswl.org', ['dnsbl-subject list.dnswl.org', 'dnsbl-terms list.dnswl.org']],
  ['permit_dnswl_client list.dnswl.org', ['unfiltered-dnsbl list.dnswl.org', 'dnsbl-terms list.dnswl.org']],
  [
    'permit_dnswl_client list.dnswl.org=127.0.[2..20].[1..3]',
    ['dnsbl-terms list.dnswl.org=127.0.[2..20].[1..3]'],
  ],
  ['reject_rhsbl_helo multi.uribl.com', ['dnsbl-terms multi.uribl.com']],
  ['reject_rbl_client virbl.dnsbl.bit.nl', ['closed-dnsbl virbl.dnsbl.bit.nl']],
  ['reject_rbl_client ips.backscatterer.org', ['dnsbl-terms ips.backscatterer.org']],
  ['reject_rhsbl_client hostkarma.junkemailfilter.com=127.0.0.2', []],
  ['reject_rbl_client hostkarma.junkemailfilter.com', ['unfiltered-dnsbl hostkarma.junkemailfilter.com']],
  ['reject_rbl_client bl.example.', ['unaskable-dnsbl bl.example.']],
  ['reject_rhsbl_sender .bl.example=127.0.0.2', ['unaskable-dnsbl .bl.example=127.0.0.2']],
  ['reject_rbl_client bl_one.example', []],
  ['reject_rbl_client bücher.example', []],
  ['reject_rbl_client psbl.surriel.com', []],
  // One operator, one note.
  [
    'reject_rbl_client zen.spamhaus.org, reject_rhsbl_sender dbl.spamhaus.org',
    ['dnsbl-terms zen.spamhaus.org'],
  ],
  ['reject_rbl_client a.example, reject_rbl_client A.example', ['repeated-dnsbl A.example']],
  ['reject_rbl_client, reject_unknown_client, permit', ['swallowed-restriction reject_unknown_client']],
  ['reject_rhsbl_sender Permit', ['swallowed-restriction Permit']],
  ['reject_rbl_client a.example=127.0.0.2, reject_rbl_client a.example=127.0.0.3', []],
  ['reject_rbl_client a.example, reject_rhsbl_client a.example', []],
])('%s', (restrictions, expected) => {
  expect(lintedWords(`smtpd_client_restrictions = ${restrictions}`)).toEqual(expected);
});

test('a list that another has in it, wherever it stands', () => {
  const mainCf =
    'smtpd_client_restrictions = reject_rbl_client xbl.spamhaus.org, reject_rbl_client zen.spamhaus.org';
  expect(lintedWords(mainCf)).toContain('repeated-dnsbl xbl.spamhaus.org');
  // A filter takes some of its entries only.
  expect(lintedWords(mainCf.replace(/zen.spamhaus.org$/, 'zen.spamhaus.org=127.0.0.2'))).not.toContain(
    'repeated-dnsbl xbl.spamhaus.org',
  );
});

test('and so are the sites of scores, also those that postscreen asks', () => {
  const sites = 'dnsbl.sorbs.net=127.0.0.10*2 list.dnswl.org=127.0.[2..20].[1..3]*-2, a.example*3';
  const told = [
    'closed-dnsbl dnsbl.sorbs.net=127.0.0.10*2',
    'dnsbl-terms list.dnswl.org=127.0.[2..20].[1..3]*-2',
  ];
  expect(lintedWords(`dnsbl_sites = ${sites}`)).toEqual(told);
  expect(lintedWords(`postscreen_dnsbl_sites = ${sites}`)).toEqual(told);
});

test('maps_rbl_domains is looked at as well', () => {
  expect(lintedWords('maps_rbl_domains = list.dsbl.org, spamcop.net')).toEqual([
    'closed-dnsbl list.dsbl.org',
    'renamed-dnsbl spamcop.net',
  ]);
});

const TEXT = 'Service unavailable';

test.each([
  [
    `$rbl_code ${TEXT}; $rbl_class [$rbl_what] blocked using $rbl_domain\${rbl_reason?; $rbl_reason}`,
    undefined,
  ],
  ['550 5.7.1 <$recipient>: $client is listed, $$5 for the poor', undefined],
  [`$rbl_code \${rbl_reason?{$rbl_txt}:{none}}`, undefined],
  [`$rbl_code ${TEXT} $rbl_typo`, 'it knows $rbl_code $rbl_domain'],
  // Untaken branches are taken one day.
  [`$rbl_code ${TEXT} \${rbl_reason:$rbl_resaon}`, 'did you mean `$rbl_reason`?'],
  // No parameter of main.cf either.
  [`$rbl_code ${TEXT} $myhostname`, 'it knows '],
  ['550 ${rbl_code', 'close what `${`'],
  ['bl.example Go away', 'write `$rbl_code`'],
  ['$rbl_code', 'write `$rbl_code`'],
  ['250 $rbl_what', 'write `$rbl_code`'],
  ['', 'write `$rbl_code`'],
])('the reply %j', (reply, help) => {
  const expected =
    help === undefined ? [] : [{ code: 'bad-rbl-reply', help: expect.stringContaining(help) as string }];
  expect(lintText(`default_rbl_reply = ${reply}\n`)).toMatchObject(expected);
});

test('replies of rbl_reply_maps, which Postfix only warns of', () => {
  const mainCf = 'rbl_reply_maps = hash:$config_directory/access';
  const access = 'a.example 550 go away\nb.example $rbl_code $rbl_waht\nc.example go away\n';
  expect(lintText(mainCf, access).map(({ message }) => message)).toEqual([
    'a reply to listed clients knows no `$rbl_waht`: the client gets default_rbl_reply instead',
    expect.stringContaining('`go away` does not begin with a reply code'),
  ]);
  expect(lintText(mainCf.replace('hash', 'pcre'), '/./ $$rbl_waht\n')).toEqual([]);
});
