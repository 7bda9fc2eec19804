import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CompiledPolicy, compilePolicyText } from '../support/compiled-policy.ts';
import {
  answering,
  deadPort,
  inOrder,
  type PolicyServer,
  silent,
  startPolicyServer,
} from '../support/policy-server.ts';

/** One smtpd would wait a second between two tries; a test need not, and times are whole seconds. */
const ONE_TRY = 'smtpd_policy_service_try_limit = 1';

function policyAsking(argument: string, lines: readonly string[] = []): CompiledPolicy {
  return compilePolicyText(
    [
      'mydestination = dest.test',
      'smtpd_relay_restrictions =',
      'compatibility_level = 3.6',
      `smtpd_recipient_restrictions = check_policy_service ${argument}`,
      ...lines,
      '',
    ].join('\n'),
  );
}

const at = (server: PolicyServer): string => `inet:127.0.0.1:${server.port}`;

describe('check_policy_service', () => {
  it.each([
    ['DUNNO', 'permit'],
    ['OK', 'permit'],
    ['550', 'permit'],
    ['', 'permit'],
    ['REJECT', '554 5.7.1 <bob@dest.test>: Recipient address rejected: Access denied'],
    ['REJECT 5.1.2 no such place', '554 5.1.2 <bob@dest.test>: Recipient address rejected: no such place'],
    ['defer come back', '450 4.7.1 <bob@dest.test>: Recipient address rejected: come back'],
    ['521 5.7.0 go', '521 5.7.0 <bob@dest.test>: Recipient address rejected: go'],
    ['DEFER_IF_PERMIT later', '450 4.7.1 <bob@dest.test>: Recipient address rejected: later'],
    ['reject_unauth_destination', 'permit'],
    ['permit', 'permit'],
    [
      'defer_if_reject, reject',
      '450 4.7.0 <bob@dest.test>: Recipient address rejected: defer_if_reject requested',
    ],
    ['class', '450 4.3.2 <bob@dest.test>: Recipient address rejected: Try again later'],
    ['no_such_verb', '451 4.3.5 Server configuration error'],
    [' REJECT', '554 5.7.1 <bob@dest.test>: Recipient address rejected: Access denied'],
    ['check_helo_access static:REJECT', '451 4.3.5 Server configuration error'],
    ['DISCARD', 'discard'],
  ])('takes the action %j', async (action, outcome) => {
    const server = await startPolicyServer(answering(action));
    const policy = policyAsking(at(server), ['smtpd_restriction_classes = class', 'class = defer']);
    expect(await policy.reply()).toBe(outcome);
  });

  it('goes on after DUNNO, and stops after OK', async () => {
    const server = await startPolicyServer(
      inOrder(answering('DUNNO'), answering('OK'), answering('HOLD it')),
    );
    const policy = policyAsking(`${at(server)}, reject`);
    const denied = '554 5.7.1 <bob@dest.test>: Recipient address rejected: Access denied';
    expect(await policy.reply()).toBe(denied);
    expect(await policy.reply()).toBe('permit');
    const decision = await policy.decide();
    expect(decision).toMatchObject({ verdict: 'reject', effects: [{ verb: 'HOLD', text: 'it' }] });
  });

  it('blames whom the list around it blames', async () => {
    const server = await startPolicyServer(answering('REJECT no'));
    const policy = compilePolicyText(
      `smtpd_client_restrictions = check_policy_service ${at(server)}\n` +
        `smtpd_helo_restrictions = check_policy_service ${at(server)}\n`,
    );
    expect(await policy.reply({ list: 'client' })).toBe(
      '554 5.7.1 <mail.client.test[192.0.2.10]>: Client host rejected: no',
    );
    expect(await policy.reply({ list: 'helo' })).toBe(
      '554 5.7.1 <mail.client.test>: Helo command rejected: no',
    );
    expect(server.accepted).toBe(1);
  });

  it('is softened by warn_if_reject', async () => {
    const server = await startPolicyServer(answering('REJECT no'));
    const policy = compilePolicyText(
      `smtpd_client_restrictions = warn_if_reject check_policy_service ${at(server)}\n`,
    );
    const decision = await policy.decide({ list: 'client' });
    expect(decision.verdict).toBe('permit');
    expect(decision.warnings).toMatchObject([{ code: 'reject_warning' }]);
  });

  it('passes on what Postfix said, and its own policy_context', async () => {
    const server = await startPolicyServer(answering('DUNNO'));
    const policy = policyAsking(
      `{ ${at(server)}, policy_context=strict }, check_policy_service ${at(server)}`,
    );
    await policy.decide({ request: { policy_context: 'recipient', sasl_username: 'alice' } });
    expect(server.requests).toHaveLength(2);
    expect(server.requests[0]).toMatch(/^request=smtpd_access_policy\nprotocol_state=RCPT\n/);
    expect(server.requests[0]).toContain('\nrecipient=bob@dest.test\n');
    expect(server.requests[0]).toContain('\nsasl_username=alice\n');
    expect(server.requests[0]).toMatch(/\npolicy_context=strict$/);
    expect(server.requests[1]).toMatch(/\npolicy_context=$/);
  });

  it('shows in the trace, and in what decided', async () => {
    const server = await startPolicyServer(answering('REJECT no'));
    const decision = await policyAsking(at(server)).decide();
    const note = { table: at(server), key: 'RCPT', value: 'REJECT no', failure: '' };
    expect(decision.decidedBy?.entry).toEqual(note);
    expect(decision.trace?.at(-1)?.entries[0]?.lookups).toEqual([note]);
  });

  it('finds sockets where smtpd would', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'queue-directory-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await startPolicyServer(answering('REJECT from the socket'), join(directory, 'policy'));
    const policy = policyAsking('unix:policy', [`queue_directory = ${directory}`]);
    expect(await policy.reply()).toContain('from the socket');
  });

  describe('without an answer', () => {
    const problem = '451 4.3.5 <bob@dest.test>: Recipient address rejected: Server configuration problem';

    it('does what Postfix does by default', async () => {
      const decision = await policyAsking(`inet:127.0.0.1:${await deadPort()}`, [ONE_TRY]).decide();
      expect(decision).toMatchObject({ verdict: 'defer', reply: { code: 451, dsn: '4.3.5' } });
      expect(decision.warnings).toMatchObject([
        { code: 'policy_service', message: expect.stringContaining('ECONNREFUSED') },
      ]);
      expect(decision.decidedBy?.entry?.failure).toContain('ECONNREFUSED');
    });

    it.each([
      ['DUNNO', 'permit'],
      [
        '{ default_action = 450 4.7.1 try later }',
        '450 4.7.1 <bob@dest.test>: Recipient address rejected: try later',
      ],
      ['{ default_action = { x } }', '451 4.3.5 Server configuration error'],
      ['reject', '554 5.7.1 <bob@dest.test>: Recipient address rejected: Access denied'],
      ['class', '450 4.3.2 <bob@dest.test>: Recipient address rejected: Try again later'],
      ['no_such_verb', '451 4.3.5 Server configuration error'],
    ])('does what default_action says: %s', async (action, outcome) => {
      const option = action.startsWith('{') ? action : `default_action=${action}`;
      const argument = `{ inet:127.0.0.1:${await deadPort()}, try_limit=1, ${option} }`;
      const policy = policyAsking(argument, ['smtpd_restriction_classes = class', 'class = defer']);
      expect(await policy.reply()).toBe(outcome);
    });

    it('waits for timeout and tries try_limit times', async () => {
      const server = await startPolicyServer(inOrder(silent, answering('REJECT at last')));
      const policy = policyAsking(`{ ${at(server)}, timeout=1s, retry_delay=1, try_limit=2 }`);
      expect(await policy.reply()).toContain('at last');
      expect(server.requests).toHaveLength(2);
    });

    it('lets another server stand in', async () => {
      const server = await startPolicyServer(answering('REJECT by the other'));
      const policy = policyAsking(`{ inet:127.0.0.1:${await deadPort()}, default_action=other }`, [
        ONE_TRY,
        'smtpd_restriction_classes = other',
        `other = warn_if_reject reject, check_policy_service ${at(server)}`,
      ]);
      expect(await policy.reply()).toContain('by the other');
    });

    it('lets none stand in for one that stands in', async () => {
      const dead = await deadPort();
      const policy = policyAsking(`inet:127.0.0.1:${dead}`, [
        ONE_TRY,
        'smtpd_policy_service_default_action = other',
        'smtpd_restriction_classes = other inner',
        'other = inner',
        `inner = check_policy_service { inet:127.0.0.1:${dead}, max_idle=1s }`,
      ]);
      const decision = await policy.decide();
      expect(decision.warnings).toHaveLength(2);
      expect(await policy.reply()).toBe(problem);
    });

    it('knows default_action again after a list that stood in', async () => {
      const dead = `inet:127.0.0.1:${await deadPort()}`;
      const policy = policyAsking(`{ ${dead}, default_action=pass }, check_policy_service ${dead}`, [
        ONE_TRY,
        'smtpd_policy_service_default_action = 450 4.7.1 mine',
        'smtpd_restriction_classes = pass',
        'pass = warn_if_reject reject',
      ]);
      expect(await policy.reply()).toBe('450 4.7.1 <bob@dest.test>: Recipient address rejected: mine');
    });

    it('takes an answer that is not UTF-8 for none, unless smtputf8_enable is off', async () => {
      const server = await startPolicyServer((connection) =>
        connection.write(Buffer.from('action=REJECT f\xfcr\n\n', 'latin1')),
      );
      expect(await policyAsking(at(server)).reply()).toBe(problem);
      expect(server.requests).toHaveLength(1);
      expect(await policyAsking(at(server), ['smtputf8_enable = no']).reply()).toContain('554 5.7.1');
    });
  });

  describe('refuses', () => {
    it.each([
      ['{ inet:127.0.0.1:1, timeout=0 }', 'timeout must be a time, such as 10s, of at least 1'],
      ['{ inet:127.0.0.1:1, timeout=10x }', 'timeout must be a time, such as 10s, of at least 1'],
      ['{ inet:127.0.0.1:1, try_limit=0 }', 'try_limit must be a number of at least 1'],
      ['{ inet:127.0.0.1:1, request_limit=-1 }', 'request_limit must be a number of at least 0'],
      ['{ inet:127.0.0.1:1, timeuot=10s }', 'unknown option `timeuot`'],
      ['{ inet:127.0.0.1:1, timeout = 10s }', '`timeout` is no option'],
      ['{ inet:127.0.0.1:1, {timeout=1s}x }', '`{timeout=1s}x` is no option'],
      ['{ inet:127.0.0.1:1, policy_context= }', 'the option policy_context is empty'],
      ['{ inet:127.0.0.1:1, default_action= }', 'the option default_action is empty'],
      ['{ inet:127.0.0.1:1 }x', 'there is text after its `}`'],
      ['{ , timeout=10s:1 }', '`timeout=10s:1` is no address of a policy server'],
      ['tcp:127.0.0.1:10023', '`tcp:127.0.0.1:10023` is no address of a policy server'],
      ['inet:127.0.0.1:policy', '`inet:127.0.0.1:policy` is no address of a policy server'],
    ])('%s', async (argument, message) => {
      const policy = policyAsking(argument);
      expect(policy.errors.map((each) => each.message)).toContain(`check_policy_service: ${message}`);
      expect(policy.errors.every(({ span }) => span !== undefined)).toBe(true);
      expect(await policy.reply()).toBe('451 4.3.5 Server configuration error');
    });

    it('parameters that make no sense', async () => {
      const policy = policyAsking('inet:127.0.0.1:1', [
        'smtpd_policy_service_try_limit = 0',
        'smtpd_policy_service_timeout = soon',
      ]);
      expect(policy.errors.map(({ message }) => message)).toEqual([
        'check_policy_service: try_limit must be a number of at least 1',
        'smtpd_policy_service_timeout cannot be `soon`',
      ]);
    });
  });

  it('takes all its options', () => {
    const options = [
      'timeout=1m',
      'max_idle=2h',
      'max_ttl=1d',
      'retry_delay=1w',
      'request_limit=0',
      'try_limit=3',
      '{ default_action = REJECT a = b, c }',
      '{policy_context=x y}',
    ];
    expect(policyAsking(`{ inet:127.0.0.1:1, ${options.join(', ')} }`).errors).toEqual([]);
  });
});
