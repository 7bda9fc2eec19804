/** A second table behind the one that a check takes. */
import { quote } from '../../../language/quote.ts';
import { areNeighbours } from '../../../language/tokenizer.ts';
import type { LintRule } from '../lint-rule.ts';

export const doubledArgument: LintRule = {
  code: 'doubled-argument',
  severity: 'warning',
  summary: 'Two tables behind a check_*_access that takes one.',
  reason:
    'The second is a restriction of its own, and stands for the check of the list that it is in: it is asked for something else.',
  example: 'smtpd_sender_restrictions = check_client_access inline:{a.example=OK} inline:{b.example=OK}',
  *check({ lists }) {
    for (const { items } of lists) {
      for (const [index, item] of items.entries()) {
        const before = items[index - 1];
        if (item.kind !== 'restriction' || item.argument !== item.token) continue;
        if (before?.kind !== 'restriction' || before.restriction.argument !== 'table') continue;
        const { argument, restriction } = before;
        if (argument === undefined || restriction === item.restriction) continue;
        if (!areNeighbours(argument, item.token)) continue;
        const table = item.token.text;
        yield {
          message: `${restriction.name} takes one table: ${quote(table)} is looked up by ${item.restriction.name}`,
          span: item.token.span,
          help: `write \`${restriction.name} ${table}\`, or \`${item.restriction.name} ${table}\` if that is meant`,
        };
      }
    }
  },
};
