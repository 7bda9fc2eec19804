/** Runs a probe of a case against a server and keeps what it answered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Probe } from './case-file.ts';
import { CERTIFICATES } from './private-postfix.ts';
import { SmtpSession } from './smtp-session.ts';

/** Replies that a policy decides. */
const DECIDED = ['RCPT', 'DATA', 'END', 'VRFY', 'ETRN'];

/** Replies after which smtpd hangs up (RFC 5321 section 3.8, RFC 7504). */
const FAREWELL = /^(?:421|521)/;

/**
 * One session. The replies to RCPT and all that follows, or the last one if the session did not get so far; queue ids,
 * which are random, as `QID`.
 */
export async function runProbe(probe: Probe, host: string, port: number): Promise<string[]> {
  const session = await SmtpSession.open(host, port, probe.via);
  const replies: { stage: string; text: string }[] = [];
  const say = async (stage: string, line: string): Promise<boolean> => {
    if (FAREWELL.test(replies.at(-1)?.text ?? '')) return false;
    const text = await session.command(line);
    replies.push({ stage, text: text.replace(/queued as \w+/, 'queued as QID') });
    return /^[23]/.test(text);
  };
  try {
    if (probe.tls !== undefined) {
      await session.command('EHLO before-tls.test');
      await session.startTls(certificate(probe.tls));
    }
    const text = await session.xclient(probe.client);
    replies.push({ stage: 'XCLIENT', text });
    if (text.startsWith('220')) await talk(probe, say);
  } finally {
    await session.close();
  }
  const decided = replies.filter(({ stage }) => DECIDED.includes(stage));
  return (decided.length > 0 ? decided : replies.slice(-1)).map((reply) => reply.text);
}

function certificate(name: string): string | undefined {
  return name === 'none' ? undefined : readFileSync(join(CERTIFICATES, `${name}.pem`), 'utf8');
}

async function talk(probe: Probe, say: (stage: string, line: string) => Promise<boolean>): Promise<void> {
  if (probe.helo !== undefined && !(await say('HELO', `${probe.greeting} ${probe.helo}`))) return;
  for (const command of probe.before) await say('BEFORE', command);
  if (probe.verb !== undefined) {
    await say(probe.verb, `${probe.verb} ${probe.recipients[0]}`);
    return;
  }
  const size = probe.size === '' ? '' : ` SIZE=${probe.size}`;
  const parameters = probe.mailParameters === '' ? '' : ` ${probe.mailParameters}`;
  if (!(await say('MAIL', `MAIL FROM:<${probe.sender}>${size}${parameters}`))) return;
  let isAnyAccepted = false;
  for (const recipient of probe.recipients) {
    if (await say('RCPT', `RCPT TO:<${recipient}>`)) isAnyAccepted = true;
  }
  if (isAnyAccepted && probe.bodyBytes > 0 && (await say('DATA', 'DATA'))) {
    const body = `${'x'.repeat(70)}\r\n`.repeat(Math.ceil(probe.bodyBytes / 72));
    await say('END', `Subject: probe\r\n\r\n${body}.`);
  }
}
