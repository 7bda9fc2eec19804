/**
 * Bytes that must be UTF-8. Decoders put U+FFFD in the place of others: text
 * that nobody wrote, and that nobody can turn back.
 */
import { isUtf8 } from 'node:buffer';

const LINE_FEED = 0x0a;

export interface NotUtf8 {
  /** The first line that is none, from 1. */
  readonly line: number;
}

export function utf8Text(bytes: Buffer): string | NotUtf8 {
  if (isUtf8(bytes)) return bytes.toString();
  let line = 1;
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return { line };
    start = end + 1;
  }
}
