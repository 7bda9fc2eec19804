/**
 * The protocol of tcp_table(5): `get KEY` one way, `200 VALUE`, `400 TEXT` or
 * `500 TEXT` the other way, each a line, with `%XX` for what is not plain.
 */
import { cText } from './c-text.ts';
import { NoAnswer } from './connection.ts';
import type { MessageFormat } from './stream-connection.ts';

/** Postfix's limit, line end included. */
const MAX_LINE_BYTES = 4096;

const NEWLINE = 10;

/** null: there is nothing. */
export const TCP_REPLY: MessageFormat<string | null> = {
  maxBytes: MAX_LINE_BYTES,
  read: (received) => {
    const end = received.indexOf(NEWLINE);
    if (end < 0) return undefined;
    if (end >= MAX_LINE_BYTES) throw new Error(`its answer is larger than ${MAX_LINE_BYTES} bytes`);
    return { answer: readReply(received.toString('latin1', 0, end)), size: end + 1 };
  },
};

export function tcpRequest(key: string): Buffer {
  return Buffer.from(`get ${percentEncode(key)}\n`, 'latin1');
}

/** @throws Error for a line that is malformed: the connection is of no more use */
function readReply(line: string): string | null | NoAnswer {
  const found = /^([0-9])[0-9]{2}[ \t\v\f\r](.*)$/s.exec(line);
  const text = percentDecode(found?.[2] ?? '%');
  if (found === null || text === undefined) throw new Error('its answer is malformed');
  switch (found[1]) {
    case '2':
      return text;
    case '5':
      return null;
    case '4':
      return new NoAnswer(`it answered ${line.slice(0, 200)}`);
    default:
      throw new Error(`it answered with the unknown code ${line.slice(0, 3)}`);
  }
}

/** Printable ASCII stays, except `%` and the blank. */
function percentEncode(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^!-$&-~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** undefined for a `%` without two hexadecimal digits. */
function percentDecode(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const bytes = text.replace(/%(..)/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return cText(Buffer.from(bytes, 'latin1'));
}
