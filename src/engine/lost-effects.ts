/** Which side effects of one message a policy answer, which carries one action, leaves out. */
import type { Warning } from './decision.ts';
import type { SideEffect } from './outcome.ts';

/** A side effect, and the list and step that asked for it. */
export interface PlacedEffect extends Pick<Warning, 'list' | 'step'> {
  readonly effect: SideEffect;
}

/** INFO and WARN are said in the log whatever is answered, and lost by nothing. */
export function lostEffects(effects: readonly PlacedEffect[]): Warning[] {
  const verbs = new Set<string>();
  const warnings: Warning[] = [];
  for (const { effect, list, step } of effects) {
    const { verb } = effect;
    if (verb === 'INFO' || verb === 'WARN') continue;
    const isFirst = verbs.size === 0;
    // Of these smtpd keeps the last, or needs no second.
    const isRepeated = verbs.has(verb) && verb !== 'PREPEND' && verb !== 'BCC';
    verbs.add(verb);
    if (isFirst || isRepeated) continue;
    const [sent] = verbs;
    const message = `Postfix takes one action an answer: of ${sent} and ${verb} the latter is lost`;
    warnings.push({ code: 'lost_effect', message, list, step });
  }
  return warnings;
}
