/**
 * Real Postfix deciding natively against the same Postfix asking Postward, in
 * both layouts, for every case of cases/: the same main.cf, tables and DNS,
 * the same SMTP sessions. How a case is written: test/support/case-file.ts.
 *
 * Native replies are compared with those in the case file, so a case says what
 * Postfix does and a probe that tests nothing is seen. After a change,
 * `npm run conformance:record` writes them anew, to be reviewed as a diff.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCase, withReplies } from '../support/case-file.ts';
import { startDaemon } from '../support/daemon.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { nextLoopbackAddress } from '../support/loopback-address.ts';
import { delegated, type Layout } from '../support/policy-layout.ts';
import { laidOver, startPostfix } from '../support/private-postfix.ts';
import { requirement } from '../support/requirements.ts';
import { runProbes } from '../support/smtp-probe.ts';
import { compareReplies, IMPOSSIBLE } from './reply-comparison.ts';
import { sideEffects } from './side-effects.ts';

const HERE = import.meta.dirname;
const CASES = join(HERE, 'cases');
const BASE_CF = readFileSync(join(HERE, 'base.cf'), 'utf8');
const BASE_ZONE = readFileSync(join(HERE, 'base.zone'), 'utf8');
const DAEMON_PORT = 10040;
const LAYOUTS: readonly Layout[] = ['single', 'per list'];
const isRecording = process.env['POSTWARD_RECORD_CONFORMANCE'] === 'true';

const postfix = requirement('postfix');

/** Probe → replies, then side effects. */
type Results = ReadonlyMap<string, readonly string[]>;

interface CaseResults {
  readonly native: Results;
  readonly delegated: ReadonlyMap<Layout, Results>;
}

async function runCase(name: string, text: string): Promise<CaseResults> {
  const { mainCf, tables, zone, probes } = parseCase(name, text);
  const address = nextLoopbackAddress();
  const server = `${address}:${DAEMON_PORT}`;
  await using stack = new AsyncDisposableStack();
  const dns = await startFixtureDns({ zone: `${BASE_ZONE}\n${zone}`, address, port: 53 });
  stack.defer(() => dns.stop());
  const instance = await startPostfix({
    mainCf: laidOver(BASE_CF, mainCf),
    tables,
    address,
    nameserver: address,
    services: {
      native: {},
      single: delegated('single', mainCf, server),
      'per-list': delegated('per list', mainCf, server),
    },
  });
  stack.defer(() => instance.stop());
  const resultsOf = async (service: string): Promise<Results> => {
    const replies = await runProbes(probes, address, instance.port(service));
    const sessions = await instance.sessions(service, probes.length);
    return new Map(
      probes.map(({ id }, index) => [
        id,
        [...(replies.get(id) ?? []), ...sideEffects(sessions[index] ?? [])],
      ]),
    );
  };
  if (isRecording) return { native: await resultsOf('native'), delegated: new Map() };
  const [native, daemon] = await Promise.all([
    resultsOf('native'),
    startDaemon({ etcPostfix: instance.etcPostfix, listen: server, dns: address }),
  ]);
  stack.defer(() => daemon.stop());
  const delegatedResults = new Map<Layout, Results>();
  for (const layout of LAYOUTS) delegatedResults.set(layout, await resultsOf(layout.replace(' ', '-')));
  return { native, delegated: delegatedResults };
}

describe.skipIf(!postfix.isMet)('Postward decides what Postfix decides', () => {
  const seen = new Set<string>();

  for (const file of readdirSync(CASES).sort()) {
    const name = file.replace(/\.case$/, '');
    const text = readFileSync(join(CASES, file), 'utf8');
    const { about, probes } = parseCase(name, text);

    it.concurrent(`${name}: ${about}`, async ({ expect }) => {
      const results = await runCase(name, text);
      if (isRecording) writeFileSync(join(CASES, file), withReplies(text, results.native));
      const differences: string[] = [];
      for (const { id, expected } of probes) {
        const native = results.native.get(id) ?? [];
        if (!isRecording) expect.soft(native, `${id}, natively`).toEqual(expected);
        for (const [layout, replies] of results.delegated) {
          const ours = replies.get(id) ?? [];
          for (let index = 0; index < Math.max(native.length, ours.length); index += 1) {
            const [left, right] = [native[index] ?? '', ours[index] ?? ''];
            const comparison = compareReplies(layout, left, right);
            if (comparison.kind === 'possible') for (const because of comparison.because) seen.add(because);
            if (comparison.kind === 'different') {
              differences.push(
                `${id}, ${layout}: ${comparison.what}\n  native    ${left}\n  delegated ${right}`,
              );
            }
          }
        }
      }
      expect(differences.join('\n')).toBe('');
    });
  }

  afterAll(() => {
    // An exception that no case needs is one that hides something.
    if (!isRecording) expect([...seen].sort()).toEqual([...IMPOSSIBLE].sort());
  });
});
