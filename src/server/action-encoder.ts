/**
 * From a decision to the bytes of a policy answer: an access(5) action that
 * says to Postfix what was decided, and the `action=…` lines that carry it.
 *
 * Replies are sent as `CODE DSN TEXT`: `REJECT` and `DEFER` would take the
 * codes of the asking Postfix's access_map_*_code instead. DEFER_IF_PERMIT and
 * DEFER_IF_REJECT do. For one list of several, that a later one can still
 * reject counts for more than the code.
 */
import type { ZoneMask } from '../dns/zone-mask.ts';
import type { Reply, SideEffect } from '../engine/outcome.ts';
import type { Ruling } from '../snapshot/decider.ts';

export interface ActionOptions {
  /** What a permit is answered. `OK` also skips what follows in Postfix's own list. */
  readonly permitAction: 'DUNNO' | 'OK';
  /** Hides keys in replies, which go to the client. Default: hides nothing. */
  readonly mask?: ZoneMask | undefined;
}

/** What is answered when nothing could be decided: deferred, unless Postfix itself rejects. */
export const DEFAULT_FAIL_ACTION = 'DEFER_IF_PERMIT 4.3.5 Server configuration error';

/**
 * As much as is ever sent. An SMTP reply line has 512 octets (RFC 5321
 * §4.5.3.1.5); keeping to that is Postfix's business, and Postfix 3.7 sends an
 * author's longer text whole, with or without us.
 */
const MAX_ACTION_BYTES = 4096;

/** As much of a ruling as the answer depends on. */
type Answered = Pick<Ruling, 'decision' | 'list' | 'accessMapDeferCode'>;

/** The access(5) action for what was decided. */
export function actionFor({ decision, list, accessMapDeferCode }: Answered, options: ActionOptions): string {
  const { verdict, effects } = decision;
  const reply = masked(decision.reply, options.mask);
  switch (verdict) {
    case 'permit': {
      const effect = answerable(effects);
      return effect === undefined ? options.permitAction : withText(effect);
    }
    case 'discard': {
      const effect = effects.find(({ verb }) => verb === 'DISCARD');
      return effect === undefined ? 'DISCARD' : withText(effect);
    }
    case 'reject':
    case 'defer':
      return replyAction(reply, undefined, 'Access denied');
    case 'defer_if_permit': {
      const isSayable = list !== undefined || reply?.code === accessMapDeferCode;
      return replyAction(reply, isSayable ? 'DEFER_IF_PERMIT' : undefined, 'Service unavailable');
    }
    case 'defer_if_reject':
      return replyAction(reply, 'DEFER_IF_REJECT', 'Service unavailable');
  }
}

/**
 * The answer as it goes to the socket. Whatever the action holds, the result
 * is one `action=` line with a verb at its beginning, and an empty line:
 * Postfix takes an empty action for a permit and leading blanks for a list of
 * restrictions.
 */
export function encodeAction(action: string): string {
  if (action === 'DUNNO') return 'action=DUNNO\n\n';
  if (CLEAN.test(action)) return `action=${action}\n\n`;
  const text = cutUtf8(clean(action), MAX_ACTION_BYTES);
  return `action=${text === '' ? DEFAULT_FAIL_ACTION : text}\n\n`;
}

/** Nearly all actions: nothing to repair. */
const CLEAN = /^[!-~][ -~]{0,510}$/;

const CONTROL = /\p{Cc}/gu;

/** As smtpd makes texts printable, and without blanks before. */
function clean(text: string): string {
  return text.toWellFormed().replaceAll(CONTROL, ' ').trimStart();
}

/**
 * Postfix takes one action an answer. What changes the message goes before
 * what only logs; of FILTER and REDIRECT the last one counts, as in smtpd.
 */
function answerable(effects: readonly SideEffect[]): SideEffect | undefined {
  if (effects.length === 0) return undefined;
  const first = effects.find(({ verb }) => verb !== 'INFO' && verb !== 'WARN') ?? effects[0];
  if (first?.verb !== 'FILTER' && first?.verb !== 'REDIRECT') return first;
  return effects.findLast(({ verb }) => verb === first.verb);
}

function withText({ verb, text }: SideEffect): string {
  return text === '' ? verb : `${verb} ${text}`;
}

function masked(reply: Reply | undefined, mask: ZoneMask | undefined): Reply | undefined {
  if (reply === undefined || mask === undefined) return reply;
  const text = mask.text(reply.text);
  return text === reply.text ? reply : { ...reply, text };
}

/** @param verb the action to send instead of the code */
function replyAction(reply: Reply | undefined, verb: string | undefined, defaultText: string): string {
  if (reply === undefined) return DEFAULT_FAIL_ACTION;
  const { code, dsn } = reply;
  // The DSN is always given, so that no text is taken for one, and never alone: Postfix 3.7 reads on behind its end.
  const text = cutUtf8(clean(reply.text) || defaultText, MAX_ACTION_BYTES - `${code} ${dsn} `.length);
  return `${verb ?? code} ${dsn} ${text}`;
}

/** The beginning of a well-formed text that takes no more than so many bytes of UTF-8. */
function cutUtf8(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text);
  let end = maxBytes;
  // 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
