/**
 * The answer of a policy server, read as smtpd(8) reads it
 * (attr_scan_plain(3)): lines up to an empty one, of which the first `action`
 * counts; everything else is passed over. Lines end in LF alone: an answer
 * with CRLF never ends.
 */
import { isUtf8 } from 'node:buffer';

export interface PolicyAnswer {
  /** An access(5) action; may be empty. What is malformed in it became U+FFFD. */
  readonly action: string;
  /** False if the action is not UTF-8, which Postfix refuses while smtputf8_enable is on. */
  readonly isUtf8: boolean;
}

/** There is no answer, and why. */
export class ServiceFailure {
  /** For a log line, lower-case. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Where the empty line of an answer is; -1 if it has not come. @param from where to look from */
export function endOfAnswer(text: string, from: number): number {
  if (text.startsWith('\n')) return 0;
  const end = text.indexOf('\n\n', Math.max(0, from - 1));
  return end < 0 ? -1 : end + 1;
}

/** Reads the lines before the empty one, given as Latin-1 characters of their bytes. */
export function readPolicyAnswer(lines: string): PolicyAnswer | ServiceFailure {
  for (const line of lines.split('\n')) {
    const equals = line.indexOf('=');
    const name = equals < 0 ? line : line.slice(0, equals);
    if (upToNul(name) !== 'action') continue;
    if (equals < 0) return new ServiceFailure('it answered `action` without a value');
    const bytes = Buffer.from(upToNul(line.slice(equals + 1)), 'latin1');
    return { action: bytes.toString('utf8'), isUtf8: isUtf8(bytes) };
  }
  return new ServiceFailure('it answered without an action');
}

/** As much of it as Postfix sees. */
function upToNul(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}
