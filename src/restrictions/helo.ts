/** Restrictions on the HELO or EHLO name (postconf(5), smtpd_helo_restrictions). All are skipped before HELO. */
import { NOT_IN_DNS } from '../dns/answer.ts';
import { isLookupName } from '../dns/query-name.ts';
import { type DnsAnswer, type DnsType, INVALID_DATA, isNullMx } from '../dns/resolver.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { DUNNO, type Outcome, PERMIT, reject } from '../engine/outcome.ts';
import { ALL_DROPPED } from '../engine/reply-filter.ts';
import { withoutTrailingDot } from '../net/domain-name.ts';
import { isValidHostAddress, isValidHostname, isValidMailHostAddress } from '../net/hostname-rules.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import { inSequence } from './in-sequence.ts';
import type { CompileContext, Restriction } from './restriction.ts';
import { heloSubject, rejected } from './subject.ts';
import { temporaryFailure } from './temporary-failure.ts';

const WORKS = { level: 'works' } as const;

export const HELO: readonly Restriction[] = [
  {
    name: 'reject_invalid_helo_hostname',
    aliases: ['reject_invalid_hostname'],
    argument: 'none',
    summary: 'Reject when the HELO name is malformed.',
    reads: ['helo_name'],
    yields: ['dunno', 'reject'],
    io: [],
    support: WORKS,
    compile: (_use, context) => {
      const checkLiteral = literalCheck(context);
      const code = context.parameters.integer('invalid_hostname_reject_code');
      return {
        check: (e) => {
          const name = e.heloName;
          if (name === undefined) return DUNNO;
          if (name.startsWith('[')) return checkLiteral(e, name);
          const bare = withoutTrailingDot(name);
          if (isValidHostname(bare) || isValidHostAddress(bare)) return DUNNO;
          return reject(rejected(heloSubject(e), code, '5.5.2', 'Invalid name'));
        },
      };
    },
  },
  {
    name: 'reject_non_fqdn_helo_hostname',
    aliases: ['reject_non_fqdn_hostname'],
    argument: 'none',
    summary:
      'Reject when the HELO name is not fully qualified, or an address without brackets (RFC 5321 §4.1.1.1).',
    reads: ['helo_name'],
    yields: ['dunno', 'reject'],
    io: [],
    support: WORKS,
    compile: (_use, context) => {
      const checkLiteral = literalCheck(context);
      const code = context.parameters.integer('non_fqdn_reject_code');
      return {
        check: (e) => {
          const name = e.heloName;
          if (name === undefined) return DUNNO;
          if (name.startsWith('[')) return checkLiteral(e, name);
          const bare = withoutTrailingDot(name);
          if (isValidHostname(bare) && bare.includes('.')) return DUNNO;
          return reject(rejected(heloSubject(e), code, '5.5.2', 'need fully-qualified hostname'));
        },
      };
    },
  },
  {
    name: 'reject_unknown_helo_hostname',
    aliases: ['reject_unknown_hostname'],
    argument: 'none',
    summary: 'Reject when the HELO name has no A, AAAA or MX record.',
    reads: ['helo_name'],
    yields: ['dunno', 'reject', 'defer_if_permit'],
    io: ['dns'],
    support: WORKS,
    compile: (_use, context) => {
      const checkLiteral = literalCheck(context);
      const { parameters } = context;
      const code = parameters.integer('unknown_hostname_reject_code');
      const onTemporaryFailure = temporaryFailure(parameters.text('unknown_helo_hostname_tempfail_action'));
      return {
        check: (e) => {
          const name = e.heloName;
          if (name === undefined) return DUNNO;
          if (name.startsWith('[')) return checkLiteral(e, name);
          return andThen(
            isLookupName(name) ? findAny(e, name, 0, undefined) : NOT_IN_DNS,
            (answer): Outcome => {
              if (answer.status === 'found') return DUNNO;
              if (answer.reason === ALL_DROPPED) {
                e.warn('dns', `${name}: address or MX lookup error: ${answer.reason}`);
                return DUNNO;
              }
              const text = answer.reason === INVALID_DATA ? 'Malformed DNS server reply' : 'Host not found';
              const reply = rejected(heloSubject(e), 450, '4.7.1', text);
              return answer.status === 'tempfail' ? onTemporaryFailure(reply) : reject({ ...reply, code });
            },
          );
        },
        queries: ({ heloName }) =>
          heloName === undefined || !isLookupName(heloName) ? [] : [{ name: heloName, type: 'A' }],
      };
    },
  },
  {
    name: 'permit_naked_ip_address',
    aliases: [],
    argument: 'none',
    summary: 'Permit when the HELO name is an address without brackets. Gone in Postfix 3.9.',
    reads: ['helo_name'],
    yields: ['dunno', 'permit', 'reject', 'evaluate'],
    io: [],
    support: WORKS,
    compile: (use, context) => {
      const checkLiteral = literalCheck(context);
      return {
        check: (e) => {
          const name = e.heloName;
          if (name === undefined || /[^0-9.:]/.test(name)) return DUNNO;
          const outcome = checkLiteral(e, name);
          // A malformed address that warn_if_reject only warns of is permitted, as in smtpd.
          return outcome === DUNNO ? PERMIT : inSequence(use, [outcome, PERMIT]);
        },
      };
    },
  },
];

const ANY_OF: readonly DnsType[] = ['A', 'AAAA', 'MX'];

/**
 * The first answer with records, else one that a filter has emptied, else a
 * failure if any type failed, else the last answer. A null MX says that the host takes no mail, not that it does
 * not exist, but it does not outweigh a failure.
 */
function findAny(
  e: Evaluation,
  name: string,
  index: number,
  failure: DnsAnswer | undefined,
): PromiseOrValue<DnsAnswer> {
  const type = ANY_OF[index] ?? 'MX';
  return andThen(e.lookup(name, type), (answer) => {
    if (answer.status === 'found' && !(type === 'MX' && isNullMx(answer))) return answer;
    const isWorse = answer.status === 'tempfail' || (failure === undefined && answer.reason === INVALID_DATA);
    const failed = isWorse && failure?.reason !== ALL_DROPPED ? answer : failure;
    return index + 1 < ANY_OF.length ? findAny(e, name, index + 1, failed) : (failed ?? answer);
  });
}

/** `[…]` must hold an address literal (RFC 5321 §4.1.3); then it counts as fully qualified and known. */
function literalCheck({ parameters }: CompileContext): (e: Evaluation, name: string) => Outcome {
  const code = parameters.integer('invalid_hostname_reject_code');
  return (e, name) => {
    const literal = name.length > 2 && name.endsWith(']') ? name.slice(1, -1) : name;
    if (isValidMailHostAddress(literal)) return DUNNO;
    return reject(rejected(heloSubject(e), code, '5.5.2', 'invalid ip address'));
  };
}
