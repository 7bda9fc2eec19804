/**
 * `postward explain`: what would be decided about a request, and the whole way
 * to it, by the very engine of the daemon.
 */

import { openDns, zoneMask } from '../dns/open-dns.ts';
import { type ExplainRequest, requestFromText, requestFromWords } from '../explain/explain-request.ts';
import { explanationJson, listsNotRun } from '../explain/explanation.ts';
import { openKeptLists } from '../lists/kept-lists.ts';
import { loadPolicies } from '../load-policies.ts';
import { actionFor } from '../server/action-encoder.ts';
import { Decider } from '../snapshot/decider.ts';
import { dnsblUses } from '../snapshot/snapshot.ts';
import { OperatorError } from '../util/operator-error.ts';
import { explanationText } from './explain-report.ts';
import { type OptionValues, settingsFor } from './setting-flags.ts';
import { painter, printDiagnostics, type Terminal } from './terminal.ts';

const MAX_INPUT_BYTES = 65_536;

/** @returns the exit code: 0 when there is a decision, whatever it is */
export async function explain(
  words: readonly string[],
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const { request, assumed } = await requestFor(words, terminal);
  if (typeof options['context'] === 'string') request.policy_context = options['context'];
  const settings = settingsFor(options, terminal);
  const lists = openKeptLists(settings.data, (list, reason) =>
    terminal.error(`postward: the list \`${list}\` is taken for an empty one: ${reason}`),
  );
  const { snapshot, diagnostics } = await loadPolicies(settings, 1, { lists: lists.tables });
  lists.close();
  const mask = zoneMask(settings.dns.zones);
  printDiagnostics(
    terminal,
    diagnostics.filter(({ severity }) => severity === 'error'),
    mask,
  );
  if (snapshot === undefined) {
    throw new OperatorError('policy', 'the policy cannot be read', 'mend what is listed above');
  }

  const dns = openDns(settings.dns, undefined);
  try {
    const decider = new Decider({
      snapshot: () => snapshot,
      resolver: dns.resolver,
      dnsbl: dns.dnsbl,
      dnsblBudgetMs: settings.dns.budget_ms,
      lookahead: settings.dns.lookahead,
      onUnknownContext: (context, policy) =>
        terminal.error(`postward: \`${context}\` names no policy and no list; asking ${policy}`),
    });
    // The daemon knows how its lists are; here they have to be asked first.
    dns.dnsbl.watch(dnsblUses(snapshot));
    await dns.dnsbl.probeAll();
    const started = performance.now();
    const ruling = await decider.decide(request, settings.listen[0]?.policy ?? '', true);
    const durationMs = performance.now() - started;
    const plan = snapshot.policies.get(ruling.policy)?.plan(request, ruling.list);
    const explanation = {
      request,
      assumed,
      ruling,
      action: actionFor(ruling, { permitAction: settings.permit_action }),
      durationMs,
      notRun: plan === undefined ? [] : listsNotRun(plan, ruling.decision.trace ?? []),
    };
    terminal.out(
      options['json'] === true
        ? JSON.stringify(mask.value(explanationJson(explanation)), undefined, 2)
        : mask.text(explanationText(explanation, painter(terminal.hasOutColour))),
    );
    return 0;
  } finally {
    dns.close();
    snapshot.retire();
  }
}

async function requestFor(words: readonly string[], terminal: Terminal): Promise<ExplainRequest> {
  if (words.length > 0) return requestFromWords(words);
  const input = terminal.readInput(MAX_INPUT_BYTES);
  if (input !== undefined) return requestFromText((await input).toString());
  throw new OperatorError(
    'nothing-to-explain',
    'there is no request to explain',
    'give attributes, `postward explain client_address=192.0.2.1 sender=a@example.com recipient=b@example.org`, or a request on standard input',
  );
}
