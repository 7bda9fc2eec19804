/**
 * Looking ahead changes when the DNS is asked, and caches whether it is asked,
 * never what is decided: for random policies, of the real restrictions, over
 * one zone, and random requests.
 */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import { SharedAnswers } from '../../src/dns/shared-answers.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import type { Decision, TraceList } from '../../src/engine/decision.ts';
import type { PolicyRequest } from '../../src/protocol/request.ts';
import { compilePolicyText, type DecideOptions } from '../support/compiled-policy.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { MemoryStore } from '../support/memory-store.ts';

const RUNS = 60;

/** Answers come in all orders: what is asked first is answered last. */
const ZONE = `
*.first.test            !DELAY 20
*.second.test           !DELAY 5
@dnsbl first.test 192.0.2.1 127.0.0.2 "listed first"
@dnsbl second.test 192.0.2.1 127.0.0.4 "listed second"
@dnsbl second.test 192.0.2.2 127.0.0.2
@dnsbl allow.test 192.0.2.1 127.0.0.2
@dnsbl allow.test 192.0.2.3 127.0.0.2
*.broken.test           !SERVFAIL
*.codes.test            A 127.255.255.254
@rhsbl names.test spam.test 127.0.0.2 "spammers"
@rhsbl names.test mail.client.test 127.0.0.2
1.2.0.192.in-addr.arpa  PTR mail.client.test
mail.client.test        A 192.0.2.1
sender.test             MX 10 mail.client.test
sender.test             NS ns.sender.test
ns.sender.test          A 192.0.2.53
spam.test               A 198.51.100.1
spam.test               !DELAY 10
nullmx.test             MX 0 .
gone.test               !SERVFAIL
dest.test               MX 10 mx.dest.test
mx.dest.test            A 192.0.2.30
`;

const RESTRICTIONS = [
  'permit',
  'reject',
  'defer',
  'defer_if_permit',
  'defer_if_reject',
  'permit_mynetworks',
  'permit_dnswl_client allow.test',
  'permit_dnswl_client broken.test',
  'permit_rhswl_client names.test',
  'reject_rbl_client first.test',
  'reject_rbl_client second.test',
  'reject_rbl_client second.test=127.0.0.2',
  'reject_rbl_client broken.test',
  'reject_rbl_client codes.test',
  'reject_rhsbl_client names.test',
  'reject_rhsbl_helo names.test',
  'reject_rhsbl_sender names.test',
  'reject_unknown_client_hostname',
  'reject_unknown_reverse_client_hostname',
  'reject_invalid_helo_hostname',
  'reject_non_fqdn_helo_hostname',
  'reject_unknown_helo_hostname',
  'reject_non_fqdn_sender',
  'reject_unknown_sender_domain',
  'reject_unknown_recipient_domain',
  'reject_unauth_destination',
  'check_client_access inline:{ {192.0.2.1=listed}, {192.0.2.2=DEFER_IF_PERMIT}, {192.0.2.3=OK} }',
  'check_helo_access inline:{ {mail.client.test=DUNNO}, {spam.test=WARN spam} }',
  'check_sender_access inline:{ {spam.test=DISCARD}, {sender.test=exists}, {nullmx.test=DEFER_IF_REJECT} }',
  'check_sender_mx_access inline:{ {192.0.2.1=listed}, {mail.client.test=PREPEND X-MX: known} }',
  'check_sender_ns_access inline:{ {192.0.2.53=REJECT}, {ns.sender.test=DUNNO} }',
  'check_recipient_a_access inline:{ {192.0.2.30=HOLD} }',
  'listed',
  'exists',
];

const restriction = fc.tuple(
  fc.constantFrom('', '', '', 'warn_if_reject '),
  fc.constantFrom(...RESTRICTIONS),
);
const list = fc
  .array(restriction, { maxLength: 6 })
  .map((words) => words.map((pair) => pair.join('')).join(', '));

const policyText = fc
  .record({
    client: list,
    helo: list,
    sender: list,
    relay: list,
    recipient: list,
    listed: list,
    exists: list,
  })
  .map(
    ({ client, helo, sender, relay, recipient, listed, exists }) => `
mynetworks = 192.0.2.4
mydestination = dest.test
smtpd_restriction_classes = listed, exists
listed = ${listed || 'reject_rbl_client first.test'}
exists = ${exists || 'reject_unknown_sender_domain'}
smtpd_client_restrictions = ${client}
smtpd_helo_restrictions = ${helo}
smtpd_sender_restrictions = ${sender}
smtpd_relay_restrictions = ${relay}
smtpd_recipient_restrictions = ${recipient}
`,
  );

const request: fc.Arbitrary<Partial<PolicyRequest>> = fc.record({
  client_address: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '2001:db8::1'),
  client_name: fc.constantFrom('mail.client.test', 'spam.test', 'unknown'),
  reverse_client_name: fc.constantFrom('mail.client.test', 'unknown'),
  helo_name: fc.constantFrom('', 'mail.client.test', 'spam.test', 'nowhere.test', 'short'),
  sender: fc.constantFrom(
    '',
    'a@sender.test',
    'a@spam.test',
    'a@nullmx.test',
    'a@gone.test',
    'a@nowhere.test',
  ),
  recipient: fc.constantFrom('b@dest.test', 'b@elsewhere.test', 'b@gone.test'),
});

test('what is decided, and by which steps, is the same with and without', { timeout: 60_000 }, async () => {
  const server = await startFixtureDns({ zone: ZONE });
  onTestFinished(() => server.stop());
  const client = new WireClient({ servers: [server.server], timeoutMs: 5000, attempts: 2 });
  onTestFinished(() => client.close());
  const asked = { one: 0, ahead: 0, shared: 0 };

  await fc.assert(
    fc.asyncProperty(policyText, request, async (text, attributes) => {
      const policy = compilePolicyText(text);
      const decide = async (options: DecideOptions): Promise<[decision: unknown, queries: number]> => {
        const before = client.stats.lookups;
        const { resolver = new CachingResolver(client) } = options;
        const decision = await policy.decide({ request: attributes, ...options, resolver });
        return [withoutTime(decision), client.stats.lookups - before];
      };
      const [alone, aloneQueries] = await decide({ lookahead: 0 });
      const [ahead, aheadQueries] = await decide({ lookahead: 16 });
      expect(ahead).toEqual(alone);

      // Two servers with one store: the first fills it, the second finds its answers there, and then in its own memory.
      const store = new MemoryStore();
      const sharing = () =>
        new CachingResolver(client, { shared: new SharedAnswers(store, 604_800), headStartMs: 1_000 });
      expect((await decide({ lookahead: 16, resolver: sharing() }))[0]).toEqual(alone);
      const second = sharing();
      const [withStore, storeQueries] = await decide({ lookahead: 16, resolver: second });
      expect(withStore).toEqual(alone);
      expect(storeQueries, 'only what is not shared').toBeLessThanOrEqual(aheadQueries);
      const [withMemory, memoryQueries] = await decide({ lookahead: 0, resolver: second });
      expect(withMemory).toEqual(alone);
      expect(memoryQueries).toBe(0);
      asked.shared += storeQueries;
      asked.one += aloneQueries;
      asked.ahead += aheadQueries;
    }),
    { numRuns: RUNS },
  );
  expect(asked.one, 'the DNS was asked').toBeGreaterThan(RUNS);
  expect(asked.ahead, 'more than was needed in the end was asked ahead').toBeGreaterThan(asked.one);
  expect(asked.shared, 'most was found in the store').toBeLessThan(asked.ahead / 2);
});

/** All of a decision but how long it took, and whether an answer was on hand. */
function withoutTime({ trace, ...decision }: Decision): unknown {
  return { ...decision, trace: trace?.map(steps) };
}

function steps({ list, implicit, entries, notReached, result }: TraceList): unknown {
  return {
    list,
    implicit,
    result,
    notReached: notReached.map(({ text }) => text),
    entries: entries.map(({ step, depth, isWarnOnly, outcome, lookups, dns }) => ({
      text: step.text,
      depth,
      isWarnOnly,
      outcome: outcome?.kind,
      lookups,
      dns: dns.map(({ name, type, answer }) => [name, type, answer.status]),
    })),
  };
}
