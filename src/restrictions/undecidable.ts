/**
 * Restrictions that a policy server cannot decide, because Postfix does not
 * send what they need. They are rows, so that the linter can say why and where
 * they belong; in a list they are undecided, with a warning when it is loaded.
 */
import { CONFIGURATION_ERROR, DUNNO } from '../engine/outcome.ts';
import type { Restriction } from './restriction.ts';

function undecidable(name: string, summary: string, reason: string, help: string): Restriction {
  return {
    name,
    aliases: [],
    argument: 'none',
    summary,
    reads: [],
    yields: ['dunno'],
    io: [],
    support: { level: 'undecidable', reason, help },
    compile: () => ({ check: () => DUNNO }),
  };
}

export const UNDECIDABLE: readonly Restriction[] = [
  {
    ...undecidable(
      'reject_unknown_forward_client_hostname',
      'A name that Postfix reserves and never implemented.',
      'smtpd itself does not know it, and answers `451 4.3.5 Server configuration error`',
      'use reject_unknown_client_hostname',
    ),
    yields: ['reject'],
    compile: () => ({ check: () => CONFIGURATION_ERROR }),
  },
  undecidable(
    'reject_unauth_pipelining',
    'Reject clients that send commands ahead of time (RFC 2920).',
    'Postfix does not tell it what the client has sent ahead of time',
    'keep it in main.cf: smtpd_data_restrictions = reject_unauth_pipelining',
  ),
  undecidable(
    'reject_unverified_sender',
    'Reject when mail to the sender address would bounce (ADDRESS_VERIFICATION_README).',
    'it needs the verify(8) service of Postfix',
    'keep it in main.cf, in smtpd_sender_restrictions, after check_policy_service',
  ),
  undecidable(
    'reject_unverified_recipient',
    'Reject when mail to the recipient address would bounce (ADDRESS_VERIFICATION_README).',
    'it needs the verify(8) service of Postfix',
    'keep it in main.cf, in smtpd_recipient_restrictions, after check_policy_service',
  ),
];
