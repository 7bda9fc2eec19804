/**
 * What smtpd(8) does besides answering, as it logs it:
 * `NOQUEUE: hold: RCPT from …: <a@b.test>: Sender address look at it; from=<…`.
 */
import { REPLY_CLASSES } from './reply-comparison.ts';

const EFFECT = /^\w+: (hold|filter|redirect|bcc|discard|warn|info): \w+ from \S+: (.*?); (?:from=<|proto=)/;
/** Differs by the list that asked, like the prefix of a reply. */
const SUBJECT = new RegExp(`^<.*?>: (?:${REPLY_CLASSES}) `);

/** `(hold) look at it` for each action in one session's log lines, in order. PREPEND is not logged. */
export function sideEffects(session: readonly string[]): string[] {
  return session.flatMap((message) => {
    const [, verb, text = ''] = EFFECT.exec(message) ?? [];
    return verb === undefined ? [] : [`(${verb}) ${text.replace(SUBJECT, '')}`];
  });
}
