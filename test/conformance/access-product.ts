/**
 * Every check_*_access × every kind of lookup table × everything that an entry
 * can say, as cases for real Postfix; and for each pair of check and table a
 * probe whose key has no entry.
 *
 * All checks stand in one list, so that few Postfixes do. The login name of a
 * probe (of check_sasl_access: its sender) chooses the class with the check
 * and the table that it is about. `-no` at its end adds a reject behind them:
 * it tells a permit from a dunno, and shows what DEFER_IF_REJECT is for.
 */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, parseCase } from '../support/case-file.ts';
import { CERTIFICATES } from '../support/private-postfix.ts';

interface Saying {
  readonly name: string;
  /** The right-hand side; undefined: there is no entry. */
  readonly value: string | undefined;
  /** The last thing that smtpd then says, or does: `(warn) …`. */
  readonly says: RegExp;
  /** A reject follows the check. */
  readonly isTailed: boolean;
}

/** smtpd has no objection. To ETRN it says so and that it cannot serve it, having no queue manager here. */
const ACCEPTED = /^(?:250|459) /;
const TAIL = /^554 5\.7\.1 <check_[^>]*>: \w+ \w+ .*rejected: Access denied$/;

const SAYINGS: readonly Saying[] = [
  { name: 'none', value: undefined, says: ACCEPTED, isTailed: false },
  { name: 'permit', value: 'OK', says: ACCEPTED, isTailed: true },
  { name: 'dunno', value: 'DUNNO', says: TAIL, isTailed: true },
  { name: 'reject', value: 'REJECT', says: /^554 5\.7\.1 <(?!check_).*Access denied$/, isTailed: false },
  { name: 'defer', value: 'DEFER', says: /^450 4\.7\.1 .*Access denied$/, isTailed: false },
  {
    name: 'if-permit',
    value: 'DEFER_IF_PERMIT',
    says: /^450 4\.7\.1 .*Service unavailable$/,
    isTailed: false,
  },
  {
    name: 'if-reject',
    value: 'DEFER_IF_REJECT',
    says: /^450 4\.7\.1 .*Service unavailable$/,
    isTailed: true,
  },
  { name: 'effect', value: 'WARN', says: /^\(warn\) /, isTailed: false },
  { name: 'list', value: 'listed', says: /^450 4\.3\.2 .*Try again later$/, isTailed: false },
];

const FAILING: Saying = {
  name: 'failure',
  value: undefined,
  says: /^451 4\.3\.5 <.*Server configuration error$/,
  isTailed: false,
};

/** What OK is where access(5) forbids it. */
const FORBIDDEN = /^451 4\.3\.5 Server configuration error$/;

/** Postfix's type → how an entry is written, and the table's file as restrictions name it. */
interface Kind {
  readonly type: string;
  readonly spec: string;
  /** A file of its own, by name: what postmap makes of it, and its lines. */
  readonly file?: { readonly type: string; line(key: string, saying: Saying): string };
  readonly takesAddress?: boolean;
}

const plain = (key: string, { value }: Saying): string => `${key} ${value}`;
const pattern = (key: string, { value }: Saying): string => `/^${key.replaceAll('.', '\\.')}$/ ${value}`;

const KEYED: readonly Kind[] = [
  ...['hash', 'btree', 'lmdb', 'cdb', 'texthash'].map((type) => ({
    type,
    spec: `${type}:@T@/${type}`,
    file: { type, line: plain },
  })),
  { type: 'proxy', spec: 'proxy:hash:@T@/proxy', file: { type: 'hash', line: plain } },
  { type: 'regexp', spec: 'regexp:@T@/regexp', file: { type: 'regexp', line: pattern } },
  { type: 'pcre', spec: 'pcre:@T@/pcre', file: { type: 'pcre', line: pattern } },
  { type: 'unionmap', spec: 'unionmap:{inline:{nobody=OK}, texthash:@T@/texthash}' },
  {
    type: 'pipemap',
    spec: 'pipemap:{texthash:@T@/pipemap, texthash:@T@/values}',
    file: { type: 'texthash', line: (key, { name }) => `${key} ${name}` },
  },
  { type: 'cidr', spec: 'cidr:@T@/cidr', takesAddress: true },
  { type: 'inline', spec: '' },
];

/** These answer whatever the key: a table of its own for each thing said. */
const CONSTANT = ['static', 'randmap'];

/** What a probe is to say so that a check looks up a key. */
interface Question {
  /** Unlike those of all others. */
  readonly name: string;
  /** The same for all that ask for the same saying. */
  readonly address: string;
  readonly index: number;
}

interface Subject {
  readonly restriction: string;
  readonly words: (question: Question) => string;
  readonly key: (question: Question) => string;
  /** Words by which it looks up the address; undefined: it never looks up an address. */
  readonly addressWords?: (question: Question) => string;
  /** The login name is what it looks up. */
  readonly isChosenBySender?: boolean;
  readonly zone?: (question: Question) => string;
}

/** How a probe names the domain that a check is about. */
const PARTIES: Readonly<Record<string, (question: Question) => string>> = {
  client: ({ name }) => `name=${name}`,
  reverse_client_hostname: ({ name }) => `name=[UNAVAILABLE] rname=${name}`,
  helo: ({ name }) => `helo=${name}`,
  sender: ({ name }) => `from=alice@${name}`,
  recipient: ({ name }) => `to=bob@${name}`,
};

/** Hosts of a domain whose names and addresses a check looks up; of the domain itself the addresses alone. */
const SERVERS: Readonly<Record<string, Pick<Required<Subject>, 'key' | 'zone'>>> = {
  a: { key: ({ address }) => address, zone: ({ name, address }) => `${name} A ${address}\n` },
  mx: {
    key: ({ name }) => `mx.${name}`,
    zone: ({ name, address }) => `${name} MX 10 mx.${name}\nmx.${name} A ${address}\n`,
  },
  ns: {
    key: ({ name }) => `ns.${name}`,
    zone: ({ name, address }) => `${name} NS ns.${name}\nns.${name} A ${address}\n`,
  },
};

/** Of the certificate that the client of a question shows. */
const fingerprint = ({ index }: Question): string =>
  new X509Certificate(readFileSync(join(CERTIFICATES, `client-${index + 1}.pem`))).fingerprint256;

const SUBJECTS: readonly Subject[] = [
  {
    restriction: 'check_client_access',
    words: ({ name }) => `name=${name}`,
    key: ({ name }) => name,
    addressWords: ({ address }) => `addr=${address}`,
  },
  {
    restriction: 'check_reverse_client_hostname_access',
    words: ({ name }) => `name=[UNAVAILABLE] rname=${name}`,
    key: ({ name }) => name,
    addressWords: ({ address }) => `addr=${address}`,
  },
  {
    restriction: 'check_helo_access',
    words: ({ name }) => `helo=${name}`,
    key: ({ name }) => name,
    addressWords: ({ address }) => `helo=${address}`,
  },
  {
    restriction: 'check_sender_access',
    words: ({ name }) => `from=alice@${name}`,
    key: ({ name }) => `alice@${name}`,
  },
  {
    restriction: 'check_recipient_access',
    words: ({ name }) => `to=bob@${name}`,
    key: ({ name }) => `bob@${name}`,
  },
  {
    restriction: 'check_sasl_access',
    words: ({ name }) => `login=${name}`,
    key: ({ name }) => name,
    isChosenBySender: true,
  },
  {
    restriction: 'check_etrn_access',
    words: ({ name }) => `verb=ETRN to=${name}`,
    key: ({ name }) => name,
  },
  {
    restriction: 'check_ccert_access',
    words: ({ index }) => `tls=client-${index + 1}`,
    key: fingerprint,
  },
  ...Object.entries(PARTIES).flatMap(([party, words]) =>
    Object.entries(SERVERS).map(
      ([kind, server]): Subject => ({
        restriction: `check_${party}_${kind}_access`,
        words,
        addressWords: words,
        ...server,
      }),
    ),
  ),
];

/** Where OK is a mistake (access(5)). */
const forbidsPermit = ({ restriction }: Subject): boolean =>
  /_(?:a|mx|ns)_access$|^check_reverse_/.test(restriction);

const DOMAIN = 'product.test';

export interface ProductCase {
  readonly parsed: Case;
  /** By the id of the probe, `check_helo_access/hash/reject`: what smtpd says last. */
  readonly expected: ReadonlyMap<string, RegExp>;
}

/** All of it, parted for so many Postfixes. */
export function accessProduct(parts: number): ProductCase[] {
  return Array.from({ length: parts }, (_, part) =>
    productOf(
      `access-product-${part + 1}`,
      SUBJECTS.filter((_subject, index) => index % parts === part),
    ),
  );
}

function productOf(caseName: string, subjects: readonly Subject[]): ProductCase {
  const classes = new Map<string, string>([['listed', 'defer']]);
  const select: string[] = [];
  const probes: string[] = [];
  const expected = new Map<string, RegExp>();

  const questions = (subject: Subject): { saying: Saying; question: Question }[] =>
    SAYINGS.map((saying, index) => ({
      saying,
      question: {
        name: `${saying.name}.${subject.restriction.replaceAll('_', '-')}.${DOMAIN}`,
        address: `198.51.100.${index + 1}`,
        index,
      },
    }));
  const entries = (from: readonly Subject[], line: (key: string, saying: Saying) => string): string[] =>
    from.flatMap((subject) =>
      questions(subject)
        .filter(({ saying }) => saying.value !== undefined)
        .map(({ saying, question }) => line(subject.key(question), saying)),
    );
  const choose = (subject: Subject, label: string, table: string): void => {
    const className = `${subject.restriction}_${label}`.replaceAll('-', '_');
    classes.set(className, `${subject.restriction} ${table}`);
    const at = subject.isChosenBySender ? `@${DOMAIN}` : '';
    const choice = `${subject.restriction}-${label}`;
    select.push(`${choice}${at} ${className}`, `${choice}-no${at} ${className}, reject`);
  };
  const probe = (subject: Subject, kind: string, label: string, saying: Saying, words: string): void => {
    const id = `${subject.restriction}/${kind}/${saying.name}`;
    const choice = `${subject.restriction}-${label}${saying.isTailed ? '-no' : ''}`;
    const chosen = subject.isChosenBySender ? `from=${choice}@${DOMAIN}` : `login=${choice}`;
    probes.push(`${id} ${chosen} ${words}`);
    expected.set(id, saying.name === 'permit' && forbidsPermit(subject) ? FORBIDDEN : saying.says);
  };

  for (const subject of subjects) {
    const all = questions(subject);
    for (const { type, spec, takesAddress } of KEYED) {
      const words = takesAddress === true ? subject.addressWords : subject.words;
      const own = entries([subject], (key, { value }) => `${key}=${value}`).join(', ');
      choose(subject, type, type === 'inline' ? `inline:{${own}}` : spec);
      for (const { saying, question } of all) {
        // Of a table of addresses, a check that never looks one up can only be shown to find nothing.
        if (words !== undefined || saying.value === undefined) {
          probe(subject, type, type, saying, (words ?? subject.words)(question));
        }
      }
    }
    for (const type of CONSTANT) {
      for (const { saying, question } of all) {
        if (saying.value === undefined) continue;
        const label = `${type}-${saying.name}`;
        choose(subject, label, `${type}:{${saying.value}}`);
        probe(subject, type, label, saying, subject.words(question));
      }
    }
    const [first] = all;
    choose(subject, 'fail', 'fail:always');
    if (first !== undefined) probe(subject, 'fail', 'fail', FAILING, subject.words(first.question));
  }

  const values = SAYINGS.filter(({ value }) => value !== undefined);
  const section = (name: string, lines: readonly string[]): string =>
    `== ${name}\n${[...new Set(lines)].join('\n')}\n`;
  const text = [
    'about: every check_*_access, kind of table and kind of entry\n',
    section('main.cf', [
      `smtpd_restriction_classes = ${[...classes.keys()].join(' ')}`,
      ...[...classes].map(([name, list]) => `${name} = ${list}`),
      `relay_domains = ${DOMAIN}`,
      'proxy_read_maps = proxy:hash:@T@/proxy',
      'smtpd_tls_security_level = may',
      'smtpd_tls_ask_ccert = yes',
      'choice = check_sasl_access texthash:@T@/select, check_sender_access texthash:@T@/select',
      'smtpd_sender_restrictions = $choice',
      'smtpd_etrn_restrictions = $choice',
    ]),
    section('table select texthash', select),
    section(
      'table cidr cidr',
      subjects
        .flatMap((subject) => questions(subject))
        .filter(({ saying }) => saying.value !== undefined)
        .map(({ saying, question }) => `${question.address} ${saying.value}`),
    ),
    section(
      'table values texthash',
      values.map(({ name, value }) => `${name} ${value}`),
    ),
    ...KEYED.flatMap(({ type, file }) =>
      file === undefined ? [] : [section(`table ${type} ${file.type}`, entries(subjects, file.line))],
    ),
    section(
      'zone',
      subjects.flatMap((subject) => questions(subject).map(({ question }) => subject.zone?.(question) ?? '')),
    ),
    section('probes', probes),
  ].join('');
  return { parsed: parseCase(caseName, text), expected };
}
