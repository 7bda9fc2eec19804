/** Restrictions that apply in any list, and decide by what they are (postconf(5), smtpd_client_restrictions). */
import { DUNNO, PERMIT, reject, WARN_NEXT } from '../engine/outcome.ts';
import type { Restriction } from './restriction.ts';
import { rejected } from './subject.ts';

const WORKS = { level: 'works' } as const;
const NO_IO = [] as const;

/** `sleep` may not hold a connection longer than a decision may take. */
const MAX_SLEEP_SECONDS = 15;

export const GENERIC: readonly Restriction[] = [
  {
    name: 'permit',
    aliases: [],
    argument: 'none',
    summary: 'Permit the request; the rest of the list is not looked at.',
    reads: [],
    yields: ['permit'],
    io: NO_IO,
    support: WORKS,
    compile: () => ({ check: () => PERMIT, isFinal: true }),
  },
  {
    name: 'reject',
    aliases: [],
    argument: 'none',
    summary: 'Reject the request with reject_code.',
    reads: [],
    yields: ['reject'],
    io: NO_IO,
    support: WORKS,
    compile: (_use, { parameters }) => {
      const code = parameters.integer('reject_code');
      return { check: (e) => reject(rejected(e.subject, code, '5.7.1', 'Access denied')), isFinal: true };
    },
  },
  {
    name: 'defer',
    aliases: [],
    argument: 'none',
    summary: 'Ask the client to try again later, with defer_code.',
    reads: [],
    yields: ['reject'],
    io: NO_IO,
    support: WORKS,
    compile: (_use, { parameters }) => {
      const code = parameters.integer('defer_code');
      return { check: (e) => reject(rejected(e.subject, code, '4.3.2', 'Try again later')), isFinal: true };
    },
  },
  {
    name: 'defer_if_permit',
    aliases: [],
    argument: 'none',
    summary: 'Defer the request if some later restriction would permit it.',
    reads: [],
    yields: ['defer_if_permit'],
    io: NO_IO,
    support: WORKS,
    compile: () => ({
      check: (e) => ({
        kind: 'defer_if_permit',
        reply: rejected(e.subject, 450, '4.7.0', 'defer_if_permit requested'),
      }),
    }),
  },
  {
    name: 'defer_if_reject',
    aliases: [],
    argument: 'none',
    summary: 'Defer the request if some later restriction would reject it.',
    reads: [],
    yields: ['defer_if_reject'],
    io: NO_IO,
    support: WORKS,
    compile: () => ({
      check: (e) => ({
        kind: 'defer_if_reject',
        reply: rejected(e.subject, 450, '4.7.0', 'defer_if_reject requested'),
      }),
    }),
  },
  {
    name: 'warn_if_reject',
    aliases: [],
    argument: 'none',
    summary: 'Log what the next restriction would reject, and go on as if it had not.',
    reads: [],
    yields: ['warn_next'],
    io: NO_IO,
    support: WORKS,
    compile: () => ({ check: () => WARN_NEXT }),
  },
  {
    name: 'sleep',
    aliases: [],
    argument: 'number',
    summary: `Wait this many seconds (at most ${MAX_SLEEP_SECONDS} here).`,
    reads: [],
    yields: ['dunno'],
    io: ['timer'],
    support: WORKS,
    compile: (use) => {
      const seconds = Math.min(Number(use.argument), MAX_SLEEP_SECONDS);
      return { check: () => new Promise((resolve) => setTimeout(resolve, seconds * 1000, DUNNO)) };
    },
  },
  {
    name: 'reject_plaintext_session',
    aliases: [],
    argument: 'none',
    summary: 'Reject unless the SMTP session is encrypted.',
    reads: ['encryption_protocol'],
    yields: ['dunno', 'reject'],
    io: NO_IO,
    support: WORKS,
    compile: (_use, { parameters }) => {
      const code = parameters.integer('plaintext_reject_code');
      const refusal = reject({ code, dsn: '4.7.1', prefix: '', text: 'Session encryption is required' });
      return { check: (e) => (e.request.encryption_protocol === '' ? refusal : DUNNO) };
    },
  },
  {
    name: 'reject_multi_recipient_bounce',
    aliases: [],
    argument: 'none',
    summary: 'Reject the null sender with more than one recipient. Best in smtpd_data_restrictions.',
    reads: ['sender', 'recipient', 'recipient_count', 'queue_id', 'instance', 'protocol_state'],
    yields: ['dunno', 'reject'],
    io: NO_IO,
    support: WORKS,
    compile: (_use, { parameters, earlierRecipients }) => {
      const code = parameters.integer('multi_recipient_bounce_reject_code');
      earlierRecipients.isUsed = true;
      return {
        check: (e) => {
          if (e.sender !== '') return DUNNO;
          // Before RCPT TO, with smtpd_delay_reject = no, there are none.
          const isRecipientStage = e.request.protocol_state === 'RCPT' && e.recipient !== undefined;
          const hasMore = isRecipientStage
            ? earlierRecipients.has(e.request)
            : Number(e.request.recipient_count) > 1;
          if (!hasMore) return DUNNO;
          return reject(rejected(e.subject, code, '5.5.3', 'Multi-recipient bounce'));
        },
      };
    },
  },
];
