/**
 * Runs a random case and tells where Postward and native Postfix part, beyond
 * what a policy answer cannot do: the replies of reply-comparison.ts, and what
 * `ALLOWED` says.
 */
import { type Case, parseCase } from '../../support/case-file.ts';
import type { Layout } from '../../support/policy-layout.ts';
import { compareReplies } from '../reply-comparison.ts';
import { LAYOUTS, type ProbeResult, runCase } from '../run-case.ts';

export interface Difference {
  readonly probe: string;
  readonly layout: Layout;
  readonly what: string;
  readonly native: readonly string[];
  readonly delegated: readonly string[];
  /** What Postward was asked and answered, one line each. */
  readonly exchanges: readonly string[];
}

export interface Comparison {
  readonly probes: number;
  readonly differences: readonly Difference[];
  /** How often each outcome was seen natively: `554`, `hold`. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** How often each thing that cannot be alike was let pass. */
  readonly allowed: ReadonlyMap<string, number>;
}

interface Pair {
  readonly layout: Layout;
  readonly parsed: Case;
  readonly native: ProbeResult;
  readonly delegated: ProbeResult;
}

/** @throws Error when the case does not start. */
export async function differencesOf(name: string, text: string): Promise<Comparison> {
  const parsed = parseCase(name, text);
  // Before RCPT nothing asks in the single layout.
  const isDelayed = !/^smtpd_delay_reject = no$/m.test(parsed.mainCf);
  const results = await runCase(parsed, { layouts: isDelayed ? LAYOUTS : ['per list'] });
  const differences: Difference[] = [];
  const outcomes = new Map<string, number>();
  const allowed = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { id } of parsed.probes) {
    const native = results.native.get(id);
    if (native === undefined) throw new Error(`probe ${id} was not run`);
    for (const reply of native.replies) count(outcomes, reply.slice(0, 3));
    for (const effect of native.effects) count(outcomes, effect.slice(1, effect.indexOf(')')));
    for (const [layout, byProbe] of results.delegated) {
      const delegated = byProbe.get(id);
      if (delegated === undefined) throw new Error(`probe ${id} was not run delegated`);
      const pair = { layout, parsed, native, delegated };
      const found = compareReplyLists(pair, (because) => count(allowed, because)) ?? compareEffects(pair);
      if (found === undefined) continue;
      const because = ALLOWED.find(({ holds }) => holds(pair));
      if (because !== undefined) {
        count(allowed, because.name);
        continue;
      }
      differences.push({
        probe: id,
        layout,
        what: found,
        native: [...native.replies, ...native.effects],
        delegated: [...delegated.replies, ...delegated.effects],
        exchanges: delegated.exchanges.map(
          ({ policyContext, recipient, action }) => `${policyContext || 'all'} <${recipient}>: ${action}`,
        ),
      });
    }
  }
  return { probes: parsed.probes.length, differences, outcomes, allowed };
}

/** The first difference in a few words. */
function compareReplyLists(
  { layout, native, delegated }: Pair,
  allow: (because: string) => void,
): string | undefined {
  if (native.replies.length !== delegated.replies.length) return 'number of replies';
  for (const [index, reply] of native.replies.entries()) {
    const comparison = compareReplies(layout, reply, delegated.replies[index] ?? '');
    if (comparison.kind === 'different') return comparison.what;
    if (comparison.kind === 'possible') comparison.because.forEach(allow);
  }
  return undefined;
}

/** A policy answer carries one effect: some of several may be lost, but not the last one, and none may come. */
function compareEffects({ native, delegated }: Pair): string | undefined {
  // A tab in a table is logged as `?`, and sent to Postfix as a blank.
  const left = native.effects.map((effect) => effect.replaceAll('?', ' '));
  for (const effect of delegated.effects) {
    const at = left.indexOf(effect.replaceAll('?', ' '));
    if (at < 0) return 'an effect too many';
    left.splice(at, 1);
  }
  // One action an answer: PREPEND, which is not logged, may stand for an INFO, and a deferral goes before both.
  const isOther = delegated.exchanges.some(({ action }) => /^(?:PREPEND|DEFER_IF_REJECT) /.test(action));
  const isRefused = native.replies.some((reply) => /^[45]/.test(reply));
  if (left.length > 0 && delegated.effects.length === 0 && !isRefused && !isOther) return 'an effect lost';
  return undefined;
}

/** What the layouts cannot do, by what was exchanged. */
const ALLOWED: readonly { readonly name: string; readonly holds: (pair: Pair) => boolean }[] = [
  {
    name: 'access_map_defer_code for a deferral of another code',
    holds: (pair) => {
      const { native, delegated, parsed } = pair;
      const code = /^access_map_defer_code = (4\d\d)$/m.exec(parsed.mainCf)?.[1];
      const replies = delegated.replies.map((reply, index) => {
        const nativeCode = /^4\d\d/.exec(native.replies[index] ?? '')?.[0];
        return nativeCode !== undefined && reply.startsWith(`${code} `) ? nativeCode + reply.slice(3) : reply;
      });
      const repaired = { ...pair, delegated: { ...delegated, replies } };
      return code !== undefined && compareReplyLists(repaired, () => {}) === undefined;
    },
  },
  {
    // The deferral was answered; later recipients are discarded unseen.
    name: 'DISCARD behind a deferral, with several recipients',
    holds: ({ native, delegated }) =>
      native.effects.some((effect) => effect.startsWith('(discard)')) &&
      /^4/.test(native.replies[0] ?? '') &&
      native.replies.length > 1 &&
      delegated.exchanges.length > 1,
  },
  {
    name: 'both flags, raised in different lists',
    holds: (pair) => {
      const { layout, delegated } = pair;
      if (layout !== 'per list') return false;
      return delegated.exchanges.some(({ action, recipient, policyContext }, index) => {
        const isAskedOn = delegated.exchanges
          .slice(index + 1)
          .some((later) => later.recipient === recipient && later.policyContext !== policyContext);
        if (!isAskedOn) return false;
        if (/^DEFER_IF_PERMIT/.test(action))
          return /defer_if_reject|permit_dnswl|permit_rhswl|permit_mx/i.test(configuration(pair));
        return /^DEFER_IF_REJECT/.test(action) && /^(?:relay|recipient)$/.test(policyContext);
      });
    },
  },
];

/** All that may name a restriction. */
function configuration({ parsed }: Pair): string {
  return [parsed.mainCf, ...parsed.tables.map(({ text }) => text)].join('\n');
}

/** A difference for people. */
export function describe({ probe, layout, what, native, delegated, exchanges }: Difference): string {
  return [
    `${probe}, ${layout}: ${what}`,
    ...native.map((line) => `  native     ${line}`),
    ...delegated.map((line) => `  delegated  ${line}`),
    ...exchanges.map((line) => `  asked      ${line}`),
  ].join('\n');
}
