/**
 * What compatibility_level changes of a policy that leaves the rest to
 * Postfix's defaults (COMPATIBILITY_README): who may relay, for whom, in what
 * order, from which networks, and what a bare host name is completed to.
 */
import { describe, it } from 'vitest';
import { parseCase } from '../support/case-file.ts';
import { startDaemon } from '../support/daemon.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { nextLoopbackAddress } from '../support/loopback-address.ts';
import { delegated } from '../support/policy-layout.ts';
import { startPostfix } from '../support/private-postfix.ts';
import { requirement } from '../support/requirements.ts';
import { runProbe } from '../support/smtp-probe.ts';
import { compareReplies } from './reply-comparison.ts';
import { LAYOUTS } from './run-case.ts';

const PORT = 10040;

const MAIN_CF = `\
myhostname = mx.dest.test
mydestination = dest.test
local_recipient_maps =
smtpd_sender_restrictions = check_sender_access inline:{ {alice@host.dest.test = REJECT completed} }
smtpd_recipient_restrictions = check_recipient_access inline:{ {no@other.test = REJECT by the recipient list} }, permit_mynetworks, reject_unauth_destination
`;

const { probes } = parseCase(
  'compatibility-level',
  `about: the defaults
== probes
ours
bare-host       from=alice@host
other           to=bob@other.test
order           to=no@other.test
below-ours      to=bob@sub.dest.test
itself          to=bob@other.test addr=127.0.0.1
network         to=bob@other.test addr=127.0.0.9
`,
);

/** What each level answers to the probes, in short, so that a level that changes nothing is seen. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  '0': ['250', '554 completed', '554 relay', '554 recipient', '250', '250', '250'],
  '1': ['250', '250', '554 relay', '554 recipient', '250', '250', '250'],
  '2': ['250', '250', '554 relay', '554 recipient', '554 relay', '250', '554 relay'],
  '3.6': ['250', '250', '454 relay', '454 relay', '454 relay', '250', '454 relay'],
};

const postfix = requirement('postfix');

describe.skipIf(!postfix.isMet)('compatibility_level', () => {
  it.concurrent.for(Object.keys(ANSWERS))('%s', async (level, { expect }) => {
    const mainCf = `compatibility_level = ${level}\n${MAIN_CF}`;
    const address = nextLoopbackAddress();
    const server = `${address}:${PORT}`;
    await using stack = new AsyncDisposableStack();
    const dns = await startFixtureDns({ zone: '', address, port: 53 });
    stack.defer(() => dns.stop());
    const instance = await startPostfix({
      mainCf,
      address,
      nameserver: address,
      services: {
        native: {},
        single: delegated('single', mainCf, server),
        // The relay list is there by default.
        'per-list': {
          ...delegated('per list', mainCf, server),
          smtpd_relay_restrictions: `check_policy_service { inet:${server}, policy_context=relay }`,
        },
      },
    });
    stack.defer(() => instance.stop());
    const daemon = await startDaemon({ etcPostfix: instance.etcPostfix, listen: server, dns: address });
    stack.defer(() => daemon.stop());

    const natively: string[] = [];
    for (const probe of probes) {
      const [native = ''] = await runProbe(probe, address, instance.port('native'));
      natively.push(inShort(native));
      for (const layout of LAYOUTS) {
        const [ours = ''] = await runProbe(probe, address, instance.port(layout.replace(' ', '-')));
        const { kind } = compareReplies(layout, native, ours);
        expect.soft(kind, `${probe.id}, ${layout}:\n${native}\n${ours}`).not.toBe('different');
      }
    }
    expect(natively).toEqual(ANSWERS[level]);
  });
});

function inShort(reply: string): string {
  const [, word = ''] = /(completed|recipient list|Relay access)/.exec(reply) ?? [];
  return `${reply.slice(0, 3)} ${word.replace('recipient list', 'recipient').replace('Relay access', 'relay')}`.trim();
}
