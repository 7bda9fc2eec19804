/**
 * check_policy_service with a server that answers: Postfix asks it natively,
 * and Postward asks it in Postfix's place. It is asked the same, and what it
 * answers does the same.
 */
import { describe, expect, it } from 'vitest';
import { parseCase } from '../support/case-file.ts';
import { answering, type Behaviour, startPolicyServer } from '../support/policy-server.ts';
import { requirement } from '../support/requirements.ts';
import { compareReplies } from './reply-comparison.ts';
import { LAYOUTS, runCase } from './run-case.ts';

const postfix = requirement('postfix');

/** By the local part of the sender; each list asks, the client list included. */
const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  dunno: answering('DUNNO'),
  ok: answering('OK'),
  empty: answering(''),
  digits: answering('550'),
  reject: answering('REJECT'),
  'reject-text': answering('reject 5.1.7 we know you'),
  'blank-first': answering(' REJECT'),
  defer: answering('DEFER 4.2.1 come back'),
  code: answering('521 5.7.0 go away'),
  'utf-8': answering('REJECT für dich'),
  'not-utf-8': (connection) => connection.write(Buffer.from('action=REJECT f\xfcr dich\n\n', 'latin1')),
  'if-permit': answering('DEFER_IF_PERMIT not yet'),
  'if-reject': answering('DEFER_IF_REJECT 4.7.9 not yet'),
  hold: answering('HOLD for a look'),
  class: answering('policy_class'),
  restriction: answering('reject_non_fqdn_sender, defer'),
  unknown: answering('no_such_verb'),
  table: answering('check_helo_access static:REJECT'),
  second: (connection) => connection.write('x=y\naction=REJECT first\naction=OK\n\naction=OK\n\n'),
  nul: (connection) => connection.write('action=OK\0REJECT\n\n'),
  none: (connection) => connection.write('x=y\n\n'),
  closed: (connection) => connection.destroy(),
  cut: (connection) => connection.end('action=OK\n'),
  garbage: (connection) => connection.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
};

/** Of a session, not of what is asked: another one each time. */
const CHANGING = /^(?:instance|queue_id|server_port)=.*\n/gm;

const attributes = (request: string): string => request.replace(CHANGING, '');

describe.skipIf(!postfix.isMet)('Postward asks a policy server as Postfix does', () => {
  it('in both layouts, whatever it answers', async () => {
    const server = await startPolicyServer((connection, request) => {
      const sender = /^sender=([^@\n]*)/m.exec(request)?.[1] ?? '';
      (BEHAVIOURS[sender] ?? answering('DUNNO'))(connection, request);
    });
    const probes = Object.keys(BEHAVIOURS).map((name) => `${name} from=${name}@sender.test`);
    const service = (options: string): string =>
      `check_policy_service { inet:127.0.0.1:${server.port}, try_limit=1, ${options} }`;
    const text = `about: a policy server
== main.cf
smtpd_restriction_classes = policy_class
policy_class = check_helo_access inline:{{mail.client.test = REJECT in a class}}
smtpd_policy_service_default_action = 450 4.7.1 nobody there
smtpd_sender_restrictions = ${service('policy_context=strict')}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = ${service('default_action=DUNNO')}, check_recipient_access inline:{no@dest.test=REJECT}
== probes
${probes.join('\n')}
if-reject-no  from=if-reject@sender.test to=no@dest.test
login         from=dunno@sender.test login=alice
null          from= size=1000
two           from=dunno@sender.test to=bob@dest.test|carol@dest.test data=1
smtp          from=dunno@sender.test proto=SMTP helo=x addr=2001:db8::1
`;
    const asked = server.requests;
    const results = await runCase(parseCase('policy-service', text), { layouts: LAYOUTS });
    for (const [layout, delegated] of results.delegated) {
      for (const [id, { replies }] of results.native) {
        for (const [index, native] of replies.entries()) {
          const ours = delegated.get(id)?.replies[index] ?? '';
          const comparison = compareReplies(layout, native, ours);
          expect.soft(comparison.kind, `${id}, ${layout}:\n${native}\n${ours}`).not.toBe('different');
        }
      }
    }
    // Natively, and in each layout: the same questions.
    const runs = LAYOUTS.length + 1;
    expect(asked.length).toBeGreaterThan(probes.length * runs);
    const counts = Map.groupBy(asked, attributes);
    for (const [request, times] of counts) expect.soft(times.length % runs, request).toBe(0);
  });
});
