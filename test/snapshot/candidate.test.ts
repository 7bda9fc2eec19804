import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Resolver } from '../../src/dns/resolver.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';
import { compileCandidate } from '../../src/snapshot/candidate.ts';
import { Decider } from '../../src/snapshot/decider.ts';
import { loadSnapshot } from '../../src/snapshot/load-snapshot.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';

const SECRET = 'c0rrect-horse';
const directory = mkdtempSync(join(tmpdir(), 'postward-candidate-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const secret = file('secret', `${SECRET}\n${SECRET} ${SECRET}\n`);
const known = file('known', '192.0.2.1 REJECT known\n');
const networks = file('networks', '198.51.100.0/24\n');
const policy = file(
  'mx.cf',
  `mynetworks = ${networks}
smtpd_client_restrictions = check_client_access texthash:${known}, permit_mynetworks
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:9
`,
);
const NO_DNS: Resolver = {
  lookup: () => ({ status: 'nxdomain', records: [], ttlSeconds: 1, reason: '' }),
};

let live: Snapshot;
beforeAll(async () => {
  const { snapshot } = await loadSnapshot({ version: 1, policyFiles: new Map([['mx', policy]]) });
  if (snapshot === undefined) throw new Error('the policy is not loaded');
  live = snapshot;
});
afterAll(() => {
  live.retire();
  rmSync(directory, { recursive: true });
});

/** All that somebody learns who sends in a text and has it explained. */
async function told(text: string): Promise<string> {
  const candidate = compileCandidate({ text, policy: 'mx', live });
  if (candidate === undefined) throw new Error('there is no such policy');
  const { snapshot, diagnostics } = candidate;
  const decider = new Decider({ snapshot: () => snapshot, resolver: NO_DNS });
  const request = Object.assign(new PolicyRequest(), {
    request: 'smtpd_access_policy',
    protocol_state: 'RCPT',
    client_address: '192.0.2.1',
    client_name: 'unknown',
    helo_name: SECRET.slice(0, 3),
    sender: 'a@sender.test',
    recipient: 'b@dest.test',
  });
  const { decision } = await decider.decide(request, 'mx', true);
  snapshot.retire();
  const seen = new WeakSet();
  return JSON.stringify({ diagnostics, decision }, (_key, value) => {
    if (typeof value === 'object' && value !== null) {
      if (seen.has(value)) return undefined;
      seen.add(value);
    }
    return value;
  });
}

test.each([
  [`smtpd_client_restrictions = check_client_access texthash:${secret}`, 'table-not-in-force'],
  [`smtpd_client_restrictions = check_client_access proxy:texthash:${secret}`, 'table-not-in-force'],
  [
    `smtpd_client_restrictions = check_client_access pipemap:{inline:{a=b}, cidr:${secret}}`,
    'table-not-in-force',
  ],
  [
    `smtpd_client_restrictions = check_client_access { texthash:${secret}, search_order = cert_fingerprint }`,
    '',
  ],
  [`smtpd_client_restrictions = check_ccert_access { texthash:${secret} }`, 'table-not-in-force'],
  [
    `smtpd_helo_restrictions = check_helo_access inline:{{${SECRET.slice(0, 3)} = check_client_access regexp:${secret}}}`,
    'table-in-result',
  ],
  [`smtpd_client_restrictions = check_client_access mysql:${secret}`, 'table-not-in-force'],
  [`smtpd_client_restrictions = check_client_access socketmap:inet:127.0.0.1:9:x`, 'table-not-in-force'],
  [`mynetworks = ${secret}\nsmtpd_client_restrictions = permit_mynetworks`, 'file-not-in-force'],
  [`mynetworks = !${secret}\nsmtpd_client_restrictions = permit_mynetworks`, 'file-not-in-force'],
  [
    `mydestination = texthash:${secret}\nsmtpd_relay_restrictions = reject_unauth_destination`,
    'table-not-in-force',
  ],
  [
    `local_recipient_maps = texthash:${secret}\nsmtpd_recipient_restrictions = reject_unlisted_recipient`,
    'table-not-in-force',
  ],
  [
    `myorigin = ${secret}\nsmtpd_sender_restrictions = check_sender_access inline:{a=REJECT}`,
    'file-not-in-force',
  ],
  ['smtpd_client_restrictions = check_policy_service inet:127.0.0.1:10', 'service-not-in-force'],
  ['smtpd_client_restrictions = check_policy_service unix:/run/docker.sock', 'service-not-in-force'],
])('reads nothing that no policy in force reads: %s', async (text, code) => {
  const all = await told(text);
  // What was sent in comes back, the paths among it; what is in the file does not.
  expect(all.replaceAll(JSON.stringify(text).slice(1, -1), '')).not.toContain(SECRET);
  expect(all).toContain(code);
});

test('whereas a policy on disk reads the file, and tells of it', async () => {
  const text = `smtpd_client_restrictions = check_client_access cidr:${secret}`;
  const policyFiles = new Map([['mx', file('leaky.cf', text)]]);
  const { snapshot, diagnostics } = await loadSnapshot({ version: 1, policyFiles });
  snapshot?.retire();
  expect(diagnostics.map(({ message }) => message).join()).toContain(SECRET);
});

test('uses what the policies in force use, and what is written out', async () => {
  const all = await told(`mynetworks = ${networks}
smtpd_client_restrictions = permit_mynetworks, check_client_access inline:{{10.0.0.1 = OK}}, check_client_access cidr:{{10.0.0.2 OK}}, check_client_access texthash:${known}
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:9, reject_unauth_destination
`);
  expect(all).not.toContain('in-force');
  expect(all).toContain('"text":"known"');
});

test('is compiled in the place of a policy in force', () => {
  expect(compileCandidate({ text: '', policy: 'other', live })).toBeUndefined();
  const text = 'smtpd_client_restrictions = permit_mynetwork';
  const candidate = compileCandidate({ text, policy: 'mx', live });
  candidate?.snapshot.retire();
  expect(candidate?.diagnostics.map(({ code, span }) => [code, span?.source.file])).toContainEqual([
    'unknown-restriction',
    policy,
  ]);
});

test('a candidate may write out a hundred rules, which are compiled while mail waits', async () => {
  const rules = (count: number) => `pcre:{ ${'{/^x$$/ OK} '.repeat(count)}{/192/ REJECT written out} }`;
  const text = (count: number) => `smtpd_client_restrictions = check_client_access ${rules(count)}\n`;
  expect(await told(text(99))).toContain('written out');
  expect(await told(text(99))).not.toContain('policy-too-large');
  const half = `${text(50).trim()}, check_client_access pipemap:{inline:{a=b}, ${rules(49)}}\n`;
  for (const tooMany of [text(100), half]) expect(await told(tooMany)).toContain('policy-too-large');
});
