/** Patterns with the flag `i`, which does the opposite of what it does elsewhere. */
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';

/** `/pattern/flags`, whatever stands for the slash. */
const FORM = /^!?([^\w\s])(.*)\1([a-z]*)$/is;
/** What is folded before it is looked up: with the flag, capitals match nothing. */
const FOLDED: readonly string[] = ['check_sender_access', 'check_recipient_access'];

export const caseSensitivePattern: LintRule = {
  code: 'case-sensitive-pattern',
  severity: 'warning',
  summary: 'The flag `i` behind a pattern of a regexp: or pcre: table.',
  reason:
    'In Postfix patterns ignore case by themselves, and `i` makes them heed it (regexp_table(5), pcre_table(5)). HELO and host names come in any case; mail addresses are looked up in small letters.',
  example: 'smtpd_helo_restrictions = check_helo_access pcre:$config_directory/access',
  exampleTable: '/^localhost$/i REJECT\n',
  *check({ accessTables }) {
    for (const { matching, rows, users } of accessTables) {
      if (matching !== 'pattern') continue;
      const isFolded = users.every(({ restriction }) => FOLDED.includes(restriction.name));
      for (const { key, keySpan } of rows) {
        const [, delimiter = '', pattern = '', flags = ''] = FORM.exec(key) ?? [];
        const isHeeding = (flags.split('i').length - 1) % 2 === 1;
        // Escapes such as \S are no letters.
        const letters = pattern.replace(/\\./gs, '');
        if (!isHeeding || !/[a-z]/i.test(letters)) continue;
        const isDead = isFolded && /[A-Z]/.test(letters);
        // In small letters it makes no difference to a mail address.
        if (isFolded && !isDead) continue;
        yield {
          message: isDead
            ? `${quote(key)} never matches its capitals: addresses are looked up in small letters, and \`i\` makes the pattern heed case`
            : `\`i\` makes ${quote(key)} heed case: without it patterns ignore it`,
          span: keySpan,
          help: `write ${quote(key.slice(0, key.lastIndexOf(delimiter) + 1) + flags.replaceAll('i', ''))}`,
        };
      }
    }
  },
};
