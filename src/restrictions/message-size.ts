/**
 * message_size_limit: not a restriction, but what smtpd(8) checks by itself
 * before it runs any list. It compares the SIZE of MAIL FROM (RFC 1870) and
 * counts the bytes of the message; Postfix tells both in the attribute `size`,
 * and by the time it asks has checked them against a limit of its own. So the
 * limit of a policy shows where it is the smaller one, and counts only where
 * the policy itself states it.
 */
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, type Outcome, reject } from '../engine/outcome.ts';
import type { Program } from '../engine/step.ts';
import type { Span } from '../language/source.ts';

export const MESSAGE_SIZE_LIMIT = 'message_size_limit';

/** The words for a SIZE announced, and for a message that has come, as smtpd(8) and cleanup(8) say them. */
const ANNOUNCED: Outcome = Object.freeze(tooBig('Message size exceeds fixed limit'));
const RECEIVED: Outcome = Object.freeze(tooBig('Error: message file too big'));

/**
 * @param limit bytes; 0: no limit
 * @param span where it is set
 */
export function messageSizeCheck(limit: number, span: Span): Program {
  if (limit === 0) return { steps: [] };
  const check = ({ request }: Evaluation): Outcome => {
    if (!(Number(request.size) > limit)) return DUNNO;
    return request.protocol_state === 'END-OF-MESSAGE' ? RECEIVED : ANNOUNCED;
  };
  const text = `${MESSAGE_SIZE_LIMIT} = ${limit}`;
  return { steps: [{ restriction: MESSAGE_SIZE_LIMIT, text, span, check, isFinal: false }] };
}

function tooBig(text: string): Outcome {
  return reject({ code: 552, dsn: '5.3.4', prefix: '', text });
}
