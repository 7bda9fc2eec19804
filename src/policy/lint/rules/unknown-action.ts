/** Results that are neither an action nor a list of restrictions. */
import { ACTIONS, parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import { SourcedText } from '../../../language/sourced-text.ts';
import { tokenize } from '../../../language/tokenizer.ts';
import { RESTRICTION_NAMES } from '../../../restrictions/registry.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import { accessEntries } from '../access-entries.ts';
import type { LintRule } from '../lint-rule.ts';
import { readItems } from '../restriction-list.ts';

const VERBS = ACTIONS.map(({ verb }) => verb);

export const unknownAction: LintRule = {
  code: 'unknown-action',
  severity: 'warning',
  summary: 'A result of an access table that Postfix has no action, restriction or class for.',
  reason:
    'It is taken for a list of restrictions: whoever the entry is about gets `451 4.3.5 Server configuration error`.',
  example: 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
  exampleTable: 'spam.example REJCT\n',
  *check(context) {
    const classNames = new Set(context.parameters.words('smtpd_restriction_classes'));
    for (const { row, table } of accessEntries(context)) {
      const word =
        table.matching === 'pattern' && row.value.includes('$')
          ? undefined
          : unknownWord(row.value, classNames);
      if (word === undefined) continue;
      const meant = didYouMean(word, [...VERBS, ...RESTRICTION_NAMES, ...classNames]);
      yield {
        message: `unknown action or restriction ${quote(word)}: who is found here gets \`451 4.3.5 Server configuration error\``,
        span: row.valueSpan,
        help:
          meant === undefined
            ? 'write an action of access(5) such as REJECT or OK, a reply code with a text, restrictions or a restriction class'
            : `did you mean \`${meant}\`?`,
      };
    }
  },
};

function unknownWord(value: string, classNames: ReadonlySet<string>): string | undefined {
  const action = parseAction(value);
  if (action.kind !== 'list' || action.text.includes(':')) return undefined;
  const tokens = tokenize(SourcedText.literal(action.text), () => {});
  return readItems(tokens, undefined, classNames).find(({ kind }) => kind === 'unknown')?.token.text;
}
