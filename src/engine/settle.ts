/**
 * The one door by which every rejection leaves: code and DSN are validated and
 * made to agree, and the deferral that stands in for it is applied. What
 * warn_if_reject means is decided before (evaluate.ts).
 */
import type { Reply } from './outcome.ts';

/** RFC 3463 §2: class "." subject "." detail. */
const DSN = /^[245]\.\d{1,3}\.\d{1,3}$/;

/** What smtpd sends in place of a reply whose code or DSN is not one. */
const GENERIC: Reply = { code: 450, dsn: '4.7.1', prefix: '', text: 'Service unavailable' };

/** True for an enhanced status code of RFC 3463. */
function isDsn(text: string): boolean {
  return DSN.test(text);
}

/**
 * @param deferIfReject the reply that replaces a 5xx one, if that flag is up
 * @param isSoftBounce main.cf soft_bounce
 */
export function settle(reply: Reply, deferIfReject: Reply | undefined, isSoftBounce: boolean): Reply {
  let settled = isValid(reply) ? reply : GENERIC;
  if (settled.code >= 500 && deferIfReject !== undefined) {
    settled = isValid(deferIfReject) ? deferIfReject : GENERIC;
  }
  const code = isSoftBounce && settled.code >= 500 ? settled.code - 100 : settled.code;
  const dsn = `${Math.trunc(code / 100)}${settled.dsn.slice(1)}`;
  if (code === settled.code && dsn === settled.dsn) return settled;
  return { ...settled, code, dsn };
}

function isValid(reply: Reply): boolean {
  return reply.code >= 400 && reply.code <= 599 && isDsn(reply.dsn);
}
