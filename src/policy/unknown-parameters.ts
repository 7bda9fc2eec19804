/**
 * Doubts about the names on the left of main.cf: Postfix passes over a name it
 * does not know without a word, so that a misspelt restriction list protects
 * nobody.
 */
import type { Report } from '../language/diagnostic.ts';
import type { Assignment } from '../language/main-cf.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { PARAMETER_BY_NAME } from './parameters.ts';
import { isPostfixParameter } from './postfix-parameters.ts';

const REFERENCE = /\$[{(]?([A-Za-z0-9_]+)/g;

export function reportUnknownParameters(
  assignments: readonly Assignment[],
  classNames: ReadonlySet<string>,
  report: Report,
): void {
  const referenced = new Set<string>();
  for (const { value } of assignments) {
    for (const [, name] of value.text.matchAll(REFERENCE)) if (name !== undefined) referenced.add(name);
  }
  for (const { name, nameSpan } of assignments) {
    if (PARAMETER_BY_NAME.has(name) || isPostfixParameter(name)) continue;
    if (classNames.has(name) || referenced.has(name)) continue;
    const suggestion = didYouMean(name, PARAMETER_BY_NAME.keys());
    report({
      severity: 'warning',
      code: suggestion === undefined ? 'unused-parameter' : 'misspelt-parameter',
      message: `Postfix has no parameter \`${name}\`, and nothing here uses it: its value has no effect`,
      span: nameSpan,
      help: suggestion === undefined ? 'remove it, or use it as `$name`' : `did you mean \`${suggestion}\`?`,
    });
  }
}
