/**
 * Importing changes nothing that is decided: the probes of the conformance
 * cases and of the old configurations, decided by the original main.cf and by
 * the policy that `postward import --output` made of it, elsewhere, with its
 * own tables.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import type { PolicyRequest } from '../../src/protocol/request.ts';
import { randomCase } from '../conformance/random/generator.ts';
import { type Probe, parseCase } from '../support/case-file.ts';
import { type CompiledPolicy, compilePolicyText } from '../support/compiled-policy.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { laidOver } from '../support/private-postfix.ts';
import { sessionAttributes } from '../support/session-requests.ts';

const CONFORMANCE = join(import.meta.dirname, '../conformance');
const CASES = join(CONFORMANCE, 'cases');
const CONFIGURATIONS = join(import.meta.dirname, '../fixtures/configurations');
const BASE_CF = readFileSync(join(CONFORMANCE, 'base.cf'), 'utf8');
const BASE_ZONE = readFileSync(join(CONFORMANCE, 'base.zone'), 'utf8');

/** Their DNS lists closed, in this zone as in the world, and list their probes: `--fix` is to decide otherwise. */
const WITH_CLOSED_LISTS = ['b-client-dnsbls', 'b-maps-rbl', 'e-after-ordb'];
/** Clients named in relay_domains may relay by check_relay_domains, as its mend says; and its replies name the class. */
const WITH_RELAY_CLIENTS = ['a-check-relay-domains', 'destinations', 'old-forms'];

type Files = Readonly<Record<string, string>>;

interface Setting {
  readonly resolver: Resolver;
  readonly original: CompiledPolicy;
  /** Imports main.cf, and makes a policy of what was written. */
  importWith(...flags: string[]): Promise<CompiledPolicy>;
  compileOriginal(file: string): CompiledPolicy;
  /** A file that the last import has written. */
  compileImported(file: string): CompiledPolicy;
}

/** @param files main.cf and its tables, which stand in /etc/postfix */
async function setUp(files: Files, zone: string): Promise<Setting> {
  const root = mkdtempSync(join(tmpdir(), 'postward-import-'));
  const dns = await startFixtureDns({ zone });
  const client = new WireClient({ servers: [dns.server] });
  onTestFinished(async () => {
    rmSync(root, { recursive: true });
    client.close();
    await dns.stop();
  });
  const etcPostfix = join(root, 'etc');
  mkdirSync(etcPostfix);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(etcPostfix, name), text.replaceAll('/etc/postfix', etcPostfix));
  }
  const compile = (file: string) => compilePolicyText(readFileSync(file, 'utf8'), file);
  const original = compile(join(etcPostfix, 'main.cf'));
  let output = '';
  return {
    resolver: new CachingResolver(client),
    original,
    compileOriginal: (file) => compile(join(etcPostfix, file)),
    compileImported: (file) => compile(join(output, file)),
    importWith: async (...flags) => {
      output = mkdtempSync(join(root, 'out-'));
      const terminal = new FakeTerminal(root);
      const words = ['import', join(etcPostfix, 'main.cf'), '--output', output, ...flags];
      const status = await run(['node', 'postward', ...words], terminal);
      expect(terminal.errors).toBe('');
      const policy = compile(join(output, 'main.cf'));
      // The exit code says whether the daemon would start with it, and nothing was lost.
      const hasMistakes = policy.errors.length + (flags.length > 0 ? 0 : original.errors.length) > 0;
      expect(status, terminal.output).toBe(hasMistakes ? 2 : 0);
      return policy;
    },
  };
}

/** Protocol states beside RCPT, in which other lists are run. */
const OTHER_STATES = ['DATA', 'END-OF-MESSAGE', 'ETRN', 'CONNECT', 'HELO', 'MAIL', 'VRFY'];

/** What Postfix would ask in a probe's session, one policy deciding all lists. */
function requestsOf(probe: Probe): Partial<PolicyRequest>[] {
  const { recipients } = probe;
  const session = sessionAttributes(probe);
  return [
    ...recipients.map((recipient) => ({ ...session, recipient, protocol_state: 'RCPT' })),
    ...OTHER_STATES.map((state) => ({
      ...session,
      recipient: recipients.length === 1 ? (recipients[0] ?? '') : '',
      recipient_count: String(recipients.length),
      protocol_state: state,
    })),
  ];
}

async function decisions(policy: CompiledPolicy, probes: readonly Probe[], resolver: Resolver) {
  const found: Record<string, unknown> = {};
  for (const probe of probes) {
    for (const [index, request] of requestsOf(probe).entries()) {
      const decision = await policy.decide({ request, resolver });
      const { verdict, reply, effects, isFault } = decision;
      const restriction = decision.decidedBy?.step.restriction;
      found[`${probe.id} ${request.protocol_state} ${index}`] = {
        verdict,
        reply,
        effects,
        isFault,
        restriction,
      };
    }
  }
  return found;
}

const withoutRestriction = (found: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(found).map(([key, value]) => [key, { ...(value as object), restriction: undefined }]),
  );

describe('the cases', () => {
  it.each(readdirSync(CASES).sort())('%s', async (file) => {
    const name = file.replace(/\.case$/, '');
    const { mainCf, tables, zone, probes } = parseCase(name, readFileSync(join(CASES, file), 'utf8'));
    const files = Object.fromEntries(tables.map((table) => [table.name, table.text]));
    const { original, importWith, resolver } = await setUp(
      { ...files, 'main.cf': laidOver(BASE_CF, mainCf) },
      `${BASE_ZONE}\n${zone}`,
    );
    const expected = await decisions(original, probes, resolver);
    expect(Object.keys(expected).length).toBeGreaterThan(probes.length);
    expect(await decisions(await importWith(), probes, resolver)).toEqual(expected);
    if (WITH_CLOSED_LISTS.includes(name) || WITH_RELAY_CLIENTS.includes(name)) return;
    const fixed = await decisions(await importWith('--fix'), probes, resolver);
    // A mend may decide the same by another name.
    expect(withoutRestriction(fixed)).toEqual(withoutRestriction(expected));
  });
});

/** Tables may ask the lists of maps_rbl_domains in 5136 and 5235. */
const SEEDS = [...Array.from({ length: 20 }, (_, index) => 5000 + index), 5136, 5235];

describe('random cases', () => {
  it.each(SEEDS)('seed %d', async (seed) => {
    const { mainCf, tables, zone, probes } = parseCase(`seed ${seed}`, randomCase(seed, 20));
    const files = Object.fromEntries(tables.map((table) => [table.name, table.text]));
    const { original, importWith, resolver } = await setUp(
      { ...files, 'main.cf': laidOver(BASE_CF, mainCf) },
      `${BASE_ZONE}\n${zone}`,
    );
    const expected = withoutRestriction(await decisions(original, probes, resolver));
    // What decided is named by its table, which stands elsewhere now.
    expect(withoutRestriction(await decisions(await importWith(), probes, resolver))).toEqual(expected);
    if (/check_relay_domains/i.test(mainCf)) return;
    const fixed = await decisions(await importWith('--fix'), probes, resolver);
    expect(withoutRestriction(fixed)).toEqual(expected);
  });
});

/** Clients, names, senders and recipients that the configurations speak of, and others. */
const ADDRESSES = ['192.168.0.100', '192.168.10.9', '127.0.0.1', '192.0.2.10'];
const SENDERS = ['spam@spam.com', 'a@spam.org', 'alice@sender.test', 'a@b', ''];
const RECIPIENTS = ['bob@mail.example.com', 'bob@other.test'];
const HELO_NAMES = ['mail.client.test', 'mail.partner.example', 'pc'];

function* probes(): Generator<Probe> {
  for (const address of ADDRESSES) {
    for (const sender of SENDERS) {
      for (const recipient of RECIPIENTS) {
        for (const helo of HELO_NAMES) {
          const name = address.startsWith('192.168.') ? 'unknown' : 'mail.client.test';
          yield {
            id: `${address} ${helo} ${sender} ${recipient}`,
            client: { address, name, reverseName: name, port: '40000', login: '' },
            via: undefined,
            tls: undefined,
            helo,
            greeting: 'EHLO',
            sender,
            recipients: [recipient],
            before: [],
            mailParameters: '',
            size: '',
            bodyBytes: 0,
            verb: undefined,
            expected: [],
            instead: { single: undefined, 'per list': undefined },
          };
        }
      }
    }
  }
}

describe('a service of master.cf', () => {
  it('decides as main.cf does with its options', async () => {
    const directory = join(CONFIGURATIONS, 'f-services');
    const read = (file: string) => readFileSync(join(directory, file), 'utf8');
    const mainCf = read('main.cf');
    const options = [...read('master.cf').matchAll(/^ +-o (\S+)$/gm)].map(([, option]) => option);
    expect(options.length).toBe(8);
    const files = {
      'main.cf': mainCf,
      'master.cf': read('master.cf'),
      reject_sender: read('reject_sender'),
      'service.cf': `${mainCf}\n${options.join('\n')}\n`,
    };
    const { importWith, resolver, compileOriginal, compileImported } = await setUp(files, BASE_ZONE);
    await importWith('--master', 'etc/master.cf');
    const all = [...probes()];
    const expected = await decisions(compileOriginal('service.cf'), all, resolver);
    const main = await decisions(compileOriginal('main.cf'), all, resolver);
    expect(expected).not.toEqual(main);
    expect(await decisions(compileImported('localhost-10025.cf'), all, resolver)).toEqual(expected);
  });
});

describe('users of the host', () => {
  const USERS = 'proxy:unix:passwd.byname $alias_maps';
  const ALIASES = { aliases: 'sales: root\n' };
  const mainCf = (...lines: readonly string[]) =>
    ['mydestination = dest.test', 'alias_maps = hash:/etc/postfix/aliases', ...lines, ''].join('\n');
  const someProbes = ['root', 'sales', 'no-such-user', 'postmaster'].flatMap((user) =>
    ['root', 'no-such-user'].map((recipient): Probe => {
      const [probe] = probes();
      if (probe === undefined) throw new Error('no probe');
      return {
        ...probe,
        id: `${user} ${recipient}`,
        sender: `${user}@dest.test`,
        recipients: [`${recipient}@dest.test`],
      };
    }),
  );
  const repliesOf = (found: Record<string, unknown>) =>
    Object.values(found).map((decision) => JSON.stringify((decision as { reply?: unknown }).reply ?? ''));
  const lists = [
    ['smtpd_sender_restrictions = reject_unlisted_sender', 'smtpd_reject_unlisted_recipient = no'],
    ['smtpd_recipient_restrictions = reject_unlisted_recipient, reject_unauth_destination'],
    [
      'smtpd_restriction_classes = known',
      'known = reject_unlisted_sender',
      'smtpd_helo_restrictions = known',
    ],
  ];

  it.each([...lists, ['smtpd_reject_unlisted_sender = yes'], []])('named: %s', async (...given) => {
    const { original, importWith, resolver } = await setUp(
      { ...ALIASES, 'main.cf': mainCf(`local_recipient_maps = ${USERS}`, ...given) },
      BASE_ZONE,
    );
    const expected = await decisions(original, someProbes, resolver);
    expect(repliesOf(expected)).toContainEqual(
      expect.stringMatching(/550.*<no-such-user@dest\.test>.*User unknown/),
    );
    expect(await decisions(await importWith(), someProbes, resolver)).toEqual(expected);
  });

  it.each(lists)("not named, where Postfix's default counts: %s", async (...given) => {
    const files = {
      ...ALIASES,
      'main.cf': mainCf(...given),
      'default.cf': mainCf(...given, `local_recipient_maps = ${USERS}`),
    };
    const { importWith, compileOriginal, resolver } = await setUp(files, BASE_ZONE);
    const expected = await decisions(compileOriginal('default.cf'), someProbes, resolver);
    expect(repliesOf(expected)).toContainEqual(
      expect.stringMatching(/550.*<no-such-user@dest\.test>.*User unknown/),
    );
    expect(await decisions(await importWith(), someProbes, resolver)).toEqual(expected);
  });
});

describe('the configurations', () => {
  it.each(readdirSync(CONFIGURATIONS).sort())('%s', async (name) => {
    const names = readdirSync(join(CONFIGURATIONS, name)).filter((file) => !file.endsWith('.txt'));
    const files = Object.fromEntries(
      names.map((file) => [file, readFileSync(join(CONFIGURATIONS, name, file), 'utf8')]),
    );
    const { original, importWith, resolver } = await setUp(files, BASE_ZONE);
    const all = [...probes()];
    const expected = await decisions(original, all, resolver);
    expect(await decisions(await importWith(), all, resolver)).toEqual(expected);
  });
});
