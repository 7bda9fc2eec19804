/**
 * Asks the DNS ahead of time for the names that later steps declare, so that
 * nine DNSBLs cost one round trip. It only warms the resolver: a step that
 * does not run has no effect and no trace entry.
 */
import { isPromise } from '../util/promise-or-value.ts';
import type { Evaluation } from './evaluation.ts';
import type { Stage } from './plan.ts';
import type { Program } from './step.ts';

/** A list in progress: the steps from `index` on are still to come. */
export interface Position {
  readonly program: Program;
  readonly index: number;
}

interface Budget {
  left: number;
  /** How many steps may still be looked at. */
  steps: number;
}

/** Mail waits meanwhile, and classes in classes can stand for any number of steps. */
const MAX_STEPS = 2000;

/**
 * @param positions the lists in progress, outermost first
 * @param stages all lists; those from `nextStage` on have not begun
 * @param limit how many names may be on the way at a time
 * @returns true when there may be more to ask than was allowed
 */
export function lookAhead(
  evaluation: Evaluation,
  positions: readonly Position[],
  stages: readonly Stage[],
  nextStage: number,
  limit: number,
): boolean {
  const budget: Budget = { left: limit, steps: MAX_STEPS };
  for (let depth = positions.length - 1; depth >= 0; depth--) {
    const position = positions[depth];
    if (position !== undefined && !warm(evaluation, position.program, position.index, budget, 0)) break;
  }
  for (let i = nextStage; i < stages.length && !isSpent(budget); i++) {
    const stage = stages[i];
    if (stage !== undefined) warm(evaluation, stage.program, 0, budget, 0);
  }
  return isSpent(budget);
}

function isSpent({ left, steps }: Budget): boolean {
  return left <= 0 || steps <= 0;
}

/** Nesting of classes that is followed; deeper ones are asked when they run. */
const MAX_DEPTH = 8;

/** Returns false when a step was met that ends its list for certain. */
function warm(
  evaluation: Evaluation,
  program: Program,
  from: number,
  budget: Budget,
  depth: number,
): boolean {
  for (let i = from; i < program.steps.length && !isSpent(budget); i++) {
    budget.steps -= 1;
    const step = program.steps[i];
    if (step === undefined) continue;
    if (step.nested !== undefined) {
      if (depth < MAX_DEPTH && !warm(evaluation, step.nested, 0, budget, depth + 1)) return false;
      continue;
    }
    for (const query of step.queries?.(evaluation) ?? []) {
      if (budget.left <= 0) break;
      // The resolver keeps the answer, or the failure, for the step itself.
      if (isPromise(evaluation.resolver.lookup(query.name, query.type))) budget.left -= 1;
    }
    if (step.isFinal === true) return false;
  }
  return true;
}
