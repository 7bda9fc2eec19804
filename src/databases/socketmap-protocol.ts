/**
 * The protocol of Sendmail's socketmap, socketmap_table(5): netstrings, which
 * hold `name key` one way and `OK data`, `NOTFOUND`, `TEMP`, `TIMEOUT` or `PERM`
 * with a reason the other way.
 */
import { cText } from './c-text.ts';
import { NoAnswer } from './connection.ts';
import type { MessageFormat } from './stream-connection.ts';

/** Postfix's limit. */
const MAX_REPLY_BYTES = 100_000;

/** null: there is nothing. */
export const SOCKETMAP_REPLY: MessageFormat<string | null> = {
  maxBytes: MAX_REPLY_BYTES + 10,
  read: (received) => {
    const colon = received.indexOf(':');
    const head = received.toString('latin1', 0, colon < 0 ? Math.min(received.length, 10) : colon);
    if (!/^\d{0,9}$/.test(head) || (colon >= 0 && head === '')) throw new Error('its answer is no netstring');
    if (colon < 0) return undefined;
    const length = Number(head);
    if (length > MAX_REPLY_BYTES) throw new Error(`its answer is larger than ${MAX_REPLY_BYTES} bytes`);
    const end = colon + 1 + length;
    if (received.length <= end) return undefined;
    if (received[end] !== COMMA) throw new Error('its answer is no netstring');
    return { answer: readReply(cText(received.subarray(colon + 1, end))), size: end + 1 };
  },
};

const COMMA = 44;

export function socketmapRequest(name: string, key: string): Buffer {
  const payload = Buffer.from(`${name} ${key}`);
  return Buffer.concat([Buffer.from(`${payload.length}:`), payload, Buffer.from(',')]);
}

/** `OK` without a blank after it finds nothing, as with Postfix 3.7. */
function readReply(payload: string): string | null | NoAnswer {
  const blank = payload.indexOf(' ');
  const status = blank < 0 ? payload : payload.slice(0, blank);
  const text = blank < 0 ? null : payload.slice(blank + 1);
  switch (status) {
    case 'OK':
      return text;
    case 'NOTFOUND':
      return null;
    case 'TEMP':
    case 'TIMEOUT':
    case 'PERM':
      return new NoAnswer(`it answered ${status}${reason(text)}`);
    default:
      return new NoAnswer(`it answered neither OK nor NOTFOUND${reason(payload)}`);
  }
}

function reason(text: string | null): string {
  const trimmed = (text ?? '').trim().slice(0, 200);
  return trimmed === '' ? '' : `: ${trimmed}`;
}
