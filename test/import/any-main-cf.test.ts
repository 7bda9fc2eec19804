/** Whatever a main.cf holds, importing it ends well, and what it makes can be read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importMainCf } from '../../src/import/import-main-cf.ts';
import { mendText } from '../../src/import/mend-text.ts';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { type Assignment, parseMainCf } from '../../src/language/main-cf.ts';
import { Source } from '../../src/language/source.ts';

const HOST = { hostname: 'mx.dest.test', interfaces: ['127.0.0.1/8'] };

const names = fc.constantFrom(
  'smtpd_client_restrictions',
  'smtpd_recipient_restrictions',
  'smtpd_restriction_classes',
  'mynetworks',
  'local_recipient_maps',
  'maps_rbl_domains',
  'smtpd_banner',
  'mine',
  'smtpd_sender_restrictoins',
);
const words = fc.constantFrom(
  '=',
  '\n',
  '\n#',
  '// our own',
  '$mine',
  '${mine?{permit}}',
  '${mine',
  '{',
  'mine',
  'permit_mynetworks',
  'reject_unauth_destination',
  'reject_unauth_pipelining',
  'reject_unverified_sender',
  'warn_if_reject',
  'check_relay_domains',
  'reject_maps_rbl',
  'reject_rbl_client relays.ordb.org',
  'reject_rbl_client spamcop.net',
  'reject_rbl_client',
  'reject_unknown_client',
  'check_client_access hash:/nowhere/clients',
  'check_client_access inline:{a=b}',
  '$config_directory/nets',
  '\uFEFF',
  '\0',
);
const separators = fc.constantFrom(' ', ', ', ',\n  ', ',\n', '\r\n ', '\n\n  ');
const values = fc.array(fc.tuple(words, separators), { maxLength: 6 });
const texts = fc
  .array(fc.tuple(names, fc.constantFrom(' = ', '=', ' =\n    ', ' '), values), { maxLength: 6 })
  .map((lines) =>
    lines.map(([name, equals, value]) => `${name}${equals}${value.flat().join('')}\n`).join(''),
  );

function assignments(source: Source): { found: Assignment[]; errors: Diagnostic[] } {
  const errors: Diagnostic[] = [];
  const found = parseMainCf(source, (diagnostic) => {
    if (diagnostic.severity === 'error') errors.push(diagnostic);
  });
  return { found, errors };
}

describe('any main.cf', () => {
  it('keeps its number of lines when its text is mended, and is mended at once', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { source } = mendText(new Source('main.cf', text));
        const again = mendText(source);
        return (
          source.text.split('\n').length === text.split('\n').length &&
          again.mends.length === 0 &&
          again.source === source
        );
      }),
    );
  });

  it('makes a policy that sets each parameter once, and none that it does not say', () => {
    fc.assert(
      fc.property(texts, texts, fc.boolean(), (text, master, isFixing) => {
        const { policies } = importMainCf({
          mainCf: new Source('main.cf', text),
          masterCf: new Source('master.cf', `smtp inet n - n - - smtpd -o { ${master} }\n`),
          configDirectory: '/nowhere',
          host: HOST,
          isFixing,
        });
        return policies.every((policy) => {
          const { found, errors } = assignments(new Source('policy.cf', policy.text));
          const names = found.map(({ name }) => name);
          return errors.length === 0 && new Set(names).size === names.length;
        });
      }),
      { numRuns: 150 },
    );
  });

  it('means the same in its policy: values are as they were, without what Postfix alone can do', () => {
    const sameText = texts.filter(
      (text) => !/hash:|config_directory|reject_un(?:auth_p|ver)|local_/.test(text),
    );
    fc.assert(
      fc.property(sameText, (text) => {
        const source = new Source('main.cf', text);
        const [{ text: policy }] = importMainCf({
          mainCf: source,
          configDirectory: '/nowhere',
          host: HOST,
          isFixing: false,
        }).policies;
        const valueIn = new Map(
          assignments(source).found.map(({ name, value }) => [name, asWords(value.text)]),
        );
        return assignments(new Source('policy.cf', policy)).found.every(
          ({ name, value }) => asWords(value.text) === valueIn.get(name),
        );
      }),
      { numRuns: 150 },
    );
  });
});

/** What stands in a list, and what is left of it when it is mended. */
const ITEMS: Readonly<Record<string, string>> = {
  permit_mynetworks: 'permit_mynetworks',
  'check_sender_access inline:{a=OK}': 'check_sender_access inline:{a=OK}',
  'reject_rbl_client relays.ordb.org': '',
  'warn_if_reject reject_rbl_client list.dsbl.org': '',
  'reject_rbl_client spamcop.net': 'reject_rbl_client bl.spamcop.net',
  reject_unknown_client: 'reject_unknown_client_hostname',
  reject_unauth_pipelining: '',
  'warn_if_reject reject_unverified_sender': '',
};
const items = fc.array(fc.constantFrom(...Object.keys(ITEMS)), { minLength: 1, maxLength: 5 });
const itemSeparators = fc.constantFrom(
  ' ',
  ',',
  ', ',
  ' ,\t',
  ',\n  ',
  '  \n\t',
  ', // ours\n  ',
  ' # ours\n  ',
  ',\r\n ',
  ',\n# x\n ',
);
const ends = fc.constantFrom(
  '',
  ' ',
  '  ',
  ',',
  ', ',
  ' ,',
  '\t',
  '\r',
  ' // ours',
  ' # ours',
  ', // ours ',
  '\n   \n',
  '\n # x',
  ' \0, x',
);
const lists = fc.record({
  items,
  itemSeparators: fc.array(itemSeparators, { minLength: 5, maxLength: 5 }),
  end: ends,
});
type List = typeof lists extends fc.Arbitrary<infer T> ? T : never;

const written = ({ items, itemSeparators, end }: List) =>
  items.map((item, index) => (index === 0 ? item : `${itemSeparators[index - 1]}${item}`)).join('') + end;
const mended = ({ items }: List) => asWords(items.map((item) => ITEMS[item]).join(' '));

describe('a mend that is told', () => {
  it('is made, wherever the list ends and whatever stands behind it', () => {
    fc.assert(
      fc.property(
        lists,
        lists,
        lists,
        fc.constantFrom('', ' ', '  ', ',', ' , '),
        (direct, macro, option, optionEnd) => {
          const optionText = option.items.join(', ') + optionEnd;
          const { policies } = importMainCf({
            mainCf: new Source(
              'main.cf',
              `smtpd_sender_restrictions = ${written(direct)}\nmine = ${written(macro)}\nsmtpd_client_restrictions = $mine permit\n`,
            ),
            masterCf: new Source(
              'master.cf',
              `smtp inet n - n - - smtpd -o { smtpd_helo_restrictions = ${optionText} }\n`,
            ),
            configDirectory: '/nowhere',
            host: HOST,
            isFixing: true,
          });
          for (const [index, policy] of policies.entries()) {
            const { found, errors } = assignments(new Source('policy.cf', policy.text));
            const value = (name: string) => asWords(found.find((one) => one.name === name)?.value.text ?? '');
            expect(errors).toEqual([]);
            expect(value('smtpd_sender_restrictions')).toBe(mended(direct));
            expect(value('mine')).toBe(mended(macro));
            if (index === 1) expect(value('smtpd_helo_restrictions')).toBe(mended(option));
          }
        },
      ),
    );
  });
});

/** What separates words is left out, and so are separators that separate nothing. */
function asWords(text: string): string {
  return text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .join(' ');
}
