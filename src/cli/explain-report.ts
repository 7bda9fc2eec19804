/**
 * An explained decision, for people and for programs. Both read the one
 * Ruling; neither parses the other.
 */
import type { TraceEntry, TraceList } from '../engine/decision.ts';
import { formatReply } from '../engine/outcome.ts';
import type { Plan } from '../engine/plan.ts';
import type { ListName, StepRef } from '../engine/step.ts';
import { formatSpan } from '../language/source.ts';
import { visible } from '../language/visible.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import type { Ruling } from '../snapshot/decider.ts';
import type { Paint, Style } from './terminal.ts';
import { formatDuration, type ListNotRun, traceTree } from './trace-tree.ts';

export interface Explanation {
  readonly request: PolicyRequest;
  readonly assumed: readonly string[];
  readonly ruling: Ruling;
  /** What Postfix is answered. */
  readonly action: string;
  readonly durationMs: number;
  readonly notRun: readonly ListNotRun[];
}

/** The lists of a plan that the trace does not have, and why. */
export function listsNotRun({ stages }: Plan, trace: readonly TraceList[]): ListNotRun[] {
  const run = new Set(trace.map(stageName));
  const last = stages.findLastIndex((stage) => run.has(stageName(stage)));
  const hasEnded = trace.some(({ result }) => result === 'rejected' || result === 'discarded');
  const notRun = new Map<ListName, ListNotRun>();
  for (const [index, stage] of stages.entries()) {
    const { list, program, implicit } = stage;
    if (implicit !== undefined || run.has(stageName(stage)) || program.steps.length === 0) continue;
    const reason =
      hasEnded && index > last ? 'not reached' : `not run, since ${MISSING[list] ?? 'there was no need'}`;
    notRun.set(list, { list, reason });
  }
  return [...notRun.values()];
}

function stageName({ list, implicit }: Pick<TraceList, 'list' | 'implicit'>): string {
  return `${list} ${implicit ?? ''}`;
}

/** Without these smtpd does not run a list. */
const MISSING: Partial<Record<ListName, string>> = {
  helo: 'the client has given no HELO name',
  sender: 'there is no sender yet',
  relay: 'there is no recipient',
  recipient: 'there is no recipient',
};

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

export function explanationJson({
  request,
  assumed,
  ruling,
  action,
  durationMs,
  notRun,
}: Explanation): unknown {
  const { decision, policy, list } = ruling;
  const { verdict, reply, effects, decidedBy, warnings, isFault, trace } = decision;
  return {
    verdict,
    action,
    reply,
    effects,
    fault: isFault,
    policy,
    list,
    decided_by: decidedBy && { list: decidedBy.list, ...stepJson(decidedBy.step), entry: decidedBy.entry },
    warnings: warnings.map((warning) => ({
      code: warning.code,
      message: warning.message,
      list: warning.list,
      ...stepJson(warning.step),
      reply: warning.reply,
    })),
    duration_ms: durationMs,
    request: Object.fromEntries(Object.entries(request).filter(([, value]) => value !== '')),
    assumed,
    trace: (trace ?? []).map((one) => ({
      list: one.list,
      result: one.result,
      entries: one.entries.map(entryJson),
      not_reached: one.notReached.map(stepJson),
    })),
    lists_not_run: notRun,
  };
}

function entryJson(entry: TraceEntry): unknown {
  const { step, depth, isWarnOnly, outcome, lookups, dns, durationMs } = entry;
  return {
    ...stepJson(step),
    depth,
    warn_only: isWarnOnly,
    outcome: outcome && {
      kind: outcome.kind,
      ...('reply' in outcome ? { reply: outcome.reply } : {}),
      ...('effect' in outcome ? { effect: outcome.effect } : {}),
    },
    lookups,
    dns,
    duration_ms: durationMs,
  };
}

function stepJson({ restriction, text, span }: StepRef) {
  if (span === undefined) return { restriction, text };
  return { restriction, text, file: span.source.file, ...span.source.position(span.start) };
}

function deciderOf(list: ListName, step: StepRef): string {
  const place = step.span === undefined ? '' : `, ${formatSpan(step.span)}`;
  return visible(`${step.text === '' ? step.restriction : step.text} in the ${list} list${place}`);
}
