/**
 * Doubts about the names on the left of main.cf: Postfix passes over a name it
 * does not know without a word, so that a misspelt restriction list protects
 * nobody.
 */
import type { Report } from '../language/diagnostic.ts';
import type { Assignment } from '../language/main-cf.ts';
import { FILE_LIMITS, WorkBudget } from '../language/work-budget.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { PARAMETER_BY_NAME } from './parameters.ts';
import { isPostfixParameter, POSTFIX_PARAMETERS } from './postfix-parameters.ts';

/** Of equals the one that a policy reads comes first. */
const PARAMETERS = [...PARAMETER_BY_NAME.keys(), ...POSTFIX_PARAMETERS];

/** A map whose parameters stand in main.cf: those of `ldap:users` are called `users_…` (ldap_table(5)). */
const MAP_IN_MAIN_CF = /(?<![\w.])(?:ldap|mysql|pgsql|sqlite|mongodb|memcache):(\w+)/g;

const START_OF: ReadonlyMap<string, string> = new Map(PARAMETERS.map((name) => [name, startOf(name)]));
const STARTS: readonly string[] = [...new Set(START_OF.values())];

/** How many names a guess looks at. */
export const KNOWN_PARAMETERS = PARAMETERS.length;

const REFERENCE = /\$[{(]?([A-Za-z0-9_]+)/g;

/** The parameters that a text names with `$`. */
export function referencedNames(text: string): Set<string> {
  return new Set([...text.matchAll(REFERENCE)].map(([, name = '']) => name));
}

/**
 * @param budget what guesses may cost
 * @param usedElsewhere names that master.cf uses
 */
export function reportUnknownParameters(
  assignments: readonly Assignment[],
  classNames: ReadonlySet<string>,
  report: Report,
  budget: WorkBudget = new WorkBudget(FILE_LIMITS, report),
  usedElsewhere: ReadonlySet<string> = new Set(),
): void {
  const referenced = new Set(usedElsewhere);
  for (const { value } of assignments) for (const name of referencedNames(value.text)) referenced.add(name);
  const maps = new Set(
    assignments.flatMap(({ value }) => [...value.text.matchAll(MAP_IN_MAIN_CF)].map(([, map = '']) => map)),
  );
  // There are few lengths, however many maps.
  const lengths = [...new Set(Array.from(maps, (map) => map.length))];
  for (const { name, nameSpan } of assignments) {
    if (PARAMETER_BY_NAME.has(name) || isPostfixParameter(name)) continue;
    if (classNames.has(name) || referenced.has(name)) continue;
    if (lengths.some((length) => name[length] === '_' && maps.has(name.slice(0, length)))) continue;
    const suggestion = budget.guess(KNOWN_PARAMETERS, () => meantParameter(name));
    report({
      severity: 'warning',
      code: suggestion === undefined ? 'unused-parameter' : 'misspelt-parameter',
      message: `Postfix has no parameter \`${name}\`, and nothing here uses it: its value has no effect`,
      span: nameSpan,
      help:
        suggestion === undefined
          ? `remove it, unless a service of master.cf uses it as \`$${name}\``
          : `did you mean \`${suggestion}\`?`,
    });
  }
}

/**
 * The parameter that a name Postfix does not know is a misspelling of. It must
 * begin alike: `mua_client_restrictions` is a name that people make up for the
 * services of master.cf, and no mistake for `smtpd_client_restrictions`.
 */
export function meantParameter(name: string): string | undefined {
  const start = startOf(name);
  const alike = new Set(
    STARTS.filter((other) => other === start || didYouMean(start, [other]) !== undefined),
  );
  return didYouMean(
    name,
    PARAMETERS.filter((other) => alike.has(START_OF.get(other) ?? '')),
  );
}

function startOf(name: string): string {
  return name.split('_', 1)[0] ?? '';
}
