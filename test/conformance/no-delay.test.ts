/**
 * smtpd_delay_reject = no, in the layout that asks for each list: Postfix asks
 * at CONNECT, HELO and MAIL, telling what it knows by then. What is decided
 * there is the matter of no-delay.case.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCase } from '../support/case-file.ts';
import { requirement } from '../support/requirements.ts';
import { runCase } from './run-case.ts';

const CASE = join(import.meta.dirname, 'cases/no-delay.case');

const postfix = requirement('postfix');

describe.skipIf(!postfix.isMet)('smtpd_delay_reject = no', () => {
  it('asks for each list at its own command', async () => {
    const parsed = parseCase('no-delay', readFileSync(CASE, 'utf8'));
    const { delegated } = await runCase(parsed, { layouts: ['per list'] });
    const asked = (id: string) =>
      (delegated.get('per list')?.get(id)?.exchanges ?? []).map(
        ({ protocolState, policyContext, action }) => `${protocolState} ${policyContext} ${action}`,
      );
    // The client list comes once more, after XCLIENT.
    expect(asked('data')).toEqual([
      'XCLIENT client DUNNO',
      'EHLO helo DUNNO',
      'MAIL sender DUNNO',
      'RCPT relay DUNNO',
      'RCPT recipient DUNNO',
      'DATA data 554 5.7.1 Access denied',
    ]);
    expect(asked('smtp')[1]).toBe('HELO helo DUNNO');
    // Nothing is asked any more when an earlier answer has refused.
    expect(asked('client')).toEqual(['XCLIENT client 554 5.7.1 Access denied']);
    expect(asked('helo')).toEqual(['XCLIENT client DUNNO', 'EHLO helo 554 5.7.1 Access denied']);
    expect(asked('sender').at(-1)).toBe('MAIL sender 554 5.7.1 Access denied');
    // There is no message yet to hold; at RCPT there is.
    expect(asked('hold')).toEqual([
      'XCLIENT client DUNNO',
      'EHLO helo DUNNO',
      'MAIL sender DUNNO',
      'RCPT relay DUNNO',
      'RCPT recipient HOLD too early for that, then not',
    ]);
  });
});
