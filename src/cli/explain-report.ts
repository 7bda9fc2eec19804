/** An explained decision, for people. */
import { formatReply } from '../engine/outcome.ts';
import type { ListName, StepRef } from '../engine/step.ts';
import type { Explanation } from '../explain/explanation.ts';
import { formatSpan } from '../language/source.ts';
import { visible } from '../language/visible.ts';
import type { Paint, Style } from './terminal.ts';
import { formatDuration, traceTree } from './trace-tree.ts';

const VERDICT_STYLES: Readonly<Record<string, Style>> = {
  permit: ['green', 'bold'],
  reject: ['red', 'bold'],
  discard: ['red', 'bold'],
};

export function explanationText(explanation: Explanation, paint: Paint): string {
  const { ruling, request } = explanation;
  const { decision } = ruling;
  const { decidedBy, reply } = decision;
  const lines = [
    paint(VERDICT_STYLES[decision.verdict] ?? ['yellow', 'bold'], decision.verdict) +
      (reply === undefined ? '' : `: ${visible(formatReply(reply))}`),
  ];
  const fact = (name: string, text: string) => lines.push(`  ${paint('dim', name.padEnd(10))} ${text}`);
  fact(
    'decided by',
    decidedBy === undefined ? 'no restriction objected' : deciderOf(decidedBy.list, decidedBy.step),
  );
  if (decidedBy?.entry !== undefined) {
    const { table, key, value, failure } = decidedBy.entry;
    fact(
      'because',
      visible(`${table} for \`${key}\` ${failure === '' ? `says \`${value}\`` : `failed: ${failure}`}`),
    );
  }
  fact('answer', visible(`action=${explanation.action}`));
  const scope =
    ruling.list === undefined ? `all lists at ${request.protocol_state}` : `the ${ruling.list} list alone`;
  fact('asked', `policy ${ruling.policy}, ${visible(scope)}, ${formatDuration(explanation.durationMs)}`);
  if (explanation.assumed.length > 0) fact('assumed', visible(explanation.assumed.join(', ')));
  for (const { code, message, list, step } of decision.warnings) {
    fact('note', `${code}: ${visible(message)} (${deciderOf(list, step)})`);
  }
  lines.push('', ...traceTree(decision.trace ?? [], { paint, notRun: explanation.notRun }));
  return lines.join('\n');
}

function deciderOf(list: ListName, step: StepRef): string {
  const place = step.span === undefined ? '' : `, ${formatSpan(step.span)}`;
  return visible(`${step.text === '' ? step.restriction : step.text} in the ${list} list${place}`);
}
