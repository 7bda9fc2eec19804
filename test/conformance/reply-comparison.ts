/**
 * When a delegated reply counts as the native one.
 *
 * smtpd puts `CODE DSN <NAME>: CLASS rejected: ` around every policy answer,
 * NAME and CLASS being those of the list that asked. So some native replies
 * cannot be had byte for byte through a policy answer; these, and no others,
 * are let pass, and what smtpd adds is taken off before their text is compared.
 */
import type { Layout } from '../support/policy-layout.ts';

/** smtpd's words for what it rejects. */
export const REPLY_CLASSES =
  '(?:Unverified )?Client host|Client certificate|Helo command|(?:Sender|Recipient) address|SASL login name|Data command|End-of-data|Etrn command';
/** Before a reason that smtpd has emptied there is no blank left. */
const PREFIX = new RegExp(`^<.*?>: (${REPLY_CLASSES}) rejected:(?: |$)`);

/** Native replies without smtpd's prefix: a policy answer always has it. */
const UNPREFIXED: Readonly<Record<string, RegExp>> = {
  'a DNS list': /^Service unavailable; .+ blocked using /,
  'an unknown client': /^Client host rejected: cannot find your (?:reverse )?hostname, /,
  'a configuration error': /^Server configuration error$/,
  'a lookup failure': /^<[^>]*>: Temporary lookup failure$/,
  'a session in the clear': /^Session encryption is required$/,
  'a message too big': /^(?:Message size exceeds fixed limit|Error: message file too big)$/,
  'an unauthorized relay': /^<[^>]*>: Relay access denied$/,
};

/** Class of the prefix → X.1.N → what smtpd makes of it (X.1.n, `dsn_filter` of smtpd_check.c); others: X.0.0. */
const ADDRESS_DSN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Sender address': { 1: '7', 2: '8', 3: '7', 4: '7', 6: '7', 7: '7', 8: '8' },
  'Recipient address': { 1: '1', 2: '2', 3: '3', 4: '4', 5: '5', 6: '6', 7: '3', 8: '2' },
};

/** As the client list names a client: `<name[address]>: `. */
const CLIENT = /^<[^<>]*\[[0-9a-f.:]+\]>: Client host rejected: $/i;

interface Reply {
  readonly code: string;
  readonly dsn: string;
  readonly text: string;
  /** smtpd's `<NAME>: CLASS rejected: `; '' without one. */
  readonly prefix: string;
  readonly replyClass: string;
  /** The text without the prefix. */
  readonly reason: string;
}

const OTHER_LIST = "another list's prefix";
const SHORT_NAME = 'a client without name or address in the prefix';
const REWRITTEN_DSN = 'a status code that smtpd rewrites';

export type Comparison =
  | { readonly kind: 'same' }
  /** As near as the protocol allows; `because` is one of `IMPOSSIBLE`. */
  | { readonly kind: 'possible'; readonly because: readonly string[] }
  | { readonly kind: 'different'; readonly what: 'code' | 'dsn' | 'reason' | 'prefix' };

/** What a policy answer cannot reproduce. */
export const IMPOSSIBLE: readonly string[] = [
  ...Object.keys(UNPREFIXED),
  OTHER_LIST,
  SHORT_NAME,
  REWRITTEN_DSN,
];

export function compareReplies(layout: Layout, native: string, delegated: string): Comparison {
  if (native === delegated) return { kind: 'same' };
  const ours = parseReply(delegated);
  const theirs = parseReply(native);
  const because: string[] = [];
  if (theirs.code !== ours.code) return { kind: 'different', what: 'code' };
  if (theirs.dsn !== ours.dsn) {
    if (asClass(theirs.dsn, ours.replyClass) !== ours.dsn) return { kind: 'different', what: 'dsn' };
    because.push(REWRITTEN_DSN);
  }
  const unprefixed = Object.entries(UNPREFIXED).find(([, pattern]) => pattern.test(theirs.text));
  if (unprefixed !== undefined) {
    const reason = theirs.text.replace(/^(?:<[^>]*>|Client host rejected): /, '');
    if (ours.reason !== reason) return { kind: 'different', what: 'reason' };
    because.push(unprefixed[0]);
  } else {
    if (theirs.reason !== ours.reason) return { kind: 'different', what: 'reason' };
    if (theirs.prefix !== ours.prefix) {
      // In one query all lists are answered from the recipient list.
      const isOtherList = layout === 'single' || theirs.replyClass !== ours.replyClass;
      // permit_dnswl_client blames the address alone, permit_rhswl_client the name.
      const isShort = CLIENT.test(ours.prefix) && !CLIENT.test(theirs.prefix);
      if ((!isOtherList && !isShort) || ours.prefix === '') return { kind: 'different', what: 'prefix' };
      because.push(isOtherList ? OTHER_LIST : SHORT_NAME);
    }
  }
  return { kind: 'possible', because };
}

function parseReply(reply: string): Reply {
  const [, code = '', dsn = '', text = ''] = /^(\d{3})[ -](?:(\d\.\d+\.\d+) )?(.*)$/s.exec(reply) ?? [
    '',
    '',
    '',
    reply,
  ];
  const [prefix = '', replyClass = ''] = PREFIX.exec(text) ?? [];
  return { code, dsn, text, prefix, replyClass, reason: text.slice(prefix.length) };
}

/** The DSN that smtpd sends when a policy answers `dsn` in a list of this class. */
function asClass(dsn: string, replyClass: string): string {
  const [, status = '', detail = ''] = /^(\d)\.1\.(\d+)$/.exec(dsn) ?? [];
  if (status === '' || replyClass === '') return dsn;
  const table = ADDRESS_DSN[replyClass];
  return table === undefined ? `${status}.0.0` : `${status}.1.${table[detail] ?? '0'}`;
}
