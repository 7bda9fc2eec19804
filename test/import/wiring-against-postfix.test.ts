/**
 * The lines that `postward import` prints for Postfix, given to a real one: it
 * answers as it did with its own lists. The cases are those in which something
 * of a list stays in Postfix: the guard against relaying, permits before it,
 * classes, restrictions that only Postfix can decide.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { importMainCf } from '../../src/import/import-main-cf.ts';
import type { Layout } from '../../src/import/wiring.ts';
import { Source } from '../../src/language/source.ts';
import { readHostFacts } from '../../src/policy/host-facts.ts';
import { compareReplies } from '../conformance/reply-comparison.ts';
import { type Case, parseCase } from '../support/case-file.ts';
import { startDaemon } from '../support/daemon.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { nextLoopbackAddress } from '../support/loopback-address.ts';
import { laidOver, startPostfix } from '../support/private-postfix.ts';
import { requirement } from '../support/requirements.ts';
import { runProbe } from '../support/smtp-probe.ts';

const CONFORMANCE = join(import.meta.dirname, '../conformance');
const BASE_CF = readFileSync(join(CONFORMANCE, 'base.cf'), 'utf8');
const BASE_ZONE = readFileSync(join(CONFORMANCE, 'base.zone'), 'utf8');
const PORT = 10040;
const LAYOUTS: readonly Layout[] = ['single', 'per list'];

const PIPELINING = parseCase(
  'pipelining',
  `about: what only Postfix can decide, amid what Postward decides
== main.cf
smtpd_client_restrictions = check_client_access inline:{192.0.2.1=REJECT, 192.0.2.2=OK}, reject_unauth_pipelining, reject_unknown_client_hostname
smtpd_recipient_restrictions = permit_mynetworks, check_client_access hash:@T@/relays, check_recipient_access inline:{no@dest.test=REJECT}, reject_unauth_destination, reject_non_fqdn_sender
smtpd_data_restrictions = reject_unauth_pipelining
== table relays hash
192.0.2.2   OK
== probes
plain         data=1
rejected      addr=192.0.2.1
unnamed       name=[UNAVAILABLE]
unnamed-ok    addr=192.0.2.2 name=[UNAVAILABLE] to=bob@other.test
relay         to=bob@other.test
mine          addr=127.0.0.1 to=bob@other.test from=a@b
recipient     to=no@dest.test
sender        from=a@b
several       to=bob@dest.test|no@dest.test|bob@other.test data=1
`,
);

/** Lists that let in whom they name, and nobody else; a service of master.cf for submission has such lists. */
const CLOSED = [
  parseCase(
    'closed',
    `about: a list that ends in reject, and in which nothing needs Postward
== main.cf
smtpd_client_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtpd_helo_restrictions = reject_invalid_helo_hostname
smtpd_recipient_restrictions = check_recipient_access inline:{no@dest.test=REJECT}, reject_unauth_destination
== probes
mine       addr=127.0.0.1
mine-no    addr=127.0.0.1 to=no@dest.test
mine-helo  addr=127.0.0.1 helo=a_b.
stranger   addr=192.0.2.1
login      addr=192.0.2.1 login=bob
both       addr=192.0.2.1 helo=a_b. to=no@dest.test
`,
  ),
  parseCase(
    'closed-amid',
    `about: lists that end in reject, and in which something needs Postward
== main.cf
smtpd_client_restrictions = reject_unknown_client_hostname, permit_mynetworks, reject
smtpd_sender_restrictions = check_sender_access inline:{no@sender.test=REJECT}, permit_sasl_authenticated, permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
== probes
mine       addr=127.0.0.1
mine-no    addr=127.0.0.1 from=no@sender.test
stranger   addr=192.0.2.1
unnamed    addr=192.0.2.1 name=[UNAVAILABLE]
`,
  ),
  parseCase(
    'closed-later',
    `about: a list that ends in reject, behind one that Postward decides
== main.cf
smtpd_client_restrictions = reject_unknown_client_hostname
smtpd_sender_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
== probes
mine       addr=127.0.0.1
stranger   addr=192.0.2.1
unnamed    addr=192.0.2.1 name=[UNAVAILABLE]
login      addr=192.0.2.1 login=bob
`,
  ),
];

function caseOf(name: string): Case {
  return parseCase(name, readFileSync(join(CONFORMANCE, 'cases', `${name}.case`), 'utf8'));
}

/** Parameters that the import of a case's main.cf prints, with `server` to ask. */
function wiringOf({ mainCf, tables }: Case, server: string): Record<Layout, Record<string, string>> {
  const directory = mkdtempSync(join(tmpdir(), 'postward-wiring-'));
  try {
    const here = (text: string) => text.replaceAll('/etc/postfix', directory);
    for (const { name, text } of tables) writeFileSync(join(directory, name), here(text));
    const { policies } = importMainCf({
      mainCf: new Source(join(directory, 'main.cf'), here(laidOver(BASE_CF, mainCf))),
      configDirectory: directory,
      host: readHostFacts(),
      isFixing: false,
    });
    const { wiring } = policies[0];
    const parameters = (layout: Layout) =>
      Object.fromEntries(
        [...wiring[layout]].map(([parameter, words]) => [
          parameter,
          words.join(', ').replaceAll(directory, '/etc/postfix').replaceAll('127.0.0.1:10040', server),
        ]),
      );
    return { single: parameters('single'), 'per list': parameters('per list') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const CASES = [
  PIPELINING,
  ...CLOSED,
  ...['classes', 'expansion', 'f-content-filter', 'generic', 'mx-backup', 'relay'].map(caseOf),
];

/** A Postfix for a case, with its own lines and with those that ask Postward, and the DNS of both; stopped with the stack. */
async function startWired(each: (typeof CASES)[number], stack: AsyncDisposableStack) {
  const { mainCf, tables, zone } = each;
  const address = nextLoopbackAddress();
  const wiring = wiringOf(each, `${address}:${PORT}`);
  const dns = await startFixtureDns({ zone: `${BASE_ZONE}\n${zone}`, address, port: 53 });
  stack.defer(() => dns.stop());
  const instance = await startPostfix({
    mainCf: laidOver(BASE_CF, mainCf),
    tables,
    address,
    nameserver: address,
    services: { native: {}, single: wiring.single, 'per-list': wiring['per list'] },
  });
  stack.defer(() => instance.stop());
  return { address, instance };
}

const postfix = requirement('postfix');

describe.skipIf(!postfix.isMet)('Postfix with its new lines', () => {
  it.concurrent.for(CASES)('$name: $about', async (each, { expect }) => {
    const { probes } = each;
    await using stack = new AsyncDisposableStack();
    const { address, instance } = await startWired(each, stack);
    const daemon = await startDaemon({
      etcPostfix: instance.etcPostfix,
      listen: `${address}:${PORT}`,
      dns: address,
    });
    stack.defer(() => daemon.stop());

    const differences: string[] = [];
    for (const probe of probes) {
      const native = await runProbe(probe, address, instance.port('native'));
      for (const layout of LAYOUTS) {
        const ours = await runProbe(probe, address, instance.port(layout.replace(' ', '-')));
        for (let index = 0; index < Math.max(native.length, ours.length); index++) {
          const [left, right] = [native[index] ?? '', ours[index] ?? ''];
          const comparison = compareReplies(layout, left, right);
          if (comparison.kind !== 'different') continue;
          differences.push(`${probe.id}, ${layout}: ${comparison.what}\n  ${left}\n  ${right}`);
        }
      }
    }
    expect(differences.join('\n')).toBe('');
  });
});

describe.skipIf(!postfix.isMet)('Postfix with its new lines, while Postward is down', () => {
  it.concurrent.for(CLOSED)('lets in nobody whom it refused: $name', async (each, { expect }) => {
    const { probes } = each;
    await using stack = new AsyncDisposableStack();
    const { address, instance } = await startWired(each, stack);

    const strangers = probes.filter(({ client }) => client.address !== '127.0.0.1');
    const refused: string[] = [];
    for (const probe of strangers) {
      const native = await runProbe(probe, address, instance.port('native'));
      if (!native.some((reply) => /^[45]/.test(reply))) continue;
      refused.push(probe.id);
      for (const layout of LAYOUTS) {
        const replies = await runProbe(probe, address, instance.port(layout.replace(' ', '-')));
        expect(replies.at(-1), `${probe.id}, ${layout}`).toMatch(/^[45]/);
      }
    }
    expect(refused).toContain('stranger');
  });
});
