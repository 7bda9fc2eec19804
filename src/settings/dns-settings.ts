/** The settings `dns`: servers, memory, and how DNSBLs are watched. */
import { Type } from 'typebox';
import { section } from './section.ts';

export const DNS_SETTINGS = section('How the DNS is asked.', {
  servers: Type.Array(Type.String({ format: 'dns-server' }), {
    default: [],
    flag: '--dns <server...>',
    description: 'DNS servers, `ADDRESS` or `ADDRESS:PORT`, in order. Default: those of /etc/resolv.conf.',
  }),
  timeout_ms: Type.Integer({
    default: 2000,
    minimum: 50,
    maximum: 30_000,
    description: 'How long one server has to answer before the next is asked, in milliseconds.',
  }),
  attempts: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 10,
    description: 'How many times all servers are asked in turn while none answers, within `total_ms`.',
  }),
  total_ms: Type.Integer({
    default: 6000,
    minimum: 50,
    maximum: 60_000,
    description: 'How long a lookup may take altogether, in milliseconds; then it has failed for now.',
  }),
  cache_entries: Type.Integer({
    default: 50_000,
    minimum: 0,
    maximum: 10_000_000,
    description: 'How many answers are kept in memory.',
  }),
  cache_bytes: Type.Integer({
    default: 33_554_432,
    minimum: 0,
    maximum: 17_179_869_184,
    description: 'How many bytes the answers kept in memory may take, roughly.',
  }),
  shared_cache: Type.Boolean({
    default: true,
    description:
      'Share answers with the other Postwards of the same Redis. Without `redis` it means nothing.',
  }),
  ttl_floor_seconds: Type.Integer({
    default: 5,
    minimum: 0,
    maximum: 3600,
    description: 'Answers with records are kept at least this long, whatever their TTL.',
  }),
  ttl_ceiling_seconds: Type.Integer({
    default: 86_400,
    minimum: 1,
    maximum: 604_800,
    description: 'Answers with records are kept at most this long, whatever their TTL.',
  }),
  negative_ttl_floor_seconds: Type.Integer({
    default: 5,
    minimum: 0,
    maximum: 3600,
    description: 'That there is no such name or record is kept at least this long.',
  }),
  negative_ttl_ceiling_seconds: Type.Integer({
    default: 3600,
    minimum: 1,
    maximum: 86_400,
    description: 'That there is no such name or record is kept at most this long.',
  }),
  revalidate_seconds: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 3600,
    description:
      'For so long after its TTL an answer is still given, without waiting, while it is asked for anew. 0: never.',
  }),
  stale_seconds: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 259_200,
    description:
      'For so long after its TTL an answer stands in for one that cannot be had (RFC 8767), listings too. 0: never.',
  }),
  budget_ms: Type.Integer({
    default: 6000,
    minimum: 50,
    maximum: 90_000,
    description:
      'How long one decision may wait for DNSBLs, all of them together, in milliseconds. Those that have not answered by then have failed for this decision.',
  }),
  zones: Type.Record(
    Type.String(),
    section('What is different about a zone.', {
      servers: Type.Optional(Type.Array(Type.String({ format: 'dns-server' }), { minItems: 1 })),
      prefetch: Type.Optional(Type.Boolean()),
      private: Type.Optional(Type.Boolean()),
    }),
    {
      default: {},
      names: Type.String({
        pattern: '^[A-Za-z0-9_-]{1,63}(?:\\.[A-Za-z0-9_-]{1,63})*$',
        expected: 'the name of a zone',
      }),
      expected: 'zones with their settings',
      description:
        'Zones that are treated in ways of their own, with all below them, each with `servers` (asked instead of the usual ones: an rbldnsd, a mirror), `prefetch: no` (not asked before its turn comes) or `private: yes` (its first label is a key, and shown as `*`). Of several that say something of a name the longest counts.',
    },
  ),
  dnsbl: section('How DNSBLs are watched. What happens to one that fails is policy: `dnsbl_health`.', {
    probe_seconds: Type.Integer({
      default: 900,
      minimum: 10,
      maximum: 86_400,
      description: 'How often a list is asked about its test entries.',
    }),
    retry_seconds: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 86_400,
      description:
        'How long after it was set aside a list is tried again, doubled each time up to `probe_seconds`.',
    }),
    confirm_seconds: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 3600,
      description:
        'A new listing counts once a question asked after it came has shown that the list does not list everybody. With more than 0 one such question stands for the next two listings within so many seconds as well: fewer questions, and two mails that a list which begins to list everybody can reject.',
    }),
    slow_ms: Type.Integer({
      default: 3000,
      minimum: 50,
      maximum: 60_000,
      description: 'A list that takes longer to answer is set aside.',
    }),
    allow_grace_hours: Type.Integer({
      default: 24,
      minimum: 0,
      maximum: 720,
      description:
        'How long an allow list that is set aside still turns rejects into deferrals, for those it might have permitted.',
    }),
  }),
  lookahead: Type.Integer({
    default: 16,
    minimum: 0,
    maximum: 100,
    description:
      'How many names of later restrictions are asked for while an earlier one waits. 0 asks one after the other.',
  }),
});
