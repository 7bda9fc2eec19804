/**
 * Mends parameter names that Postfix does not know and that are nearly names it
 * knows. A name that the file sets rightly elsewhere is left alone: the two
 * values would fight.
 */
import type { Assignment } from '../language/main-cf.ts';
import { Source } from '../language/source.ts';
import { FILE_LIMITS, WorkBudget } from '../language/work-budget.ts';
import { PARAMETER_BY_NAME } from '../policy/parameters.ts';
import { isPostfixParameter } from '../policy/postfix-parameters.ts';
import { KNOWN_PARAMETERS, meantParameter } from '../policy/unknown-parameters.ts';
import { Edits } from './edits.ts';
import type { Mend } from './mend.ts';
import type { MendedSource } from './mend-text.ts';

const REFERENCE = /\$[{(]?[ \t]*([A-Za-z0-9_]+)/g;

/** The parameters that a text names with `$`. */
export function namesIn(text: string): Set<string> {
  return new Set([...text.matchAll(REFERENCE)].map(([, name = '']) => name));
}

/**
 * @param assignments of the source, all of them
 * @param usedElsewhere names that other files use
 */
export function mendNames(
  source: Source,
  assignments: readonly Assignment[],
  usedElsewhere: ReadonlySet<string>,
): MendedSource {
  const taken = new Set(assignments.map(({ name }) => name));
  const used = usedElsewhere.union(
    new Set(
      assignments.flatMap(({ name, value: { text } }) => [
        ...namesIn(text),
        ...(name === 'smtpd_restriction_classes' ? text.split(/[\s,]+/) : []),
      ]),
    ),
  );
  // The names that `check` has guesses for as well.
  const budget = new WorkBudget(FILE_LIMITS, () => {});
  const edits = new Edits();
  const mends: Mend[] = [];
  for (const { name, nameSpan } of assignments) {
    if (PARAMETER_BY_NAME.has(name) || isPostfixParameter(name) || used.has(name)) continue;
    const meant = budget.guess(KNOWN_PARAMETERS, () => meantParameter(name));
    if (meant === undefined || taken.has(meant)) continue;
    taken.add(meant);
    edits.replace(nameSpan, meant);
    mends.push({
      span: nameSpan,
      fault: `Postfix has no parameter \`${name}\`, and passes over it without a word`,
      cure: `written \`${meant}\``,
    });
  }
  if (mends.length === 0) return { source, mends };
  return { source: new Source(source.file, edits.apply(source.span(0, source.text.length))), mends };
}
