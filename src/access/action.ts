/**
 * The right-hand sides of access(5) tables, parsed once: what a value says,
 * not what it does to a request (restrictions/access-result.ts does that).
 * The same parser serves evaluation, `check` and list edits.
 */
import { splitDsn } from './dsn.ts';

/** One row per verb: the table that parser, checks and documentation derive from. */
export interface ActionRow {
  readonly verb: string;
  readonly kind: AccessAction['kind'];
  readonly argument:
    | 'none'
    | '[dsn] [text]'
    | 'dsn text'
    | 'text'
    | 'header: value'
    | 'transport:nexthop'
    | 'user@domain';
  readonly summary: string;
}

export const ACTIONS = [
  { verb: 'OK', kind: 'permit', argument: 'none', summary: 'Permit: ends the list this check stands in.' },
  { verb: 'RELAY', kind: 'permit', argument: 'none', summary: 'The same as OK.' },
  {
    verb: 'DUNNO',
    kind: 'dunno',
    argument: 'none',
    summary: 'Pretend that the search string was not found, and stop searching this table.',
  },
  {
    verb: 'REJECT',
    kind: 'reject',
    argument: '[dsn] [text]',
    summary: 'Refuse with access_map_reject_code (554).',
  },
  {
    verb: 'DEFER',
    kind: 'defer',
    argument: '[dsn] [text]',
    summary: 'Refuse for now with access_map_defer_code (450).',
  },
  {
    verb: 'DEFER_IF_PERMIT',
    kind: 'defer_if_permit',
    argument: '[dsn] [text]',
    summary: 'Refuse for now if a later restriction would permit.',
  },
  {
    verb: 'DEFER_IF_REJECT',
    kind: 'defer_if_reject',
    argument: '[dsn] [text]',
    summary: 'Refuse for now if a later restriction would reject.',
  },
  { verb: 'BCC', kind: 'effect', argument: 'user@domain', summary: 'Send a copy to this address.' },
  {
    verb: 'DISCARD',
    kind: 'effect',
    argument: 'text',
    summary: 'Accept and throw away; skips all other restrictions.',
  },
  {
    verb: 'FILTER',
    kind: 'effect',
    argument: 'transport:nexthop',
    summary: 'Send the message through this content filter.',
  },
  { verb: 'HOLD', kind: 'effect', argument: 'text', summary: 'Put the message on the hold queue.' },
  { verb: 'INFO', kind: 'effect', argument: 'text', summary: 'Log the text; undecided.' },
  { verb: 'PREPEND', kind: 'effect', argument: 'header: value', summary: 'Add this header to the message.' },
  { verb: 'REDIRECT', kind: 'effect', argument: 'user@domain', summary: 'Deliver to this address instead.' },
  { verb: 'WARN', kind: 'effect', argument: 'text', summary: 'Log a warning with the text; undecided.' },
] as const satisfies readonly ActionRow[];

export type EffectVerb = Extract<(typeof ACTIONS)[number], { kind: 'effect' }>['verb'];

export type AccessAction =
  | { readonly kind: 'permit' }
  | { readonly kind: 'dunno' }
  /** REJECT, DEFER, DEFER_IF_*: the code is the policy's; text is never ''. */
  | {
      readonly kind: 'reject' | 'defer' | 'defer_if_permit' | 'defer_if_reject';
      readonly dsn: string;
      readonly text: string;
    }
  /** `4NN text` and `5NN text`. */
  | { readonly kind: 'code'; readonly code: number; readonly dsn: string; readonly text: string }
  | { readonly kind: 'effect'; readonly verb: EffectVerb; readonly text: string }
  /** A verb whose argument makes no sense: smtpd warns and goes on. */
  | { readonly kind: 'malformed'; readonly verb: EffectVerb; readonly expected: string }
  /** Anything else: a list of restrictions, evaluated in place. */
  | { readonly kind: 'list'; readonly text: string }
  /** Nothing at all: permits, with a warning (smtpd's dark ages). */
  | { readonly kind: 'empty' };

const ROWS: ReadonlyMap<string, ActionRow> = new Map(ACTIONS.map((row) => [row.verb, row]));

/** RFC 5322 §2.2 as is_header(3) reads it: a name of visible characters, then a colon. */
const HEADER = /^[!-9;-~]+[ \t]*:/;

const MALFORMED: Readonly<Partial<Record<EffectVerb, (text: string) => string | undefined>>> = {
  FILTER: (text) => (text.includes(':') ? undefined : 'transport:nexthop'),
  REDIRECT: (text) => (text.includes('@') ? undefined : 'user@domain'),
  BCC: (text) => (text.includes('@') ? undefined : 'user@domain'),
  PREPEND: (text) => (HEADER.test(text) ? undefined : 'header: value'),
};

/**
 * Parses a right-hand side as check_table_result() of smtpd(8) does. Verbs are
 * case-insensitive; a value of digits only permits, also `550`.
 */
export function parseAction(value: string): AccessAction {
  const end = value.search(/[ \t]/);
  const word = end < 0 ? value : value.slice(0, end);
  const rest = end < 0 ? '' : value.slice(end).trimStart();
  const row = ROWS.get(word.toUpperCase());
  switch (row?.kind) {
    case 'permit':
      return { kind: 'permit' };
    case 'dunno':
      return { kind: 'dunno' };
    case 'reject':
      return refusal('reject', rest, '5.7.1', 'Access denied');
    case 'defer':
      return refusal('defer', rest, '4.7.1', 'Access denied');
    case 'defer_if_permit':
    case 'defer_if_reject':
      return refusal(row.kind, rest, '4.7.1', 'Service unavailable');
    case 'effect': {
      const verb = row.verb as EffectVerb;
      const expected = MALFORMED[verb]?.(rest);
      return expected === undefined
        ? { kind: 'effect', verb, text: rest }
        : { kind: 'malformed', verb, expected };
    }
    default:
      return parseOther(value, word, rest);
  }
}

function parseOther(value: string, word: string, rest: string): AccessAction {
  if (/^\d+$/.test(value)) return { kind: 'permit' };
  if (/^[45]\d\d$/.test(word) && rest !== '') {
    const { dsn, text } = splitDsn(rest, `${word[0]}.7.1`);
    return { kind: 'code', code: Number(word), dsn, text: text === '' ? 'Access denied' : text };
  }
  return /^[\s,]*$/.test(value) ? { kind: 'empty' } : { kind: 'list', text: value };
}

function refusal(
  kind: 'reject' | 'defer' | 'defer_if_permit' | 'defer_if_reject',
  rest: string,
  defaultDsn: string,
  defaultText: string,
): AccessAction {
  const { dsn, text } = splitDsn(rest, defaultDsn);
  return { kind, dsn, text: text === '' ? defaultText : text };
}
