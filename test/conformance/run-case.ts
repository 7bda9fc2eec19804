/**
 * One case: a Postfix that decides natively and, with the same main.cf, tables
 * and DNS, asks Postward, in each layout; the same SMTP sessions to all.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case, PolicyLine } from '../support/case-file.ts';
import { type LogLine, startDaemon } from '../support/daemon.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { nextLoopbackAddress } from '../support/loopback-address.ts';
import { delegated, type Layout } from '../support/policy-layout.ts';
import { type Exchange, startPolicyRecorder } from '../support/policy-recorder.ts';
import { answering, PolicyServer } from '../support/policy-server.ts';
import { laidOver, startPostfix } from '../support/private-postfix.ts';
import { runProbe } from '../support/smtp-probe.ts';
import { sideEffects } from './side-effects.ts';

const HERE = import.meta.dirname;
const BASE_CF = readFileSync(join(HERE, 'base.cf'), 'utf8');
const BASE_ZONE = readFileSync(join(HERE, 'base.zone'), 'utf8');
const DAEMON_PORT = 10040;
const RECORDER_PORT = 10041;

export const LAYOUTS: readonly Layout[] = ['single', 'per list'];

export interface ProbeResult {
  readonly replies: readonly string[];
  /** HOLD, DISCARD and the like, as smtpd logs them. */
  readonly effects: readonly string[];
  /** What Postfix asked Postward, and was answered. */
  readonly exchanges: readonly Exchange[];
}

/** By the id of the probe. */
export type Results = ReadonlyMap<string, ProbeResult>;

export interface CaseResults {
  readonly native: Results;
  readonly delegated: ReadonlyMap<Layout, Results>;
  /** What Postward logged of its decisions, in order. */
  readonly decisions: readonly LogLine[];
}

export interface RunCaseOptions {
  /** None: natively only. */
  readonly layouts: readonly Layout[];
}

/** @throws Error when Postfix or the daemon does not start, or the daemon logs a fault. */
export async function runCase(
  { mainCf: text, tables, zone, policy, probes }: Case,
  { layouts }: RunCaseOptions,
): Promise<CaseResults> {
  const address = nextLoopbackAddress();
  const server = `${address}:${RECORDER_PORT}`;
  await using stack = new AsyncDisposableStack();
  const dns = await startFixtureDns({ zone: `${BASE_ZONE}\n${zone}`, address, port: 53 });
  stack.defer(() => dns.stop());
  let mainCf = text;
  if (text.includes('@P@')) {
    const other = await startOtherPolicyServer(policy);
    stack.defer(() => other.close());
    mainCf = text.replaceAll('@P@', `127.0.0.1:${other.port}`);
  }
  const instance = await startPostfix({
    mainCf: laidOver(BASE_CF, mainCf),
    tables,
    address,
    nameserver: address,
    services: {
      native: {},
      ...Object.fromEntries(layouts.map((layout) => [serviceOf(layout), delegated(layout, mainCf, server)])),
    },
  });
  stack.defer(() => instance.stop());
  const recorder = await startPolicyRecorder({
    host: address,
    port: RECORDER_PORT,
    serverPort: DAEMON_PORT,
  });
  stack.defer(() => recorder.stop());

  const resultsOf = async (service: string): Promise<Results> => {
    const replies: string[][] = [];
    const exchanges: Exchange[][] = [];
    for (const probe of probes) {
      replies.push(await runProbe(probe, address, instance.port(service)));
      exchanges.push(recorder.take());
    }
    const sessions = await instance.sessions(service, probes.length);
    return new Map(
      probes.map(({ id }, index) => [
        id,
        {
          replies: replies[index] ?? [],
          effects: sideEffects(sessions[index] ?? []),
          exchanges: exchanges[index] ?? [],
        },
      ]),
    );
  };
  if (layouts.length === 0) return { native: await resultsOf('native'), delegated: new Map(), decisions: [] };
  // Postfix decides while the daemon starts, which is stopped whatever comes of it.
  const starting = startDaemon({
    etcPostfix: instance.etcPostfix,
    listen: `${address}:${DAEMON_PORT}`,
    dns: address,
  });
  stack.defer(() =>
    starting.then(
      (daemon) => daemon.stop(),
      () => {},
    ),
  );
  const [native, daemon] = await Promise.all([resultsOf('native'), starting]);
  const delegatedResults = new Map<Layout, Results>();
  for (const layout of layouts) delegatedResults.set(layout, await resultsOf(serviceOf(layout)));
  const decisions = daemon.log.filter(({ event }) => event === 'decision');
  return { native, delegated: delegatedResults, decisions };
}

async function startOtherPolicyServer(policy: readonly PolicyLine[]): Promise<PolicyServer> {
  const server = new PolicyServer((connection, request) => {
    const attributes = new Set(request.split('\n'));
    const line = policy.find(({ attribute }) => attributes.has(attribute));
    answering(line?.action ?? 'DUNNO')(connection, request);
  });
  await server.listen();
  return server;
}

function serviceOf(layout: Layout): string {
  return layout.replace(' ', '-');
}
