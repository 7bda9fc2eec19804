/**
 * With a real Postfix: a client is accepted; an entry is put over HTTP, and
 * the next mail is refused with the entry's text; the entry is deleted, and
 * mail is accepted again. Nothing is reloaded, and log, audit trail and
 * metrics all tell it.
 */
import { expect, onTestFinished, test } from 'vitest';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { nextLoopbackAddress } from '../support/loopback-address.ts';
import { startPostfix } from '../support/private-postfix.ts';
import { requirement } from '../support/requirements.ts';
import { SmtpSession } from '../support/smtp-session.ts';
import { ApiDaemon } from './api-daemon.ts';

const CLIENT = {
  address: '192.0.2.10',
  name: '[UNAVAILABLE]',
  reverseName: '[UNAVAILABLE]',
  port: '4711',
  login: '',
};

test.skipIf(!requirement('postfix').isMet)('an entry put over HTTP refuses the next mail', async () => {
  const daemon = await ApiDaemon.start();
  onTestFinished(() => daemon.stop());
  const policySocket = daemon.app.listeners[0]?.address;
  if (policySocket?.kind !== 'tcp') throw new Error('no policy socket');
  const address = nextLoopbackAddress();
  const dns = await startFixtureDns({ zone: '', address, port: 53 });
  onTestFinished(() => dns.stop());
  const postfix = await startPostfix({
    mainCf: `\
mydestination = dest.test
local_recipient_maps =
smtpd_recipient_restrictions = reject_unauth_destination,
  check_policy_service { inet:127.0.0.1:${policySocket.port}, default_action=DUNNO }
`,
    address,
    nameserver: address,
    services: { mx: {} },
  });
  onTestFinished(() => postfix.stop());

  /** The reply to RCPT, in a session of its own. */
  const rcpt = async (): Promise<string> => {
    const session = await SmtpSession.open(address, postfix.port('mx'));
    try {
      await session.command('EHLO mail.client.test');
      await session.xclient(CLIENT);
      await session.command('EHLO mail.client.test');
      await session.command('MAIL FROM:<a@sender.test>');
      return await session.command('RCPT TO:<b@dest.test>');
    } finally {
      await session.close();
    }
  };

  const entry = '/v1/lists/reject_client/entries/192.0.2.0%2F24';
  expect(await rcpt()).toMatch(/^250 /);
  const body = { action: 'REJECT 5.7.1 spam run, ticket 7', comment: 'seen at night' };
  expect((await daemon.ask('PUT', entry, { body })).status).toBe(201);
  expect(await rcpt()).toMatch(
    /^554 5\.7\.1 <b@dest\.test>: Recipient address rejected: spam run, ticket 7$/,
  );
  expect((await daemon.ask('DELETE', entry)).status).toBe(200);
  expect(await rcpt()).toMatch(/^250 /);

  const decisions = daemon.log.filter(({ event }) => event === 'decision');
  expect(decisions.map(({ verdict }) => verdict)).toEqual(['permit', 'reject', 'permit']);
  expect(decisions[1]).toMatchObject({
    list: 'client',
    restriction: 'check_client_access',
    table: 'list:reject_client',
    table_value: 'REJECT 5.7.1 spam run, ticket 7',
    client_address: '192.0.2.10',
  });
  expect(
    daemon.log.filter(({ event }) => event === 'list_edited').map(({ operation, keys }) => [operation, keys]),
  ).toEqual([
    ['put', ['192.0.2.0/24']],
    ['remove', ['192.0.2.0/24']],
  ]);
  expect(daemon.log.filter(({ event }) => event === 'snapshot_loaded').length).toBe(1);
  const { records } = (await daemon.ask('GET', '/v1/audit?list=reject_client')).json;
  expect(records).toMatchObject([
    { operation: 'entry.remove', subject: '192.0.2.0/24', before: { action: body.action } },
    {
      operation: 'entry.put',
      subject: '192.0.2.0/24',
      after: { action: body.action, comment: body.comment },
    },
  ]);
  const { text } = await daemon.ask('GET', '/metrics', { token: null });
  expect(text).toMatch(
    /^postward_decisions_total\{.*restriction="check_client_access",verdict="reject".*\} 1$/m,
  );
  expect(text).toMatch(/^postward_list_hits_total\{list="reject_client"\} 1$/m);
  const { decisions: refused } = (await daemon.ask('GET', '/v1/decisions?verdict=reject&client=192.0.2.10'))
    .json;
  expect(refused.length).toBe(1);
});
