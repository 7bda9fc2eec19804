/**
 * Rules in the name of a table: `pcre:{ {/pattern/ result}, … }`, of cidr_table(5),
 * pcre_table(5) and regexp_table(5), INLINE SPECIFICATION (Postfix 3.7). Each
 * rule is a line of a file that nobody has to write.
 */
import { insideBraces, splitWords, trim } from './braced-words.ts';
import type { NameError } from './inline-table.ts';

/** True for a name that is the rules, not the path of a file. */
export function hasInlineRules(name: string): boolean {
  return name.startsWith('{');
}

/** The lines of the file that the rules stand for. */
export function inlineRules(name: string): string[] | NameError {
  const help = 'write `{ {rule}, {rule} }`, each rule like a line of the file, with `$$` for each `$`';
  const inside = insideBraces(name);
  if (inside === undefined) return { error: 'unbalanced braces, or text behind them', help };
  const lines: string[] = [];
  for (const word of splitWords(inside)) {
    const rule = insideBraces(word);
    if (rule === undefined)
      return { error: `no braces around the rule, or text behind them, in \`${word}\``, help };
    lines.push(`${trim(rule)}\n`);
  }
  return lines;
}
