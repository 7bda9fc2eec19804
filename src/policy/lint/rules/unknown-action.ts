/** Results that are neither an action nor a list of restrictions. */
import { ACTIONS, parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import { SourcedText } from '../../../language/sourced-text.ts';
import { tokenize } from '../../../language/tokenizer.ts';
import { OTHER_WORDS } from '../../../restrictions/other-words.ts';
import { RESTRICTION_NAMES } from '../../../restrictions/registry.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import type { LintRule } from '../lint-rule.ts';
import { type ListItem, readItems } from '../restriction-list.ts';
import { results } from '../results.ts';
import { strayMark, strayMessage } from '../stray-mark.ts';

const VERBS = ACTIONS.map(({ verb }) => verb);

/** What ends a list, so that the words behind it are ignored. */
const ENDS: readonly string[] = ['permit', 'reject', 'defer', 'check_relay_domains'];

const NO_MEANING =
  'write an action of access(5) such as REJECT or OK, a reply code with a text, restrictions or a restriction class';

export const unknownAction: LintRule = {
  code: 'unknown-action',
  severity: 'warning',
  summary: 'A result of an access table that Postfix has no action, restriction or class for.',
  reason:
    'It is taken for a list of restrictions: whoever the entry is about gets `451 4.3.5 Server configuration error`, or loses the text that was meant for him.',
  example: 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
  exampleTable: 'spam.example REJCT\n',
  *check(context) {
    const classNames = new Set(context.parameters.words('smtpd_restriction_classes'));
    for (const { value, span, whom, isTemplate } of results(context)) {
      const items = isTemplate ? [] : itemsOf(value, classNames);
      const unknown = items.findIndex(({ kind }) => kind === 'unknown');
      const word = items[unknown]?.token.text;
      if (word === undefined) continue;
      const stray = strayMark(value);
      const end = items.slice(0, unknown).find(endsList);
      if (end !== undefined) {
        yield {
          message: `Postfix ignores what follows \`${end.token.text}\`: ${quote(value)} is a list of restrictions to it, for what stands behind the first word`,
          span,
          help: stray?.meant === undefined ? 'remove it' : `write ${quote(stray.meant)} if it is a text`,
        };
      } else if (stray !== undefined) {
        yield {
          message: `${strayMessage(stray)}: ${whom} gets \`451 4.3.5 Server configuration error\``,
          span,
          help: `write ${quote(stray.meant ?? `${stray.verb} go away`)}`,
        };
      } else {
        yield {
          message: `unknown action or restriction ${quote(word)}: ${whom} gets \`451 4.3.5 Server configuration error\``,
          span,
          help: cure(word, value, [...VERBS, ...RESTRICTION_NAMES, ...classNames]),
        };
      }
    }
  },
};

function cure(word: string, value: string, names: Iterable<string>): string {
  const other = OTHER_WORDS.get(word.toLowerCase());
  const meant = other === undefined ? didYouMean(word, names) : other === 'permit' ? 'OK' : 'REJECT';
  if (meant !== undefined) return `did you mean \`${meant}\`?`;
  const isText = value.startsWith(word) && /\s/.test(value) && !/^\d+$/.test(word);
  return isText ? `a text needs an action before it: write ${quote(`REJECT ${value}`)}` : NO_MEANING;
}

function itemsOf(value: string, classNames: ReadonlySet<string>): readonly ListItem[] {
  const action = parseAction(value);
  if (action.kind !== 'list' || action.text.includes(':')) return [];
  return readItems(
    tokenize(SourcedText.literal(action.text), () => {}),
    undefined,
    classNames,
  );
}

function endsList(item: ListItem): boolean {
  return item.kind === 'restriction' && ENDS.includes(item.restriction.name) && !item.isWarned;
}
