/** What a real smtpd makes of our answers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionFor } from '../../src/server/action-encoder.ts';
import { listen, type PolicyListener } from '../../src/server/policy-listener.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';
import { nextLoopbackAddress } from '../support/loopback-address.ts';
import { type PrivatePostfix, startPostfix } from '../support/private-postfix.ts';
import { requirement } from '../support/requirements.ts';
import { sampleRuling } from '../support/sample-decision.ts';
import { SmtpSession } from '../support/smtp-session.ts';
import { LOOPBACK, RecordedEvents } from './policy-client.ts';

const postfix = requirement('postfix');

function reply(code: number, dsn: string, text: string) {
  return { code, dsn, text, prefix: '' };
}

const OPTIONS = { permitAction: 'DUNNO' } as const;

/** Local part of the recipient → action and reply; `…` stands for the prefix that smtpd puts before. */
const ANSWERS: Readonly<Record<string, readonly [action: string, reply: string]>> = {
  permit: [actionFor(sampleRuling({ verdict: 'permit', reply: undefined }), OPTIONS), '250 2.1.5 Ok'],
  reject: [
    actionFor(sampleRuling({ verdict: 'reject', reply: reply(550, '5.7.27', 'no mail') }), OPTIONS),
    '550 5.7.27 … no mail',
  ],
  'like-a-dsn': [
    actionFor(sampleRuling({ verdict: 'reject', reply: reply(554, '5.7.1', '5.0.0 zero') }), OPTIONS),
    '554 5.7.1 … 5.0.0 zero',
  ],
  textless: [
    actionFor(sampleRuling({ verdict: 'reject', reply: reply(554, '5.3.2', '\0 ') }), OPTIONS),
    '554 5.3.2 … Access denied',
  ],
  defer: [
    actionFor(sampleRuling({ verdict: 'defer', reply: reply(450, '4.3.2', 'Try again later') }), OPTIONS),
    '450 4.3.2 … Try again later',
  ],
  'defer-if-permit': [
    actionFor(
      sampleRuling({ verdict: 'defer_if_permit', reply: reply(450, '4.7.1', 'maybe\nlater') }),
      OPTIONS,
    ),
    '450 4.7.1 … maybe later',
  ],
  'defer-if-permit-451': [
    actionFor(sampleRuling({ verdict: 'defer_if_permit', reply: reply(451, '4.3.0', 'lookup') }), OPTIONS),
    '451 4.3.0 … lookup',
  ],
  'defer-if-reject': [
    actionFor(sampleRuling({ verdict: 'defer_if_reject', reply: reply(450, '4.7.1', 'not yet') }), OPTIONS),
    // Nothing rejects it.
    '250 2.1.5 Ok',
  ],
  hold: [
    actionFor(
      sampleRuling({ verdict: 'permit', reply: undefined, effects: [{ verb: 'HOLD', text: '' }] }),
      OPTIONS,
    ),
    '250 2.1.5 Ok',
  ],
  'no-action': ['', '450 4.3.5 … Server configuration error'],
  blanks: [' \t554 5.7.1 blanks', '554 5.7.1 … blanks'],
  utf8: ['554 5.7.1 お断り', '554 5.7.1 … お断り'],
  long: [
    actionFor(sampleRuling({ verdict: 'reject', reply: reply(554, '5.7.1', 'é'.repeat(5000)) }), OPTIONS),
    `554 5.7.1 … ${'é'.repeat(2043)}`,
  ],
};

describe.skipIf(!postfix.isMet)('answers as smtpd reads them', () => {
  const address = nextLoopbackAddress();
  const events = new RecordedEvents();
  const instances = new Set<string>();
  let dns: FixtureDns;
  let listener: PolicyListener;
  let server: PrivatePostfix;

  beforeAll(async () => {
    dns = await startFixtureDns({ zone: '', address, port: 53 });
    listener = await listen({
      address: LOOPBACK,
      decide: ({ recipient, instance }) => {
        instances.add(instance);
        return ANSWERS[recipient.split('@', 1)[0] ?? '']?.[0] ?? 'REJECT unexpected';
      },
      events,
    });
    const { port } = listener.address as { port: number };
    server = await startPostfix({
      mainCf: `
relay_domains = dest.test
smtpd_relay_restrictions =
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:${port}, permit_auth_destination, reject
`,
      address,
      nameserver: address,
      services: { delegated: {} },
    });
  });

  afterAll(async () => {
    await server?.stop();
    await listener?.close(0);
    await dns?.stop();
  });

  it('all on one connection', async () => {
    const session = await SmtpSession.open(address, server.port('delegated'));
    await session.command('EHLO client.test');
    const replies: Record<string, string> = {};
    for (const name of Object.keys(ANSWERS)) {
      await session.command('MAIL FROM:<alice@sender.test>');
      const text = await session.command(`RCPT TO:<${name}@dest.test>`);
      replies[name] = text.replace(`<${name}@dest.test>: Recipient address rejected:`, '…');
      await session.command('RSET');
    }
    await session.close();
    expect(replies).toEqual(
      Object.fromEntries(Object.entries(ANSWERS).map(([name, [, text]]) => [name, text])),
    );
    // smtpd kept the connection, and so did we.
    expect(events.log).toEqual(['opened']);
    expect(instances.size).toBe(Object.keys(ANSWERS).length);
  });

  it('and finds us again after a restart on the same port', async () => {
    const { port } = listener.address as { port: number };
    const ask = async (): Promise<string> => {
      const session = await SmtpSession.open(address, server.port('delegated'));
      await session.command('EHLO client.test');
      await session.command('MAIL FROM:<alice@sender.test>');
      const text = await session.command('RCPT TO:<permit@dest.test>');
      await session.close();
      return text;
    };
    expect(await ask()).toBe('250 2.1.5 Ok');
    await listener.close(1000);
    listener = await listen({
      address: { ...LOOPBACK, port } as typeof LOOPBACK,
      decide: () => 'DUNNO',
      events,
    });
    expect(await ask()).toBe('250 2.1.5 Ok');
    // It was closed in an orderly way, and nothing else happened.
    expect(events.log.filter((line) => !/^opened$|^closed shutdown \d+$/.test(line))).toEqual([]);
    expect(events.log.at(-1)).toBe('opened');
  });
});
