/** Several outcomes of one restriction, taken in one after the other. */
import type { Outcome } from '../engine/outcome.ts';
import type { StepRef } from '../engine/step.ts';
import type { RestrictionUse } from './restriction.ts';

export function inSequence(use: RestrictionUse, outcomes: readonly Outcome[]): Outcome {
  const place: StepRef = { restriction: use.restriction.name, text: use.text, span: use.span };
  const steps = outcomes.map((outcome) => ({ ...place, check: () => outcome }));
  return { kind: 'evaluate', program: { steps }, subject: undefined, ifPermit: 'permit' };
}
