/**
 * The reply to a client that a DNSBL lists: default_rbl_reply or an entry of
 * rbl_reply_maps, with `$rbl_…` and the names of smtpd_expansion_filter's
 * documentation filled in (postconf(5)).
 */
import { EmptyResult } from '../access/address-map.ts';
import { fixDsn, splitDsn } from '../access/dsn.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { CONFIGURATION_ERROR, type Outcome, type ReplyClass, reject } from '../engine/outcome.ts';
import { expand } from '../language/expansion.ts';
import { SourcedText } from '../language/sourced-text.ts';
import { splitMailAddress } from '../net/mail-address.ts';
import type { AttributeName } from '../protocol/request.ts';
import { type Table, TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import type { CompileContext } from './restriction.ts';

/** What was listed where. */
export interface Listing {
  /** The argument as written: `bl.example=127.0.0.2`, the key of rbl_reply_maps. */
  readonly argument: string;
  /** Without the filter. */
  readonly domain: string;
  /** The address or name that is listed. */
  readonly what: string;
  readonly replyClass: ReplyClass;
  /** The DNSBL's TXT record, or ''. */
  readonly reason: string;
}

export type RblReply = (evaluation: Evaluation, listing: Listing) => PromiseOrValue<Outcome>;

export function rblReply(context: CompileContext): RblReply {
  const { parameters } = context;
  const defaultTemplate = SourcedText.literal(parameters.text('default_rbl_reply'));
  const code = parameters.text('maps_rbl_reject_code');
  const serverName = parameters.text('myhostname');
  const isAllowed = expansionFilter(parameters.text('smtpd_expansion_filter'));
  const maps = parameters.tokens('rbl_reply_maps').map(({ text, span }) => context.table(text, span));

  /** The expanded template, or undefined when it cannot be expanded. */
  const fill = (e: Evaluation, listing: Listing, template: SourcedText): string | undefined => {
    let isBad = false;
    const value = (name: string): SourcedText | undefined => {
      const text = name === 'rbl_code' ? code : VALUES.get(name)?.(e, listing, serverName);
      if (text === undefined) return undefined;
      const filtered = Array.from(text, (character) =>
        isAllowed.has(character) ? character : '_'.repeat(Buffer.byteLength(character)),
      ).join('');
      // A value is text, whatever it looks like: what a DNSBL says is never expanded.
      return SourcedText.literal(filtered.replaceAll('$', '$$$$'));
    };
    const filled = expand(template, value, () => {
      isBad = true;
    });
    return isBad ? undefined : filled.text;
  };

  const answer = (e: Evaluation, listing: Listing, custom: string | undefined): Outcome => {
    let text = custom === undefined ? undefined : fill(e, listing, SourcedText.literal(custom));
    if (custom !== undefined && text === undefined) {
      e.warn('right_hand_side', `bad rbl reply template for ${listing.domain}: \`${custom}\``);
    }
    text ??= fill(e, listing, defaultTemplate);
    const match = /^([45]\d\d) (.*)$/s.exec(text ?? '');
    if (match?.[1] === undefined || match[2] === undefined) {
      e.warn('right_hand_side', `an rbl reply must begin with a reply code: \`${text ?? ''}\``);
      return reject({ code: 450, dsn: '4.7.1', prefix: '', text: 'Service unavailable' });
    }
    const split = splitDsn(match[2], `${match[1][0]}.7.1`);
    return reject({
      code: Number(match[1]),
      dsn: fixDsn(split.dsn, listing.replyClass),
      prefix: '',
      text: split.text === '' ? 'Service unavailable' : split.text,
    });
  };

  return (e, listing) =>
    andThen(findTemplate(maps, 0, listing.argument), (template) => {
      if (!(template instanceof TableFailure)) return answer(e, listing, template);
      e.warn('table_failure', `rbl_reply_maps: ${template.reason}`);
      return CONFIGURATION_ERROR;
    });
}

function findTemplate(
  maps: readonly Table[],
  index: number,
  key: string,
): PromiseOrValue<string | undefined | TableFailure> {
  const table = maps[index];
  if (table === undefined) return undefined;
  return andThen(table.lookup(key), (value) => {
    if (value === '') return new EmptyResult(table, key);
    return value ?? findTemplate(maps, index + 1, key);
  });
}

type Value = (e: Evaluation, listing: Listing, serverName: string) => string;

const ofRequest =
  (name: AttributeName): Value =>
  ({ request }) =>
    String(request[name]);

/** The names a template may use, besides `$rbl_code` (postconf(5), default_rbl_reply). */
const VALUES: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['rbl_domain', (_e, { domain }) => domain],
  ['rbl_what', (_e, { what }) => what],
  ['rbl_class', (_e, { replyClass }) => replyClass],
  ['rbl_reason', (_e, { reason }) => reason],
  ['rbl_txt', (_e, { reason }) => reason],
  ['server_name', (_e, _listing, serverName) => serverName],
  ['client', ({ request }) => `${request.client_name}[${request.client_address}]`],
  ['client_address', ofRequest('client_address')],
  ['client_name', ofRequest('client_name')],
  ['client_port', ofRequest('client_port')],
  ['reverse_client_name', ofRequest('reverse_client_name')],
  ['helo_name', ofRequest('helo_name')],
  ['sender', ({ sender }) => (sender === '' ? '<>' : (sender ?? ''))],
  ['sender_name', ({ sender }) => (sender === '' ? '<>' : splitMailAddress(sender ?? '').localPart)],
  ['sender_domain', ({ sender }) => splitMailAddress(sender ?? '').domain ?? ''],
  ['recipient', ({ recipient }) => recipient ?? ''],
  ['recipient_name', ({ recipient }) => splitMailAddress(recipient ?? '').localPart],
  ['recipient_domain', ({ recipient }) => splitMailAddress(recipient ?? '').domain ?? ''],
  ['localtime', () => new Date().toString()],
]);

export const RBL_REPLY_NAMES: readonly string[] = ['rbl_code', ...VALUES.keys()];

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The characters of smtpd_expansion_filter, its `\t` and `\ooo` undone. */
function expansionFilter(text: string): ReadonlySet<string> {
  const plain = text.replace(/\\([0-7]{1,3}|.)/g, (_all, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
  return new Set(plain);
}
