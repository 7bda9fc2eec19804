/**
 * Decisions counted in typed arrays: four look-ups and an increment each, no
 * label is formatted and nothing allocated until somebody scrapes.
 */
import { type Decision, VERDICTS, type Verdict } from '../engine/decision.ts';
import { LIST_NAMES, type ListName } from '../engine/step.ts';
import { DurationHistogram } from '../util/duration-histogram.ts';

/** What stands for a list or restriction when the end of all lists decided. */
const NOBODY = 'none';
/** What stands for restrictions beyond the bound. */
const OTHER = 'other';

/** Policies name restrictions and classes; more of them than this are counted together. */
const MAX_RESTRICTIONS = 500;
/** The policies of earlier snapshots stay counted; with more than this the counts go together. */
const MAX_POLICIES = 100;

const LISTS = [...LIST_NAMES, NOBODY] as const;
const LIST_INDEX = indexOf<ListName | typeof NOBODY>(LISTS);
const VERDICT_INDEX = indexOf<Verdict>(VERDICTS);

function indexOf<T extends string>(names: readonly T[]): Readonly<Record<T, number>> {
  return Object.fromEntries(names.map((name, index) => [name, index])) as Record<T, number>;
}

interface PolicyCounts {
  /** By the code of the reply, 0 without one, and restriction: a cell for each list and verdict. */
  readonly decisions: Map<number, Map<string, Float64Array>>;
  /** By restriction: a cell for each list. */
  readonly rejectWarnings: Map<string, Float64Array>;
  readonly durations: DurationHistogram;
  faults: number;
}

export interface DecisionCount {
  readonly list: string;
  readonly restriction: string;
  readonly verdict: string;
  /** Of the reply; 0: none. */
  readonly code: number;
  readonly count: number;
}

export class DecisionCounts {
  readonly #policies = new Map<string, PolicyCounts>();

  observe(decision: Decision, policyName: string, durationMs: number): void {
    const counts = this.#policies.get(policyName) ?? this.#add(policyName);
    const { decidedBy, warnings } = decision;
    const list = LIST_INDEX[decidedBy === undefined ? NOBODY : decidedBy.list];
    const restriction = decidedBy === undefined ? NOBODY : decidedBy.step.restriction;
    increment(
      cells(byCode(counts.decisions, decision.reply?.code ?? 0), restriction, LISTS.length * VERDICTS.length),
      list * VERDICTS.length + VERDICT_INDEX[decision.verdict],
    );
    counts.durations.observe(durationMs / 1000);
    if (decision.isFault) counts.faults += 1;
    for (const warning of warnings) {
      if (warning.code !== 'reject_warning') continue;
      increment(
        cells(counts.rejectWarnings, warning.step.restriction, LISTS.length),
        LIST_INDEX[warning.list],
      );
    }
  }

  /** Names of the policies that decided. */
  policies(): Iterable<string> {
    return this.#policies.keys();
  }

  *decisions(policy: string): Generator<DecisionCount> {
    for (const [code, restrictions] of this.#policies.get(policy)?.decisions ?? []) {
      for (const [restriction, counts] of restrictions) {
        for (const [index, count] of counts.entries()) {
          if (count === 0) continue;
          const list = LISTS[Math.floor(index / VERDICTS.length)] as string;
          const verdict = VERDICTS[index % VERDICTS.length] as string;
          yield { list, restriction, verdict, code, count };
        }
      }
    }
  }

  *rejectWarnings(policy: string): Generator<Omit<DecisionCount, 'verdict' | 'code'>> {
    for (const [restriction, counts] of this.#policies.get(policy)?.rejectWarnings ?? []) {
      for (const [index, count] of counts.entries()) {
        if (count > 0) yield { list: LISTS[index] as string, restriction, count };
      }
    }
  }

  durations(policy: string): DurationHistogram | undefined {
    return this.#policies.get(policy)?.durations;
  }

  faults(policy: string): number {
    return this.#policies.get(policy)?.faults ?? 0;
  }

  #add(policyName: string): PolicyCounts {
    const name = this.#policies.size < MAX_POLICIES ? policyName : OTHER;
    let counts = this.#policies.get(name);
    if (counts === undefined) {
      counts = {
        decisions: new Map(),
        rejectWarnings: new Map(),
        durations: new DurationHistogram(),
        faults: 0,
      };
      this.#policies.set(name, counts);
    }
    return counts;
  }
}

/** Codes are 400 to 599 (postconf(5)), so there are few. */
function byCode(decisions: PolicyCounts['decisions'], code: number): Map<string, Float64Array> {
  let restrictions = decisions.get(code);
  if (restrictions === undefined) {
    restrictions = new Map();
    decisions.set(code, restrictions);
  }
  return restrictions;
}

function cells(byRestriction: Map<string, Float64Array>, restriction: string, size: number): Float64Array {
  const known = byRestriction.get(restriction);
  if (known !== undefined) return known;
  const name = byRestriction.size < MAX_RESTRICTIONS ? restriction : OTHER;
  const added = byRestriction.get(name) ?? new Float64Array(size);
  byRestriction.set(name, added);
  return added;
}

function increment(counts: Float64Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}
