/**
 * Whole decisions, with the whole way to them, as text that a postmaster can
 * read and argue about. A directory in cases/ holds policy.cf and its tables
 * (without a policy.cf: those in policies/ of the project, with the case's own
 * tables in place of theirs), `zone` for the DNS (test/support/fixture-zone.ts),
 * `requests` (blocks of `name=value`, `# title` before each, blank lines
 * between) and `expected`: what `postward explain` says, without times.
 *
 * Rewritten by `npx vitest run test/golden --update`; read the diff.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { explanationText } from '../../src/cli/explain-report.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import { requestFromWords } from '../../src/explain/explain-request.ts';
import { listsNotRun } from '../../src/explain/explanation.ts';
import { formatDiagnostic } from '../../src/language/code-frame.ts';
import { actionFor } from '../../src/server/action-encoder.ts';
import { Decider } from '../../src/snapshot/decider.ts';
import { loadSnapshot } from '../../src/snapshot/load-snapshot.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';

const CASES = join(import.meta.dirname, 'cases');
const SHIPPED = resolve(import.meta.dirname, '../../policies');
const HOST = { hostname: 'mx.dest.test', interfaces: ['127.0.0.1/8', '192.0.2.1/24'] };
const USUAL_POLICY = 'mx';

const names = readdirSync(CASES);

test.for(names)('%s', async (name) => {
  const source = join(CASES, name);
  const directory = mkdtempSync(join(tmpdir(), 'postward-golden-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const isShipped = !existsSync(join(source, 'policy.cf'));
  if (isShipped) cpSync(SHIPPED, directory, { recursive: true });
  cpSync(source, directory, { recursive: true });

  const server = await startFixtureDns({ zone: readFileSync(join(source, 'zone'), 'utf8') });
  onTestFinished(() => server.stop());
  // Without a cache and without looking ahead: both would show in the trace, and depend on time.
  const resolver = new WireClient({ servers: [server.server], timeoutMs: 2000, attempts: 1 });
  onTestFinished(() => resolver.close());

  const { snapshot, diagnostics } = await loadSnapshot({
    version: 1,
    policyFiles: policiesIn(directory),
    host: HOST,
  });
  if (snapshot === undefined) throw new Error('no policy');
  onTestFinished(() => snapshot.retire());
  const mistakes = diagnostics
    .filter(({ severity }) => severity === 'error')
    .map((diagnostic) => formatDiagnostic(diagnostic, { colour: false }));
  const decider = new Decider({ snapshot: () => snapshot, resolver, lookahead: 0 });
  const texts = [];
  for (const { title, words } of requestsIn(readFileSync(join(source, 'requests'), 'utf8'))) {
    texts.push(`══ ${title}\n   ${words.join(' ')}\n\n${await explain(words, decider, snapshot)}\n`);
  }
  const text = [...mistakes.map((mistake) => `${mistake}\n`), ...texts].join('\n');
  await expect(text.replaceAll(`${directory}/`, '')).toMatchFileSnapshot(join(source, 'expected'));
});

/** One policy each, by its file's name; policy.cf is the socket's. */
function policiesIn(directory: string): Map<string, string> {
  const files = readdirSync(directory).filter((file) => file.endsWith('.cf'));
  return new Map(
    files.map((file) => [file === 'policy.cf' ? USUAL_POLICY : file.slice(0, -3), join(directory, file)]),
  );
}

function requestsIn(text: string): { title: string; words: string[] }[] {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((block) => {
      const [title = '', ...lines] = block.split('\n');
      if (!title.startsWith('# ')) throw new Error(`a request without a title: ${block}`);
      return { title: title.slice(2), words: lines.join(' ').trim().split(/\s+/) };
    });
}

async function explain(words: readonly string[], decider: Decider, snapshot: Snapshot): Promise<string> {
  const { request, assumed } = requestFromWords(words);
  const ruling = await decider.decide(request, USUAL_POLICY, true);
  const trace = ruling.decision.trace ?? [];
  for (const { entries } of trace) for (const entry of entries) entry.durationMs = 0;
  const plan = snapshot.policies.get(ruling.policy)?.plan(request, ruling.list);
  const text = explanationText(
    {
      request,
      assumed,
      ruling,
      action: actionFor(ruling, { permitAction: 'DUNNO' }),
      durationMs: 0,
      notRun: plan === undefined ? [] : listsNotRun(plan, trace),
    },
    (_style, plain) => plain,
  );
  return text.replace(', 0.00 ms', '');
}
