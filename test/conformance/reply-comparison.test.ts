import { describe, expect, it } from 'vitest';
import type { Layout } from '../support/policy-layout.ts';
import { compareReplies } from './reply-comparison.ts';

const RCPT = '<b@d.test>: Recipient address rejected:';

describe('compareReplies', () => {
  it.each<[Layout, string, string, string]>([
    ['per list', '250 2.1.5 Ok', '250 2.1.5 Ok', 'same'],
    ['per list', '(hold) first', '(hold) first', 'same'],
    ['per list', '(hold) first', '', 'reason'],
    ['per list', '', '(hold) first', 'reason'],
    ['per list', `554 5.7.1 ${RCPT} no`, `554 5.7.1 ${RCPT} no`, 'same'],
    ['per list', '250 2.1.5 Ok', `554 5.7.1 ${RCPT} no`, 'code'],
    ['per list', `554 5.7.1 ${RCPT} no`, `554 5.7.0 ${RCPT} no`, 'dsn'],
    ['per list', `554 5.7.1 ${RCPT} no`, `554 5.7.1 ${RCPT} yes`, 'reason'],
    ['per list', `554 5.7.1 ${RCPT} no`, '554 5.7.1 <c@d.test>: Recipient address rejected: no', 'prefix'],
    [
      'per list',
      '554 5.7.1 <a>: Helo command rejected: no',
      '554 5.7.1 <b>: Helo command rejected: no',
      'prefix',
    ],
    ['per list', '554 5.7.1 <a>: Helo command rejected: no', `554 5.7.1 ${RCPT} no`, "another list's prefix"],
    ['single', '554 5.7.1 <a>: Helo command rejected: no', `554 5.7.1 ${RCPT} no`, "another list's prefix"],
    ['single', '554 5.7.1 <a>: Helo command rejected: no', '554 5.7.1 no', 'prefix'],
    ['per list', '450 4.1.0 <a>: Sender address rejected:', `450 4.1.0 ${RCPT}`, "another list's prefix"],
    ['per list', '450 4.1.0 <a>: Sender address rejected:', `450 4.1.0 ${RCPT} no`, 'reason'],
    ['per list', '450 4.1.0 <a@d.test>: Recipient address rejected:', `450 4.1.0 ${RCPT}`, 'prefix'],
    [
      'per list',
      '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.test',
      '554 5.7.1 <x[192.0.2.1]>: Client host rejected: Service unavailable; Client host [192.0.2.1] blocked using bl.test',
      'a DNS list',
    ],
    [
      'per list',
      '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.test',
      '554 5.7.1 <x[192.0.2.1]>: Client host rejected: Service unavailable; Client host [192.0.2.1] blocked using other.test',
      'reason',
    ],
    [
      'per list',
      '554 5.7.1 <b@d.test>: Relay access denied',
      `554 5.7.1 ${RCPT} Relay access denied`,
      'an unauthorized relay',
    ],
    [
      'per list',
      '450 4.7.1 <192.0.2.1>: Client host rejected: Service unavailable',
      '450 4.7.1 <x[192.0.2.1]>: Client host rejected: Service unavailable',
      'a client without name or address in the prefix',
    ],
    [
      'per list',
      '450 4.7.1 <y[192.0.2.1]>: Client host rejected: Service unavailable',
      '450 4.7.1 <x[192.0.2.1]>: Client host rejected: Service unavailable',
      'prefix',
    ],
    // smtpd writes the detail of X.1.N to suit the list's class.
    [
      'single',
      '450 4.1.8 <a@x>: Sender address rejected: gone',
      `450 4.1.2 ${RCPT} gone`,
      "a status code that smtpd rewrites, another list's prefix",
    ],
    [
      'per list',
      '450 4.1.8 <a@x>: Sender address rejected: gone',
      '450 4.0.0 <h>: Helo command rejected: gone',
      "a status code that smtpd rewrites, another list's prefix",
    ],
    ['per list', `556 5.1.10 ${RCPT} no`, `556 5.1.0 ${RCPT} no`, 'a status code that smtpd rewrites'],
  ])('%s: %s / %s → %s', (layout, native, delegated, verdict) => {
    const comparison = compareReplies(layout, native, delegated);
    const { kind } = comparison;
    expect(
      kind === 'same' ? kind : kind === 'possible' ? comparison.because.join(', ') : comparison.what,
    ).toBe(verdict);
  });
});
