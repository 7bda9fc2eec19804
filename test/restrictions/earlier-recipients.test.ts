/** With Postfix itself: test/conformance/cases/multi-recipient-bounce*.case. */
import { expect, test } from 'vitest';
import type { Verdict } from '../../src/engine/decision.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';
import { EarlierRecipients } from '../../src/restrictions/earlier-recipients.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';

function request(recipient: string, other: Partial<PolicyRequest> = {}): PolicyRequest {
  const about = { protocol_state: 'RCPT', sender: '', instance: '1.2.3', recipient };
  return Object.assign(new PolicyRequest(), about, other);
}

/** Whether `bob` has others before him, after these answers. */
function isPreceded(...answers: [recipient: string, verdict: Verdict, other?: Partial<PolicyRequest>][]) {
  const earlier = new EarlierRecipients(false);
  for (const [recipient, verdict, other] of answers) earlier.note(request(recipient, other), verdict);
  return earlier.has(request('bob'));
}

test('recipients that were let pass count', () => {
  expect(isPreceded()).toBe(false);
  expect(isPreceded(['alice', 'permit'])).toBe(true);
  expect(isPreceded(['alice', 'discard'])).toBe(true);
  expect(isPreceded(['alice', 'permit'], ['carol', 'reject'])).toBe(true);
});

test.each(['reject', 'defer', 'defer_if_permit'] as const)(
  'those that were refused do not: %s',
  (verdict) => {
    expect(isPreceded(['alice', verdict])).toBe(false);
    expect(isPreceded(['alice', verdict], ['carol', verdict])).toBe(false);
  },
);

test('several lists are asked about one recipient: one refusal is enough', () => {
  expect(isPreceded(['alice', 'permit'], ['alice', 'reject'])).toBe(false);
  expect(isPreceded(['alice', 'defer_if_permit'], ['alice', 'permit'])).toBe(false);
  expect(isPreceded(['alice', 'defer_if_reject'], ['alice', 'permit'])).toBe(true);
  expect(isPreceded(['bob', 'permit'], ['bob', 'permit'])).toBe(false);
  expect(isPreceded(['alice', 'permit'], ['bob', 'permit'])).toBe(true);
});

test('other messages, senders and commands do not count', () => {
  expect(isPreceded(['alice', 'permit', { instance: '1.2.4' }])).toBe(false);
  expect(isPreceded(['alice', 'permit', { instance: '' }])).toBe(false);
  expect(isPreceded(['alice', 'permit', { sender: 'a@sender.test' }])).toBe(false);
  expect(isPreceded(['alice', 'permit', { protocol_state: 'VRFY' }])).toBe(false);
});

test('a queue ID tells whether Postfix has accepted one, whatever was answered here', () => {
  const earlier = new EarlierRecipients(true);
  const told = request('bob', { queue_id: '4F2C11B7A2' });
  expect(earlier.has(told)).toBe(true);
  earlier.note(told, 'reject');
  earlier.note(request('alice', { instance: '1.2.4' }), 'permit');
  expect(earlier.has(request('bob', { instance: '1.2.4' }))).toBe(false);
  expect(new EarlierRecipients(false).has(request('bob', { queue_id: '4F2C11B7A2' }))).toBe(false);
});

test('as long as nobody sends queue IDs, what was answered here counts', () => {
  const earlier = new EarlierRecipients(true);
  earlier.note(request('alice'), 'permit');
  expect(earlier.has(request('bob'))).toBe(true);
});

test('forgets the oldest of very many messages', () => {
  const earlier = new EarlierRecipients(false);
  const first = request('alice', { instance: 'first' });
  earlier.note(first, 'permit');
  for (let index = 0; index < 10_000; index += 1) {
    earlier.note(request('alice', { instance: `later ${index}` }), 'permit');
  }
  expect(earlier.has(request('bob', { instance: 'first' }))).toBe(false);
  expect(earlier.has(request('bob', { instance: 'later 0' }))).toBe(true);
});

test.each([
  ['yes', '550 5.5.3 <>: Sender address rejected: Multi-recipient bounce'],
  ['no', 'permit'],
])(
  'in the sender list, which runs before all recipients with smtpd_delay_reject = no: %s',
  async (isDelayed, reply) => {
    const policy = compilePolicyText(`smtpd_delay_reject = ${isDelayed}
smtpd_sender_restrictions = reject_multi_recipient_bounce
smtpd_recipient_restrictions = check_client_access static:OK, reject
`);
    expect(await policy.reply({ request: { sender: '', queue_id: '4F2C11B7A2' } })).toBe(reply);
  },
);
