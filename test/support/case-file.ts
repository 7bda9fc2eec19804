/**
 * Conformance cases: text files that a postmaster can read and write.
 *
 *     about: one line
 *     == main.cf
 *     smtpd_client_restrictions = check_client_access hash:@T@/clients
 *     == table clients hash
 *     192.168.10      REJECT no
 *     == zone
 *     foo.test  A 192.0.2.3
 *     == policy
 *     sender=bad@foo.test REJECT no
 *     == probes
 *     listed    addr=192.168.10.3 name=a.b.test
 *     #< 554 5.7.1 <a.b.test[192.168.10.3]>: Client host rejected: no
 *
 * `@T@` stands for /etc/postfix, where the tables are; `@P@` for HOST:PORT of
 * another policy server, which answers with the action of the first line of
 * `== policy` that has an attribute of the request, else DUNNO. The zone is laid over
 * base.zone, main.cf over base.cf. A probe is one SMTP session; what it does
 * not set has the value of `DEFAULTS`. name and rname may be `[UNAVAILABLE]`
 * or `[TEMPUNAVAIL]`; `via=` is the loopback address that the connection
 * really comes from; `tls=none` is TLS without a client certificate, `tls=NAME`
 * one of test/fixtures/tls (with `smtpd_tls_security_level = may`); an empty
 * `from=` is the null sender; `to=` may hold several recipients, parted by `|`;
 * `helo=-` sends none; `data=1` goes on to the end of a message with that many
 * bytes of body, or a few more; `verb=VRFY` or `verb=ETRN` stands for MAIL and
 * RCPT; `before=` are commands that come after HELO, parted by `|`, whose
 * replies do not count; `mail=` are parameters of MAIL.
 *
 * `#<` lines are what Postfix answers to RCPT and all that follows, or the
 * last reply of a session that did not get so far; then, in parentheses, what
 * it does besides: `#< (hold) look at it`. They are written by the test
 * (`npm run conformance:record`) and reviewed as a diff.
 *
 * `#single<` and `#per list<` lines are what it answers instead through
 * Postward, where that cannot be the same, or is not on purpose
 * (docs/postfix-differences.md). They are written by hand.
 */

import type { Layout } from './policy-layout.ts';
import type { TableFile } from './private-postfix.ts';
import type { ForgedClient } from './smtp-session.ts';

const DEFAULTS = {
  addr: '192.0.2.10',
  name: 'mail.client.test',
  rname: undefined,
  port: '40000',
  login: '',
  tls: '',
  via: '',
  helo: 'mail.client.test',
  proto: 'ESMTP',
  from: 'alice@sender.test',
  to: 'bob@dest.test',
  size: '',
  data: '',
  verb: '',
  before: '',
  mail: '',
} as const;

type Key = keyof typeof DEFAULTS;

export interface Probe {
  readonly id: string;
  readonly client: ForgedClient;
  /** Loopback address that the connection comes from; XCLIENT hides it from most of smtpd. */
  readonly via: string | undefined;
  /** Name of the client's certificate; `none`: TLS without one; undefined: no TLS. */
  readonly tls: string | undefined;
  /** undefined: no HELO at all. */
  readonly helo: string | undefined;
  readonly greeting: 'HELO' | 'EHLO';
  readonly sender: string;
  readonly recipients: readonly string[];
  /** Commands between HELO and MAIL, or the verb. */
  readonly before: readonly string[];
  /** As in `MAIL FROM … SMTPUTF8`; '' for none. */
  readonly mailParameters: string;
  /** As in `MAIL FROM … SIZE=`; '' to leave it out. */
  readonly size: string;
  /** How much to send after DATA, which is left out when it is 0. */
  readonly bodyBytes: number;
  /** Instead of MAIL and RCPT. */
  readonly verb: 'VRFY' | 'ETRN' | undefined;
  /** Postfix's replies and side effects as the file has them. */
  readonly expected: readonly string[];
  /** What they are instead in a layout; undefined: the same. */
  readonly instead: Readonly<Record<Layout, readonly string[] | undefined>>;
}

export interface Case {
  readonly name: string;
  readonly about: string;
  readonly mainCf: string;
  readonly tables: readonly TableFile[];
  readonly zone: string;
  readonly policy: readonly PolicyLine[];
  readonly probes: readonly Probe[];
}

/** What the other policy server answers a request with this attribute. */
export interface PolicyLine {
  /** `name=value` */
  readonly attribute: string;
  readonly action: string;
}

/** @throws Error that names the case and the line that cannot be read. */
export function parseCase(name: string, text: string): Case {
  let about = '';
  let mainCf = '';
  let zone = '';
  const tables: TableFile[] = [];
  let policy: PolicyLine[] = [];
  let probes: Probe[] = [];
  for (const section of text.split(/^== /m).filter((part) => part !== '')) {
    const end = section.indexOf('\n');
    const words = section.slice(0, end).trim().split(/\s+/);
    const body = section.slice(end + 1).replaceAll('@T@', '/etc/postfix');
    if (words[0] === 'main.cf') mainCf = body;
    else if (words[0] === 'zone') zone = body;
    else if (words[0] === 'table')
      tables.push({ name: words[1] ?? '', type: words[2] ?? 'texthash', text: body });
    else if (words[0] === 'policy') policy = parsePolicy(body);
    else if (words[0] === 'probes') probes = parseProbes(name, body);
    else if (words[0] === 'about:') about = words.slice(1).join(' ');
    else throw new Error(`${name}: unknown section \`${words.join(' ')}\``);
  }
  return { name, about, mainCf, tables, zone, policy, probes };
}

/** The text of a case with the replies of its probes (by id) written anew. */
export function withReplies(text: string, replies: ReadonlyMap<string, readonly string[]>): string {
  const at = text.indexOf('\n== probes\n') + '\n== probes\n'.length;
  const lines = text
    .slice(at)
    .split('\n')
    .filter((line) => !line.startsWith('#<'))
    .flatMap((line) => [
      line,
      ...(replies.get(line.split(' ')[0] ?? '') ?? []).map((reply) => `#< ${reply}`),
    ]);
  return text.slice(0, at) + lines.join('\n');
}

function parsePolicy(body: string): PolicyLine[] {
  const lines = body.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [, attribute = '', action = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    return { attribute, action };
  });
}

function parseProbes(name: string, body: string): Probe[] {
  const probes: (Probe & { expected: string[]; instead: Record<Layout, string[] | undefined> })[] = [];
  for (const line of body.split('\n')) {
    const [, layout, reply = ''] = /^#(single|per list|)< (.*)$/.exec(line) ?? [];
    const probe = probes.at(-1);
    if (layout === '') {
      probe?.expected.push(reply);
    } else if (layout === 'single' || layout === 'per list') {
      if (probe !== undefined) probe.instead[layout] = [...(probe.instead[layout] ?? []), reply];
    } else if (line.trim() !== '' && !line.startsWith('#')) {
      const next = {
        ...parseProbe(name, line),
        expected: [],
        instead: { single: undefined, 'per list': undefined },
      };
      if (probes.some(({ id }) => id === next.id)) throw new Error(`${name}: two probes \`${next.id}\``);
      probes.push(next);
    }
  }
  return probes;
}

function parseProbe(name: string, line: string): Probe {
  const [id = '', ...items] = shellWords(line);
  const set: Record<Key, string | undefined> = { ...DEFAULTS };
  for (const item of items) {
    const at = item.indexOf('=');
    const key = item.slice(0, at);
    if (!isKey(key)) throw new Error(`${name}: probe \`${id}\`: unknown key in \`${item}\``);
    set[key] = item.slice(at + 1);
  }
  const value = (key: Key): string => set[key] ?? '';
  const verb = value('verb');
  if (verb !== '' && verb !== 'VRFY' && verb !== 'ETRN')
    throw new Error(`${name}: probe \`${id}\`: verb=${verb}`);
  return {
    id,
    client: {
      address: value('addr'),
      name: value('name'),
      reverseName: set.rname ?? value('name'),
      port: value('port'),
      login: value('login'),
    },
    via: value('via') === '' ? undefined : value('via'),
    tls: value('tls') === '' ? undefined : value('tls'),
    helo: value('helo') === '-' ? undefined : value('helo'),
    greeting: value('proto') === 'SMTP' ? 'HELO' : 'EHLO',
    sender: value('from'),
    recipients: value('to').split('|'),
    before: value('before') === '' ? [] : value('before').split('|'),
    mailParameters: value('mail'),
    size: value('size'),
    bodyBytes: Number(value('data')),
    verb: verb === '' ? undefined : verb,
    expected: [],
    instead: { single: undefined, 'per list': undefined },
  };
}

/** Words parted by blanks; quotes of both kinds as in a shell, without escapes. */
function shellWords(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

function isKey(text: string): text is Key {
  return text in DEFAULTS;
}
