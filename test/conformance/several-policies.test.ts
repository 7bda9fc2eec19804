/**
 * Several policies of one Postward, told apart by the socket that Postfix asks
 * and by `policy_context`: one smtpd for each way to ask, and what each policy
 * answers. The wiring is that of docs/guide/postfix.md.
 */
import { describe, expect, it } from 'vitest';
import { parseCase } from '../support/case-file.ts';
import { startDaemon } from '../support/daemon.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { nextLoopbackAddress } from '../support/loopback-address.ts';
import { startPostfix } from '../support/private-postfix.ts';
import { requirement } from '../support/requirements.ts';
import { runProbe } from '../support/smtp-probe.ts';

/** For all: what is ours, and that Postfix itself refuses to relay. */
const MAIN_CF = `\
myhostname = mx.dest.test
mydestination = dest.test
mynetworks = 127.0.0.0/8
local_recipient_maps =
smtpd_relay_restrictions =
smtpd_recipient_restrictions = reject_unauth_destination
`;

const OURS = 'mydestination = dest.test\nlocal_recipient_maps =\nsmtpd_relay_restrictions =\n';

const POLICIES = {
  'mx.cf': `${OURS}
smtpd_client_restrictions = check_client_access inline:{ {192.0.2.66 = REJECT mx client} }
smtpd_sender_restrictions = check_sender_access inline:{ {spam@sender.test = REJECT mx sender} }
smtpd_recipient_restrictions = reject_unauth_destination
`,
  'submission.cf': `${OURS}
smtpd_client_restrictions = permit_sasl_authenticated, check_client_access static:{REJECT submission client}
smtpd_sender_restrictions = check_sender_access inline:{ {spam@sender.test = REJECT submission sender} }
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
`,
  'filter.cf': `${OURS}
mynetworks = 127.0.0.1/32
smtpd_recipient_restrictions = permit_mynetworks, check_client_access static:{REJECT filter}
`,
};

const PORTS = { mx: 10040, submission: 10041, filter: 10042 };

/** The policy answers DUNNO where it permits: what makes such a list certain is Postfix's own. */
const THEN = 'check_client_access static:OK, reject';

function servicesOf(address: string): Record<string, Record<string, string>> {
  const ask = (port: number, context?: string) =>
    `check_policy_service { inet:${address}:${port}, timeout=30s${context === undefined ? '' : `, policy_context=${context}`} }`;
  const recipient = (port: number, context?: string) => ({
    smtpd_recipient_restrictions: `${ask(port, context)}, ${THEN}`,
  });
  return {
    // By socket, and the context or list alone means the policy of the socket.
    mx: recipient(PORTS.mx),
    submission: recipient(PORTS.submission),
    filter: recipient(PORTS.filter),
    lists: {
      smtpd_client_restrictions: ask(PORTS.submission, 'client'),
      smtpd_sender_restrictions: ask(PORTS.submission, '/sender'),
      ...recipient(PORTS.submission, 'recipient'),
    },
    // By context, whatever the socket.
    'context-submission': recipient(PORTS.mx, 'submission'),
    'context-filter': recipient(PORTS.submission, 'filter'),
    'context-lists': {
      smtpd_client_restrictions: ask(PORTS.mx, 'submission/client'),
      smtpd_sender_restrictions: ask(PORTS.mx, 'mx/sender'),
      ...recipient(PORTS.filter, 'mx/recipient'),
    },
    // No such policy: the one of the socket.
    'context-unknown': recipient(PORTS.mx, 'nobody'),
    'context-unknown-list': recipient(PORTS.mx, 'submission/nothing'),
  };
}

const { probes } = parseCase(
  'several-policies',
  `about: clients with something to each policy
== probes
stranger
listed       addr=192.0.2.66
spam         from=spam@sender.test
login        login=alice
login-relay  login=alice to=bob@other.test
login-spam   login=alice from=spam@sender.test
itself       addr=127.0.0.1 to=bob@other.test
`,
);

/** What each way of asking comes to, by probe; `relay` is a destination that is not ours. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  mx: ['ok', 'mx client', 'mx sender', 'ok', 'relay', 'mx sender', 'relay'],
  submission: [
    'submission client',
    'submission client',
    'submission client',
    'ok',
    'ok',
    'submission sender',
    'submission client',
  ],
  filter: ['filter', 'filter', 'filter', 'filter', 'filter', 'filter', 'ok'],
  // With the submission client list and the mx sender and recipient lists.
  'context-lists': [
    'submission client',
    'submission client',
    'submission client',
    'ok',
    'relay',
    'mx sender',
    'submission client',
  ],
};

const SAME: Readonly<Record<string, string>> = {
  lists: 'submission',
  'context-submission': 'submission',
  'context-filter': 'filter',
  'context-unknown': 'mx',
  'context-unknown-list': 'mx',
};

const postfix = requirement('postfix');

describe.skipIf(!postfix.isMet)('several policies', () => {
  it('by socket and by policy_context', async () => {
    const address = nextLoopbackAddress();
    await using stack = new AsyncDisposableStack();
    const dns = await startFixtureDns({ zone: '', address, port: 53 });
    stack.defer(() => dns.stop());
    const settings = [
      'policies:',
      ...Object.keys(POLICIES).map((file) => `  ${file.replace('.cf', '')}: ${file}`),
      'listen:',
      ...Object.entries(PORTS).map(
        ([policy, port]) => `  - { address: "${address}:${port}", policy: ${policy} }`,
      ),
    ];
    const files = { ...POLICIES, 'postward.yaml': `${settings.join('\n')}\n` };
    const services = servicesOf(address);
    const instance = await startPostfix({
      mainCf: MAIN_CF,
      tables: Object.entries(files).map(([name, text]) => ({ name, type: 'texthash', text })),
      address,
      nameserver: address,
      services,
    });
    stack.defer(() => instance.stop());
    const daemon = await startDaemon({
      etcPostfix: instance.etcPostfix,
      listen: `${address}:${PORTS.filter}`,
      dns: address,
      config: '/etc/postfix/postward.yaml',
    });
    stack.defer(() => daemon.stop());

    for (const service of Object.keys(services)) {
      const answers: string[] = [];
      for (const probe of probes) {
        const [reply = ''] = await runProbe(probe, address, instance.port(service));
        answers.push(inShort(reply));
      }
      expect.soft(answers, service).toEqual(ANSWERS[SAME[service] ?? service]);
    }
    const policies = new Set(
      daemon.log.filter(({ event }) => event === 'decision').map((line) => line['policy']),
    );
    expect([...policies].sort()).toEqual(['filter', 'mx', 'submission']);
    const unknown = daemon.log.filter(({ event }) => event === 'unknown_policy_context');
    // Noticed once each, not at every request.
    expect(unknown.map((line) => line['policy_context'])).toEqual(['nobody', 'submission/nothing']);
  });
});

function inShort(reply: string): string {
  if (reply.startsWith('250')) return 'ok';
  return /(?:mx|submission|filter) ?\w*$/.exec(reply)?.[0] ?? (reply.includes('Relay') ? 'relay' : reply);
}
