/**
 * An explained decision as a value, and as the JSON that `postward explain
 * --json` and the admin API give.
 */
import type { LookupNote, TraceEntry, TraceList } from '../engine/decision.ts';
import type { Reply, SideEffect } from '../engine/outcome.ts';
import type { Plan } from '../engine/plan.ts';
import type { ListName, StepRef } from '../engine/step.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import type { Ruling } from '../snapshot/decider.ts';
import type { ExplanationJson } from './explanation-schema.ts';

/** A list that smtpd would run for such a request, and has not. */
export interface ListNotRun {
  readonly list: ListName;
  readonly reason: string;
}

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

export function explanationJson({
  request,
  assumed,
  ruling,
  action,
  durationMs,
  notRun,
}: Explanation): ExplanationJson {
  const { decision, policy, list } = ruling;
  const { verdict, reply, effects, decidedBy, warnings, isFault, trace } = decision;
  return {
    verdict,
    action,
    ...optional({ reply: reply && replyJson(reply) }),
    effects: effects.map(effectJson),
    fault: isFault,
    policy,
    ...optional({ list }),
    ...optional({
      decided_by: decidedBy && {
        list: decidedBy.list,
        ...stepJson(decidedBy.step),
        ...optional({ entry: decidedBy.entry && lookupJson(decidedBy.entry) }),
      },
    }),
    warnings: warnings.map((warning) => ({
      code: warning.code,
      message: warning.message,
      list: warning.list,
      ...stepJson(warning.step),
      ...optional({ reply: warning.reply && replyJson(warning.reply) }),
    })),
    duration_ms: durationMs,
    request: Object.fromEntries(Object.entries(request).filter(([, value]) => value !== '')),
    assumed: [...assumed],
    trace: (trace ?? []).map((one) => ({
      list: one.list,
      ...optional({ implicit: one.implicit }),
      result: one.result,
      entries: one.entries.map(entryJson),
      not_reached: one.notReached.map(stepJson),
    })),
    lists_not_run: notRun.map((one) => ({ ...one })),
  };
}

type Entry = ExplanationJson['trace'][number]['entries'][number];

function entryJson(entry: TraceEntry): Entry {
  const { step, depth, isWarnOnly, outcome, lookups, dns, notes, durationMs } = entry;
  return {
    ...stepJson(step),
    depth,
    warn_only: isWarnOnly,
    ...optional({
      outcome: outcome && {
        kind: outcome.kind,
        ...('reply' in outcome ? { reply: replyJson(outcome.reply) } : {}),
        ...('effect' in outcome ? { effect: effectJson(outcome.effect) } : {}),
      },
    }),
    lookups: lookups.map(lookupJson),
    dns: dns.map(({ name, type, answer, cached }) => ({
      name,
      type,
      status: answer.status,
      records: answer.records.map(({ data, preference }) => ({ data, preference })),
      ttl_seconds: answer.ttlSeconds,
      reason: answer.reason,
      cached,
    })),
    notes: [...notes],
    duration_ms: durationMs,
  };
}

function replyJson({ code, dsn, prefix, text }: Reply) {
  return { code, dsn, prefix, text };
}

function effectJson({ verb, text }: SideEffect) {
  return { verb, text };
}

function lookupJson({ table, key, value, failure }: LookupNote) {
  return { table, key, ...optional({ value }), failure };
}

/** Restriction, text and place as JSON. */
export function stepJson({ restriction, text, span }: StepRef) {
  if (span === undefined) return { restriction, text };
  return { restriction, text, file: span.source.file, ...span.source.position(span.start) };
}

/** Without the members that are undefined. */
function optional<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
