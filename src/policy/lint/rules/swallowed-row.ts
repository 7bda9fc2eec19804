/** Entries of a table that became the end of the one before. */
import { ACTIONS } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import type { AccessRow } from '../access-table.ts';
import type { Finding, LintRule } from '../lint-rule.ts';

const VERB = ACTIONS.map(({ verb }) => verb).join('|');
/** An address, a domain or a pattern, and an action, behind white space. */
const ENTRY = new RegExp(`^[ \\t]+(\\S*[.@:/]\\S*)[ \\t]+(?:(?:${VERB})(?:\\s|$)|[45]\\d\\d\\s)`, 'i');

export const swallowedRow: LintRule = {
  code: 'swallowed-row',
  severity: 'warning',
  summary: 'An entry of an access table with white space before it.',
  reason:
    'Such a line continues the one before it: the entry does nothing, and what it says is told to others.',
  example: 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
  exampleTable: 'spam.example REJECT\n  ham.example OK\n',
  *check({ accessTables }) {
    for (const { spec, rows } of accessTables) {
      // What is written out has no lines of its own.
      if (/^(?:inline|static):|^\w+:\{/.test(spec)) continue;
      for (const row of rows) yield* swallowedBy(row);
    }
  },
};

function* swallowedBy({ key, valueSpan: { source, start, end } }: AccessRow): Generator<Finding> {
  let at = start;
  for (const line of source.text.slice(start, end).split('\n')) {
    const found = at === start ? undefined : ENTRY.exec(line)?.[1];
    if (found !== undefined) {
      const from = at + line.indexOf(found);
      yield {
        message: `${quote(found)} is no entry: white space before it makes the line a part of the result of ${quote(key)}`,
        span: source.span(from, from + found.length),
        help: 'remove the white space before it',
      };
    }
    at += line.length + 1;
  }
}
