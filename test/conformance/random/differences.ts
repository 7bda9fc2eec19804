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
  /** Probes that something in a list decided, or had an effect on: not those that nothing objected to, or smtpd itself. */
  readonly decided: number;
  /** How often each outcome was seen natively: `554`, `hold`. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** How often Postward decided what, in all layouts: `reject`. */
  readonly verdicts: ReadonlyMap<string, number>;
  /** How often each restriction decided, in all layouts; `-` where the end of a list did. */
  readonly restrictions: ReadonlyMap<string, number>;
  /** How often each thing that cannot be alike was let pass. */
  readonly allowed: ReadonlyMap<string, number>;
}

interface Pair {
  readonly layout: Layout;
  readonly parsed: Case;
  readonly native: ProbeResult;
  readonly delegated: ProbeResult;
  /** Postfix and Postward agree where one query stands for all lists: whatever differs is the layout's doing. */
  readonly isSameInSingle: boolean;
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
  const verdicts = new Map<string, number>();
  const restrictions = new Map<string, number>();
  let decided = 0;
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { verdict, restriction } of results.decisions) {
    count(verdicts, String(verdict));
    count(restrictions, String(restriction ?? '-'));
  }
  for (const { id } of parsed.probes) {
    const native = results.native.get(id);
    if (native === undefined) throw new Error(`probe ${id} was not run`);
    for (const reply of native.replies) count(outcomes, reply.slice(0, 3));
    for (const effect of native.effects) count(outcomes, effect.slice(1, effect.indexOf(')')));
    if (isDecided(native, results.delegated.get('per list')?.get(id))) decided += 1;
    let isSameInSingle = true;
    for (const [layout, byProbe] of results.delegated) {
      const delegated = byProbe.get(id);
      if (delegated === undefined) throw new Error(`probe ${id} was not run delegated`);
      const pair = { layout, parsed, native, delegated, isSameInSingle };
      const found = compareReplyLists(pair, (because) => count(allowed, because)) ?? compareEffects(pair);
      if (found === undefined) continue;
      if (layout === 'single') isSameInSingle = false;
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
  const probes = parsed.probes.length;
  return { probes, decided, differences, outcomes, verdicts, restrictions, allowed };
}

/** A mistake in the configuration decides nothing, nor does a command that smtpd itself refuses. */
function isDecided(native: ProbeResult, delegated: ProbeResult | undefined): boolean {
  if (native.effects.length > 0) return true;
  return (delegated?.exchanges ?? []).some(
    ({ action }) => action !== 'DUNNO' && !/^451 4\.3\.5 Server configuration error$/.test(action),
  );
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

/** What makes defer_if_reject; defer_if_permit comes of any trouble with DNS. */
const RAISES_BOTH = /defer_if_reject|permit_dnswl|permit_rhswl|permit_mx/i;

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
      native.replies.some((reply) => /^4/.test(reply)) &&
      native.replies.length > 1 &&
      delegated.exchanges.length > 1,
  },
  {
    // The second of the relay and the recipient list has its say natively: which 4xx it is.
    name: 'both flags, raised in the first of two lists that share them',
    holds: (pair) => {
      const { layout, native, delegated, isSameInSingle } = pair;
      const last = delegated.exchanges.at(-1);
      return (
        layout === 'per list' &&
        isSameInSingle &&
        /^4\d\d /.test(last?.action ?? '') &&
        /^(?:relay|recipient)$/.test(last?.policyContext ?? '') &&
        native.replies.length === delegated.replies.length &&
        native.replies.every(
          (reply, index) => /^4/.test(reply) === /^4/.test(delegated.replies[index] ?? ''),
        ) &&
        RAISES_BOTH.test(configuration(pair))
      );
    },
  },
  {
    name: 'both flags, raised in different lists',
    holds: (pair) => {
      const { layout, delegated, isSameInSingle } = pair;
      if (layout !== 'per list' || !isSameInSingle) return false;
      return delegated.exchanges.some(({ action, recipient, policyContext }, index) => {
        // With smtpd_delay_reject = no, what came before RCPT TO holds for every recipient.
        const isAskedOn = delegated.exchanges
          .slice(index + 1)
          .some(
            (later) =>
              (later.recipient === recipient || recipient === '') && later.policyContext !== policyContext,
          );
        if (!isAskedOn) return false;
        if (/^DEFER_IF_PERMIT/.test(action)) return RAISES_BOTH.test(configuration(pair));
        return /^DEFER_IF_REJECT/.test(action) && /^(?:relay|recipient)$/.test(policyContext);
      });
    },
  },
];

/** All that may name a restriction, or raise a flag. */
function configuration({ parsed }: Pair): string {
  const { mainCf, tables, policy } = parsed;
  return [mainCf, ...tables.map(({ text }) => text), ...policy.map(({ action }) => action)].join('\n');
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
