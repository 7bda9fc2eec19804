import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Imported, importMainCf } from '../../src/import/import-main-cf.ts';
import { mainCfLines, masterCfLines } from '../../src/import/wiring.ts';
import { Source } from '../../src/language/source.ts';

const HOST = { hostname: 'mx.dest.test', interfaces: ['127.0.0.1/8'] };

interface Given {
  /** Name → text, beside main.cf. */
  readonly files?: Readonly<Record<string, string>>;
  readonly masterCf?: string;
  readonly isFixing?: boolean;
}

interface Result extends Imported {
  readonly directory: string;
  /** The policy of main.cf, without its heading. */
  readonly text: string;
}

function importText(mainCf: string, { files = {}, masterCf, isFixing = false }: Given = {}): Result {
  const directory = mkdtempSync(join(tmpdir(), 'postward-import-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const imported = importMainCf({
    mainCf: new Source('main.cf', mainCf.replaceAll('@D@', directory)),
    masterCf: masterCf === undefined ? undefined : new Source('master.cf', masterCf),
    configDirectory: directory,
    host: HOST,
    isFixing,
  });
  return { ...imported, directory, text: bodyOf(imported.policies[0].text) };
}

function bodyOf(policy: string): string {
  return policy.slice(policy.indexOf('\n\n') + 2);
}

/** `name fate: reason` */
function fates({ policies }: Imported, index = 0): string[] {
  return (policies[index]?.lines ?? []).map(({ assignment, fate, reason }) =>
    [`${assignment.name} ${fate}`, reason].filter((part) => part !== '').join(': '),
  );
}

describe('lines', () => {
  it('move with their comments and their form', () => {
    const list =
      'smtpd_client_restrictions =\n    # friends first\n    permit_mynetworks,\n\n    reject_non_fqdn_sender\n';
    expect(importText(list).text).toBe(list.replace('\n\n', '\n'));
  });

  it('that are set again have no effect', () => {
    const imported = importText('reject_code = 550\nreject_code = 551\n');
    expect(fates(imported)).toEqual([
      'reject_code left out: line 2 sets it again',
      'reject_code both: Postfix needs it as well',
    ]);
    expect(imported.text).toBe('reject_code = 551\n');
  });

  it('bring along what they refer to, and nothing else', () => {
    const imported = importText(`smtpd_restriction_classes = careful, idle
careful = check_client_access inline:{$who=REJECT}
idle = reject
who = 192.0.2.1
greeting = hello
unused = x
smtpd_banner = $greeting $both
smtpd_helo_restrictions = careful \${both?permit}
both = yes
smtpd_client_restriction = reject
`);
    expect(fates(imported)).toEqual([
      'smtpd_restriction_classes moves',
      'careful moves: restriction class',
      'idle moves: restriction class',
      'who moves: used by lines that move',
      'greeting stays: used by lines that stay',
      'unused left out: Postfix has no such parameter, and nothing in main.cf uses it (does a service of master.cf? see --master)',
      'smtpd_banner stays: the greeting comes before anybody is asked',
      'smtpd_helo_restrictions moves',
      'both both: used by lines that move and by lines that stay',
      'smtpd_client_restriction left out: Postfix has no such parameter: `smtpd_client_restrictions` misspelt',
    ]);
    expect(imported.text).not.toMatch(/greeting|unused|banner|client_restriction /);
    expect(imported.isSound).toBe(true);
  });

  it('keep the users of the host, and say whose they are', () => {
    const users =
      'alias_maps = hash:@D@/aliases\nlocal_recipient_maps = proxy:unix:passwd.byname $alias_maps\n';
    const imported = importText(users, { files: { aliases: 'sales: root\n' } });
    expect(imported.text).toBe(users.replaceAll('@D@', imported.directory));
    expect(fates(imported)).toEqual([
      'alias_maps both: Postfix needs it as well',
      'local_recipient_maps both: Postfix needs it as well',
    ]);
    expect(imported.hostUsers).toEqual([{ policy: 'main', isWritten: false }]);
    // newaliases writes it where it is, and local(8) reads it there.
    expect([imported.copies, imported.left]).toEqual([[], [`${imported.directory}/aliases`]]);
    expect(imported.isSound).toBe(true);
  });

  it('say which file is one of aliases, however it is named', () => {
    const imported = importText(
      'alias_database = hash:@D@/aliases\nlocal_recipient_maps = hash:@D@/aliases\n',
      { files: { aliases: 'sales: root\n' } },
    );
    expect(imported.text).toContain(`alias_database = hash:${imported.directory}/aliases\n`);
    expect(imported.isSound).toBe(true);
  });

  it('have the users written out where Postfix refuses unknown ones by its default', () => {
    const lists = `alias_maps = hash:@D@/aliases
smtpd_sender_restrictions = reject_unlisted_sender
`;
    const files = { aliases: 'sales: root\n' };
    const imported = importText(lists, { files });
    expect(imported.text).toBe(
      `${lists.replace('@D@', imported.directory)}local_recipient_maps = proxy:unix:passwd.byname $alias_maps\n`,
    );
    expect(imported.policies[0].text).toContain("# local_recipient_maps is Postfix's default, written out.");
    expect(imported.hostUsers).toEqual([{ policy: 'main', isWritten: true }]);
    expect(importText(`${lists}local_recipient_maps =\n`, { files }).hostUsers).toEqual([]);

    const submission = importText('smtpd_reject_unlisted_sender = yes\nalias_maps = hash:@D@/aliases\n', {
      files,
      masterCf:
        'submission inet n - n - - smtpd -o smtpd_recipient_restrictions=reject_unlisted_recipient,reject\n',
    });
    expect(submission.hostUsers).toEqual([{ policy: 'submission', isWritten: true }]);
    expect(submission.text).toBe('smtpd_reject_unlisted_sender = yes\n');
  });

  it('leave tables of users to Postfix that only Postfix opens, unless the lists need them', () => {
    const users = 'local_recipient_maps = $alias_maps\nalias_maps = nis:mail.aliases\n';
    const imported = importText(users);
    expect(fates(imported)).toEqual([
      'local_recipient_maps stays: names a table that Postward does not open; Postfix itself goes on refusing unknown recipients',
      'alias_maps stays: aliases are for local delivery',
    ]);
    expect([imported.text, imported.isSound]).toEqual(['', true]);
    const refusing = importText(`${users}smtpd_recipient_restrictions = reject_unlisted_recipient\n`);
    expect(refusing.isSound).toBe(false);
    expect(refusing.diagnostics.map(({ code }) => code)).toContain('table-unsupported');
  });

  it('say whether a filter stands before the queue, for main.cf and for a service', () => {
    const lists = 'smtpd_sender_restrictions = check_sender_access inline:{a@b.test=HOLD}\n';
    const masterCf = 'smtp inet n - n - - smtpd -o smtpd_proxy_filter=127.0.0.1:10024\n';
    const imported = importText(lists, { masterCf });
    expect(imported.policies.map(({ text }) => bodyOf(text))).toEqual([
      lists,
      `${lists}smtpd_proxy_filter=127.0.0.1:10024\n`,
    ]);
    const main = importText(`smtpd_proxy_filter = 127.0.0.1:10024\n${lists}`);
    expect(main.text).toBe(`smtpd_proxy_filter = 127.0.0.1:10024\n${lists}`);
    expect(fates(main)[0]).toBe('smtpd_proxy_filter both: Postfix needs it as well');
  });

  it('as postconf -n prints them', () => {
    const imported = importText(
      'config_directory = /etc/postfix\nsmtpd_sender_restrictions = reject_non_fqdn_sender, reject_unknown_sender_domain\n',
    );
    expect(fates(imported)).toEqual([
      'config_directory stays: the policy has a directory of its own',
      'smtpd_sender_restrictions moves',
    ]);
  });
});

describe('tables', () => {
  it('are found however they are named, and copied once', () => {
    const imported = importText(
      `maps = @D@/maps
type = hash
smtpd_client_restrictions =
    check_client_access hash:$maps/clients, check_client_access $type:\${maps}/clients,
    check_client_access pipemap:{ cidr:$config_directory/nets, inline:{a=b} },
    \${missing:check_client_access proxy:btree:@D@/other/clients}
smtpd_helo_restrictions = $named
named = check_helo_access pcre:@D@/helo.pcre
mynetworks = !@D@/bad, 127.0.0.0/8, $mine, [::1]/128
mine = $config_directory/good
`,
      {
        files: {
          'maps/clients': '192.0.2.1 REJECT\n',
          'other/clients': '192.0.2.2 REJECT\n',
          nets: '192.0.2.0/24 a\n',
          'helo.pcre': '/x/ REJECT\n',
          bad: '127.0.0.2\n',
          good: '192.0.2.9\n',
        },
      },
    );
    expect(imported.text).toBe(
      `smtpd_client_restrictions =
    check_client_access hash:$config_directory/tables/clients, check_client_access $type:$config_directory/tables/clients,
    check_client_access pipemap:{ cidr:$config_directory/tables/nets, inline:{a=b} },
    \${missing:check_client_access proxy:btree:$config_directory/tables/clients-2}
smtpd_helo_restrictions = $named
named = check_helo_access pcre:$config_directory/tables/helo.pcre
mynetworks = !$config_directory/tables/bad, 127.0.0.0/8, $mine, [::1]/128
mine = $config_directory/tables/good
`.replace('smtpd_client', 'type = hash\nsmtpd_client'),
    );
    expect(imported.copies.map(({ from, to }) => [from.slice(imported.directory.length), to])).toEqual([
      ['/maps/clients', 'tables/clients'],
      ['/nets', 'tables/nets'],
      ['/other/clients', 'tables/clients-2'],
      ['/helo.pcre', 'tables/helo.pcre'],
      ['/bad', 'tables/bad'],
      ['/good', 'tables/good'],
    ]);
    expect(imported.unreadable).toEqual([]);
  });

  it('whose rules are written out are no files, whatever their patterns look like', () => {
    const imported = importText(
      'mynetworks = pcre:{ { /^10/ x }, {!/b/ /c} }, @D@/nets\n' +
        'smtpd_client_restrictions = permit_mynetworks, check_client_access cidr:{ {10.0.0.0/8 OK} }\n',
      { files: { nets: '192.0.2.0/24\n' } },
    );
    expect(imported.unreadable).toEqual([]);
    expect(imported.copies.map(({ to }) => to)).toEqual(['tables/nets']);
  });

  it('that cannot be read are named, by their whole path', () => {
    const imported = importText(
      'smtpd_client_restrictions = check_client_access hash:$config_directory/nowhere, check_client_access hash:@D@/compiled\n',
      { files: { 'compiled.db': 'x' } },
    );
    const { directory } = imported;
    expect(imported.text).toBe(
      `smtpd_client_restrictions = check_client_access hash:${directory}/nowhere, check_client_access hash:${directory}/compiled\n`,
    );
    expect(imported.unreadable.map(({ path, reason }) => [path, reason])).toEqual([
      [`${directory}/nowhere`, 'no such file'],
      [`${directory}/compiled`, `no such file, only \`${directory}/compiled.db\``],
    ]);
    expect(imported.isSound).toBe(false);
  });

  it('are not seen where there are none', () => {
    const { copies, unreadable, text } = importText(
      'default_rbl_reply = $rbl_code see hash:/etc/hosts\nsmtpd_recipient_restrictions = check_policy_service unix:/run/hash:/x, reject_unauth_destination\n',
    );
    expect(copies).toEqual([]);
    expect(unreadable.map(({ path }) => path)).toEqual(['/x']);
    expect(text).toContain('see hash:/etc/hosts');
  });
});

describe('--fix', () => {
  const broken = `\uFEFFsmtpd_client_restrictons = permit_mynetworks,   // our own
reject_unknown_client,
// what follows is new
    warn_if_reject reject_rbl_client relays.ordb.org, reject_rbl_client cbl.abuseat.org=127.0.0.2,
    reject_rhsbl_sender rhsbl.ahbl.org
maps_rbl_domains = bl.spamcop.net list.dsbl.org
smtpd_recipient_restrictions = reject_maps_rbl, check_relay_domains
`;

  it('mends what has one cure', () => {
    const imported = importText(broken, { isFixing: true });
    expect(imported.text).toBe(`smtpd_client_restrictions = permit_mynetworks,
    reject_unknown_client_hostname,
# what follows is new
    reject_rbl_client xbl.spamhaus.org=127.0.0.2
smtpd_recipient_restrictions = reject_rbl_client bl.spamcop.net, permit_auth_destination, reject_unauth_destination
`);
    const told = imported.mends.map(({ span, cure }) => `${span.source.position(span.start).line} ${cure}`);
    expect(told).toEqual([
      '1 taken out',
      '1 taken out',
      '1 written `smtpd_client_restrictions`',
      '2 put back',
      '2 written `reject_unknown_client_hostname`',
      '3 made a comment with `#`',
      '4 taken out',
      '4 written `xbl.spamhaus.org`',
      '5 taken out',
      '7 written `reject_rbl_client bl.spamcop.net`',
      '7 written `permit_auth_destination, reject_unauth_destination`; clients named in relay_domains no longer relay by that',
    ]);
    expect([imported.isSound, imported.hasLostLines]).toEqual([true, false]);
    expect(imported.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('makes blanks of the no-break spaces that a web page has before a line', () => {
    const copied = 'mynetworks =\n\u00a0 127.0.0.0/8\n \u00a0\u00a0 192.0.2.0/24\nsmtpd_banner = x\u00a0y\n';
    const imported = importText(copied, { isFixing: true });
    expect(imported.text).toBe('mynetworks =\n  127.0.0.0/8\n    192.0.2.0/24\n');
    expect(imported.mends.map(({ cure }) => cure)).toEqual(['written as a blank', 'written as a blank']);
    expect(imported.hasLostLines).toBe(false);
  });

  it('takes remarks out of lists, and leaves other values alone', () => {
    const remarks = `mynetworks = 127.0.0.0/8 # this host
  192.0.2.0/24, # # ours
  # all of it
smtpd_restriction_classes = mine
mine = permit_mynetworks,# us
  check_client_access inline:{ {a = # no remark} }
double_bounce_sender = bounce #1
`;
    const imported = importText(remarks, { isFixing: true });
    expect(imported.text).toBe(`mynetworks = 127.0.0.0/8
  192.0.2.0/24
smtpd_restriction_classes = mine
mine = permit_mynetworks,
  check_client_access inline:{ {a = # no remark} }
double_bounce_sender = bounce #1
`);
    expect(imported.mends.map(({ span, fault }) => [span.source.position(span.start).line, fault])).toEqual([
      [1, '`#` does not start a remark amid a line: `# this host` is part of the value'],
      [2, '`#` does not start a remark amid a line: `# # ours` is part of the value'],
      [5, '`#` does not start a remark amid a line: `# us` is part of the value'],
    ]);
  });

  it('takes the white space before lines that Postfix skips for it, and leaves remarks', () => {
    const indented = `   smtpd_helo_restrictions =
      permit_mynetworks,

   # ours
   mine = check_policy_service { inet:127.0.0.1:1,
       default_action=DUNNO }
     smtpd_client_restrictions = $mine
myhostname = mx.dest.test
`;
    const imported = importText(indented, { isFixing: true });
    expect(imported.text).toBe(`smtpd_helo_restrictions =
      permit_mynetworks
mine = check_policy_service { inet:127.0.0.1:1,
       default_action=DUNNO }
smtpd_client_restrictions = $mine
myhostname = mx.dest.test
`);
    expect(imported.mends.map(({ span }) => span.source.position(span.start).line)).toEqual([1, 5, 7]);
    expect(importText(indented).text).toBe('myhostname = mx.dest.test\n');

    const remark = importText('   written by hand\n   a = b\nmyhostname = mx.dest.test\n', {
      isFixing: true,
    });
    expect([remark.mends, remark.text, remark.isSound, remark.hasLostLines]).toEqual([
      [],
      'myhostname = mx.dest.test\n',
      true,
      false,
    ]);
    expect(remark.diagnostics.map(({ code }) => code)).toEqual(['leading-white-space']);
  });

  it('puts nothing behind what is one word', () => {
    const text = 'myhostname = mx.dest.test\nreject_unknown_client\nsmtpd_delay_reject = yes\nfoo,\n';
    const imported = importText(text, { isFixing: true });
    expect(imported.text).toBe('myhostname = mx.dest.test\nsmtpd_delay_reject = yes\n');
    expect([imported.mends, imported.hasLostLines]).toEqual([[], true]);
  });

  it('leaves maps_rbl_domains to the results of tables that ask them', () => {
    const text = (table: string) =>
      `maps_rbl_domains = bl.spamcop.net\nsmtpd_client_restrictions = reject_maps_rbl, check_client_access ${table}\n`;
    const keeps = (table: string) =>
      importText(text(table), {
        isFixing: true,
        files: { clients: 'a.test Reject_Maps_RBL\n' },
      }).text.includes('maps_rbl_domains');
    expect(keeps('inline:{a.test=REJECT}')).toBe(false);
    expect(keeps('inline:{a.test=reject_maps_rbl}')).toBe(true);
    expect(keeps('hash:@D@/clients')).toBe(true);
    expect(keeps('unionmap:{static:OK}')).toBe(true);
  });

  it('is asked for: without it the same is told and nothing is done', () => {
    const imported = importText(broken);
    expect(imported.mends.length).toBe(11);
    expect(imported.text).toBe(broken.slice(broken.indexOf('maps_rbl')));
    expect(imported.hasLostLines).toBe(true);
  });

  it('finds nothing more to mend in what it has made', () => {
    const { policies } = importText(broken, { isFixing: true });
    expect(importText(policies[0].text).mends).toEqual([]);
  });

  it('does not let a misspelt name take the place of the right one', () => {
    const imported = importText('smtpd_helo_restriction = reject\nsmtpd_helo_restrictions = permit\n', {
      isFixing: true,
    });
    expect([imported.mends, imported.text]).toEqual([[], 'smtpd_helo_restrictions = permit\n']);
  });

  it('does not empty a restriction class, which would be a mistake', () => {
    const text = (name: string) =>
      `smtpd_restriction_classes = ${name}\n${name} = reject_rbl_client relays.ordb.org, warn_if_reject reject_rbl_client list.dsbl.org\nsmtpd_client_restrictions = ${name}\n`;
    const alone = importText(text('dead'), { isFixing: true });
    expect([alone.text, alone.mends, alone.isSound]).toEqual([text('dead'), [], true]);
    const amid = importText(text('dead').replace('list.dsbl.org', 'bl.spamcop.net'), { isFixing: true });
    expect(amid.text).toContain('dead = warn_if_reject reject_rbl_client bl.spamcop.net\n');
  });

  it('leaves alone what came about by expansion of several texts', () => {
    const text = 'dead = relays.ordb.org\nsmtpd_client_restrictions = reject_rbl_client $dead, permit\n';
    const imported = importText(text, { isFixing: true });
    expect([imported.text, imported.mends]).toEqual([text, []]);
    expect(imported.diagnostics.map(({ code }) => code)).toContain('closed-dnsbl');
  });
});

describe('what only Postfix can decide', () => {
  it('is taken out of the policy, with warn_if_reject, and stands in the new lines', () => {
    const { text, policies } = importText(`smtpd_sender_restrictions =
    permit_mynetworks, reject_unknown_sender_domain, warn_if_reject reject_unverified_sender
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_data_restrictions = reject_unauth_pipelining, permit
`);
    expect(text).toBe(`smtpd_sender_restrictions =
    permit_mynetworks, reject_unknown_sender_domain
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_data_restrictions = permit
`);
    expect(mainCfLines(policies[0].wiring.single)).toEqual([
      'smtpd_sender_restrictions =',
      '    permit_mynetworks,',
      '    warn_if_reject reject_unverified_sender',
      'smtpd_recipient_restrictions =',
      '    check_policy_service { inet:127.0.0.1:10040, timeout=30s, default_action=DUNNO },',
      '    reject_unauth_destination',
      'smtpd_data_restrictions =',
      '    reject_unauth_pipelining,',
      '    permit',
    ]);
  });

  it('is named when a restriction class holds it', () => {
    const imported = importText(
      'smtpd_restriction_classes = verify\nverify = reject_unverified_sender\nsmtpd_sender_restrictions = check_sender_access inline:{a=verify}\n',
    );
    expect(fates(imported)[1]).toMatch(/keep the class in main\.cf as well/);
    expect(imported.diagnostics.map(({ code }) => code)).toContain('undecidable-restriction');
  });

  it('keeps classes that a permit before it needs', () => {
    const imported = importText(
      'smtpd_restriction_classes = friends\nfriends = permit_mynetworks\nsmtpd_recipient_restrictions = friends, reject_unauth_destination\n',
    );
    expect(fates(imported).slice(0, 2)).toEqual([
      'smtpd_restriction_classes both: Postfix needs it as well',
      'friends both: restriction class',
    ]);
    expect([...imported.policies[0].wiring['per list'].values()]).toEqual([
      [expect.stringContaining('policy_context=recipient'), 'friends', 'reject_unauth_destination'],
    ]);
  });
});

describe('services of master.cf', () => {
  const masterCf = `smtp inet n - y - - smtpd
submission inet n - y - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_client_restrictions=$mua_client_restrictions -o { smtpd_recipient_restrictions = permit_sasl_authenticated, reject }
  -osmtpd_sasl_auth_enable=yes
smtps inet n - y - - smtpd -o smtpd_tls_wrappermode=yes
[::1]:10025 inet n - n - - /usr/lib/postfix/smtpd -v -o mynetworks=[::1]/128
relay unix - - y - - smtp -o smtpd_client_restrictions=reject
broken inet n
`;
  const mainCf = `mua_client_restrictions = reject_unknown_client_hostname
mynetworks = 127.0.0.0/8
smtpd_helo_restrictions = reject_invalid_helo_hostname
smtpd_recipient_restrictions = reject_unauth_destination
`;

  it('with options that matter become policies', () => {
    const imported = importText(mainCf, { masterCf });
    expect(imported.policies.map(({ name }) => name)).toEqual(['main', 'submission', '1-10025']);
    expect(
      bodyOf(imported.policies[1]?.text ?? ''),
    ).toBe(`mua_client_restrictions = reject_unknown_client_hostname
mynetworks = 127.0.0.0/8
smtpd_helo_restrictions = reject_invalid_helo_hostname
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_client_restrictions=$mua_client_restrictions
smtpd_sasl_auth_enable=yes
`);
    expect(imported.text).not.toContain('mua_client_restrictions');
    expect(fates(imported)[0]).toBe('mua_client_restrictions moves: used by lines that move');
    expect(fates(imported, 1)[0]).toMatch(/^syslog_name stays/);
    expect(imported.diagnostics.map(({ code, span }) => [code, span?.source.file])).toEqual([
      ['master-cf-syntax', 'master.cf'],
      ['helo-not-required', 'main.cf'],
    ]);
  });

  it('become policies, too, when they set what the lists of main.cf refer to', () => {
    const { policies } = importText(
      'smtpd_restriction_classes = mine\nmine = permit\nsmtpd_client_restrictions = mine, $others, reject_unknown_client_hostname\nunused = x\n',
      {
        masterCf: `a inet n - n - - smtpd -o mine=reject
b inet n - n - - smtpd -o others=permit_mynetworks
c inet n - n - - smtpd -o unused=y -o syslog_name=$others
`,
      },
    );
    expect(policies.map(({ name }) => name)).toEqual(['main', 'a', 'b']);
    expect(policies.map(({ text }) => /^(?:mine|others).*/m.exec(bodyOf(text))?.[0])).toEqual([
      'mine = permit',
      'mine=reject',
      'mine = permit',
    ]);
    expect(policies[2]?.text).toContain('others=permit_mynetworks\n');
  });

  it('may use names of their own, which are no mistakes', () => {
    const own = 'mua_client_restrictions = permit_sasl_authenticated, reject\n';
    for (const master of [masterCf, undefined]) {
      const given = { isFixing: true, ...(master === undefined ? {} : { masterCf: master }) };
      const imported = importText(own, given);
      expect(imported.mends).toEqual([]);
      expect(imported.text).toBe('');
    }
    expect(fates(importText(own))).toEqual([
      'mua_client_restrictions left out: Postfix has no such parameter, and nothing in main.cf uses it (does a service of master.cf? see --master)',
    ]);
    const nested = importText(`mua_client_restrictions = $mine, reject\nmine = permit_sasl_authenticated\n`, {
      masterCf: 'x inet n - n - - smtpd -o smtpd_client_restrictions=$mua_client_restrictions\n',
    });
    expect(fates(nested)).toEqual([
      'mua_client_restrictions both: used by lines that move and by lines that stay',
      'mine both: used by lines that move and by lines that stay',
    ]);
    expect(
      fates(importText(own, { masterCf: 'x inet n - n - - qmqpd -o y=$mua_client_restrictions\n' })),
    ).toEqual(['mua_client_restrictions stays: used by lines that stay']);
  });

  it('ask for their policy by its name', () => {
    const { policies } = importText(mainCf, { masterCf });
    const ask = (context: string) =>
      `check_policy_service { inet:127.0.0.1:10040, timeout=30s, default_action=DUNNO, policy_context=${context} }`;
    const [main, submission] = policies;
    expect(mainCfLines(main.wiring['per list'])).toEqual([
      'smtpd_helo_restrictions =',
      `    ${ask('main/helo')}`,
      'smtpd_recipient_restrictions =',
      `    ${ask('main/recipient')},`,
      '    reject_unauth_destination',
    ]);
    expect(masterCfLines(submission?.wiring['per list'] ?? new Map())).toEqual([
      `-o { smtpd_client_restrictions = ${ask('submission/client')} }`,
      `-o { smtpd_helo_restrictions = ${ask('submission/helo')} }`,
      `-o { smtpd_recipient_restrictions = ${ask('submission/recipient')}, permit_sasl_authenticated, reject }`,
    ]);
    expect(masterCfLines(submission?.wiring.single ?? new Map())).toEqual([
      '-o smtpd_client_restrictions=',
      `-o { smtpd_recipient_restrictions = ${ask('submission')}, permit_sasl_authenticated, reject }`,
    ]);
  });
});

describe('lists that end in reject', () => {
  const masterCf = (options: string) => `submission inet n - n - - smtpd\n  ${options}\n`;
  const ASK = 'check_policy_service { inet:127.0.0.1:10040, timeout=30s';
  const mainCf = `smtpd_helo_restrictions = reject_invalid_helo_hostname
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
mua = permit_sasl_authenticated, reject
`;
  const service = (options: string, main = mainCf) => {
    const imported = importText(main, { masterCf: masterCf(options) });
    const wiring = imported.policies[1]?.wiring;
    return {
      imported,
      single: masterCfLines(wiring?.single ?? new Map()),
      perList: masterCfLines(wiring?.['per list'] ?? new Map()),
    };
  };

  it('stay as they are when nothing in them needs Postward', () => {
    for (const value of ['permit_sasl_authenticated,reject', '$mua']) {
      const { imported, single, perList } = service(`-o smtpd_client_restrictions=${value}`);
      const stays = '-o smtpd_client_restrictions=permit_sasl_authenticated,reject';
      const ask = (context: string) => `${ASK}, default_action=DUNNO, policy_context=${context} }`;
      expect(single).toEqual([
        stays,
        `-o { smtpd_recipient_restrictions = ${ask('submission')}, permit_mynetworks, reject_unauth_destination }`,
      ]);
      expect(perList).toEqual([
        stays,
        `-o { smtpd_helo_restrictions = ${ask('submission/helo')} }`,
        `-o { smtpd_recipient_restrictions = ${ask('submission/recipient')}, permit_mynetworks, reject_unauth_destination }`,
      ]);
      expect(fates(imported, 1)).toEqual([
        'smtpd_client_restrictions both: Postfix keeps it: nothing in it needs a policy server',
      ]);
      expect(imported.policies[1]?.text).toContain(`smtpd_client_restrictions=${value}\n`);
    }
    const main = importText(`${mainCf}smtpd_client_restrictions = $mua\n`);
    for (const lists of Object.values(main.policies[0].wiring)) {
      expect(lists.get('smtpd_client_restrictions')).toEqual(['permit_sasl_authenticated', 'reject']);
    }
    expect(fates(main)[2]).toMatch(/^mua both/);
  });

  it('leave a service alone that has no others', () => {
    const { imported, single, perList } = service(
      '-o smtpd_helo_restrictions= -o smtpd_client_restrictions=permit_mynetworks,reject -o smtpd_recipient_restrictions=permit_mynetworks,reject',
    );
    const options = [
      '-o smtpd_client_restrictions=permit_mynetworks,reject',
      '-o smtpd_helo_restrictions=',
      '-o smtpd_recipient_restrictions=permit_mynetworks,reject',
    ];
    expect([single, perList]).toEqual([options, options]);
    expect(fates(imported, 1)[2]).toMatch(/^smtpd_recipient_restrictions both/);
  });

  it('stay whole behind the question, when the relay list is the guard', () => {
    const recipient = 'smtpd_recipient_restrictions = permit_sasl_authenticated, reject\n';
    const { policies } = importText(`compatibility_level = 3.6\n${recipient}`);
    expect(policies[0].wiring.single.get('smtpd_recipient_restrictions')).toEqual([
      `${ASK}, default_action=DUNNO }`,
      'permit_sasl_authenticated',
      'reject',
    ]);
  });

  it('stay whole behind the question at ETRN, where it stands for the client list, too', () => {
    const main = (client: string) =>
      `smtpd_client_restrictions = ${client}\nsmtpd_recipient_restrictions = reject_unauth_destination\nsmtpd_etrn_restrictions = permit_mynetworks, reject\n`;
    const etrn = (client: string) => {
      const { wiring } = importText(main(client)).policies[0];
      return Object.values(wiring).map((lists) => lists.get('smtpd_etrn_restrictions'));
    };
    const words = ['permit_mynetworks', 'reject'];
    expect(etrn('permit_mynetworks')).toEqual([words, words]);
    expect(etrn('reject_unknown_client_hostname')).toEqual([
      [`${ASK}, default_action=DUNNO }`, ...words],
      words,
    ]);
  });

  it('let mail wait while Postward is down, when something in them needs it', () => {
    const { single, perList } = service(
      '-o { smtpd_client_restrictions = reject_unknown_client_hostname, permit_sasl_authenticated, reject }',
    );
    expect(single).toEqual([
      '-o smtpd_client_restrictions=',
      `-o { smtpd_recipient_restrictions = ${ASK}, policy_context=submission }, permit_mynetworks, reject_unauth_destination }`,
    ]);
    expect(perList[0]).toBe(`-o { smtpd_client_restrictions = ${ASK}, policy_context=submission/client } }`);
    expect(perList.slice(1).every((line) => line.includes('default_action=DUNNO'))).toBe(true);
    // Here `reject` is the guard, and stays by itself.
    const guarded = service(
      '-o { smtpd_recipient_restrictions = reject_non_fqdn_sender, permit_mynetworks, reject }',
    );
    expect(guarded.single).toEqual([
      `-o { smtpd_recipient_restrictions = ${ASK}, default_action=DUNNO, policy_context=submission }, permit_mynetworks, reject }`,
    ]);
  });

  it('do not come before what Postward decides first, when it is asked at RCPT TO', () => {
    // A client without a name gets 450, whatever its sender is.
    const { wiring } = importText(
      'smtpd_client_restrictions = reject_unknown_client_hostname\nsmtpd_sender_restrictions = permit_mynetworks, reject\nsmtpd_recipient_restrictions = reject_unauth_destination\n',
    ).policies[0];
    expect(mainCfLines(wiring.single)).toEqual([
      'smtpd_client_restrictions =',
      'smtpd_sender_restrictions =',
      'smtpd_recipient_restrictions =',
      `    ${ASK} },`,
      '    reject_unauth_destination',
    ]);
    expect(wiring['per list'].get('smtpd_sender_restrictions')).toEqual(['permit_mynetworks', 'reject']);
  });

  it.each(['warn_if_reject reject', 'permit, reject', 'permit_mynetworks', 'defer_if_permit'])(
    'are not those that let others past: %s',
    (words) => {
      const { wiring } = importText(
        `smtpd_client_restrictions = reject_unknown_client_hostname, ${words}\nsmtpd_recipient_restrictions = reject_unauth_destination\n`,
      ).policies[0];
      for (const lists of Object.values(wiring)) {
        expect(
          [...lists.values()].flat().filter((word) => word.startsWith(ASK) && !word.includes('DUNNO')),
        ).toEqual([]);
      }
    },
  );
});

describe('the guard against relaying', () => {
  const recipientWords = (mainCf: string) =>
    importText(mainCf).policies[0].wiring.single.get('smtpd_recipient_restrictions')?.slice(1);

  it('is what it was, with the permits before it', () => {
    expect(
      recipientWords(
        'smtpd_recipient_restrictions = permit_mynetworks, reject_non_fqdn_sender, check_client_access inline:{a=OK}, check_policy_service inet:127.0.0.1:1, reject_unauth_destination, reject_rbl_client bl.spamcop.net, permit\n',
      ),
    ).toEqual(['permit_mynetworks', 'check_client_access inline:{a=OK}', 'reject_unauth_destination']);
  });

  it('has its dollars twice, as main.cf has them', () => {
    const { policies } = importText(
      'smtpd_recipient_restrictions = check_client_access pcre:{ {/a$$/ OK} }, reject_unauth_destination\n',
    );
    expect(policies[0].wiring.single.get('smtpd_recipient_restrictions')).toContain(
      'check_client_access pcre:{ {/a$$/ OK} }',
    );
  });

  it('stays in smtpd_relay_restrictions where it is there', () => {
    expect(
      recipientWords('compatibility_level = 3.6\nsmtpd_recipient_restrictions = reject_non_fqdn_sender\n'),
    ).toEqual([]);
  });

  it('is added where there was none', () => {
    expect(recipientWords('smtpd_client_restrictions = reject_non_fqdn_sender\n')).toEqual([
      'permit_mynetworks',
      'permit_sasl_authenticated',
      'reject_unauth_destination',
    ]);
    expect(importText('').hasRelayGuard).toBe(false);
  });

  it('is not one that only warns', () => {
    expect(
      recipientWords('smtpd_recipient_restrictions = warn_if_reject reject_unauth_destination, reject\n'),
    ).toEqual(['reject']);
  });
});
