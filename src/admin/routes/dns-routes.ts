/** `/v1/dns/cache`: what is kept of the DNS's answers for a name, and forgetting it. */
import { Type } from 'typebox';
import type { CachingResolver } from '../../dns/caching-resolver.ts';
import { DNS_TYPES } from '../../dns/resolver.ts';
import type { ZoneMask } from '../../dns/zone-mask.ts';
import { closed } from '../closed.ts';
import type { Routes } from '../server.ts';

export interface DnsPort {
  readonly resolver: Pick<CachingResolver, 'cachedAnswers' | 'flush'>;
  readonly mask: ZoneMask;
  /** Told of what was done, for the audit trail. */
  readonly onDone?: ((actor: string, operation: string, after: object) => void) | undefined;
}

const NAME = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^[\\x21-\\x7e]+$',
  expected: 'a domain name of at most 255 visible ASCII characters',
});

const ANSWERS = closed({
  name: Type.String(),
  answers: Type.Array(
    closed({
      tier: Type.Enum(['memory', 'shared'], {
        description: 'In this server, or in the Redis that servers share.',
      }),
      type: Type.Enum([...DNS_TYPES]),
      status: Type.Enum(['found', 'nxdomain', 'nodata', 'tempfail']),
      records: Type.Array(closed({ data: Type.String(), preference: Type.Integer() })),
      reason: Type.String({ description: 'Of a failure; else empty.' }),
      ttl_seconds: Type.Integer({ description: 'As the answer came.' }),
      remaining_seconds: Type.Number({
        description: 'Below 0: out of date, and kept for when the DNS fails.',
      }),
    }),
  ),
});

const FLUSHED = closed({
  entries: Type.Integer({ description: 'Answers that this server has forgotten.' }),
  shared: Type.Optional(
    Type.Boolean({ description: 'Whether the shared ones are forgotten too; missing: nothing is shared.' }),
  ),
});

const tags = ['dns'];

export function dnsRoutes({ resolver, mask, onDone }: DnsPort): Routes {
  return (server) => {
    server.get(
      '/v1/dns/cache',
      {
        config: { access: ['read', 'policies'] },
        schema: {
          tags,
          summary: 'The answers that are kept for a name.',
          querystring: closed({ name: NAME }),
          response: { 200: ANSWERS },
        },
      },
      async ({ query }) => {
        const answers = await resolver.cachedAnswers(query.name);
        return mask.value({
          name: query.name,
          answers: answers.map(({ tier, type, answer, remainingSeconds }) => ({
            tier,
            type,
            status: answer.status,
            records: answer.records.map(({ data, preference }) => ({ data, preference })),
            reason: answer.reason,
            ttl_seconds: answer.ttlSeconds,
            remaining_seconds: remainingSeconds,
          })),
        });
      },
    );

    server.post(
      '/v1/dns/flush',
      {
        config: { access: ['policies'] },
        schema: {
          tags,
          summary: 'Forget the answers for a name, or all of them.',
          body: closed({ name: Type.Optional(NAME) }),
          response: { 200: FLUSHED },
        },
      },
      async ({ body, principal }) => {
        const { entries, isSharedFlushed } = await resolver.flush(body.name);
        const name = body.name === undefined ? null : mask.text(body.name);
        onDone?.(principal?.actor ?? '', 'dns.flush', { name, entries });
        return { entries, ...(isSharedFlushed === undefined ? {} : { shared: isSharedFlushed }) };
      },
    );
  };
}
