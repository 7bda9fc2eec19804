/** Keys of indexed tables that no lookup asks for. */
import { quote } from '../../../language/quote.ts';
import { listsFeature } from '../../../restrictions/feature-list.ts';
import type { AccessTable } from '../access-table.ts';
import { type Problem, problemFor, type Searches, searchesBy } from '../key-forms.ts';
import type { LintRule } from '../lint-rule.ts';

export const unmatchableKey: LintRule = {
  code: 'unmatchable-key',
  severity: 'warning',
  summary: 'A key of an indexed access table in a form that is never looked up.',
  reason: 'The entry does nothing. access(5) has the search strings of each check.',
  example: 'smtpd_client_restrictions = check_client_access hash:$config_directory/access',
  exampleTable:
    '192.168.10. REJECT\n192.168.11.0/24 REJECT\n2001:DB8:0::1 REJECT\n2001:0db8:1 REJECT\nhost.example. REJECT\n',
  *check({ accessTables, parameters }) {
    const parentsMatch = listsFeature(
      parameters.words('parent_domain_matches_subdomains'),
      'smtpd_access_maps',
    );
    const nullKey = parameters.text('smtpd_null_access_lookup_key');
    for (const table of accessTables) {
      if (table.matching !== 'exact') continue;
      const searches = searchesOf(table);
      for (const { key, keySpan } of table.rows) {
        const problem = problemOf(key, searches, parentsMatch, nullKey);
        if (problem === undefined) continue;
        yield {
          message: `the key ${quote(key)} never matches: ${problem.why}`,
          span: keySpan,
          help: problem.help,
        };
      }
    }
  },
};

function searchesOf({ users }: AccessTable): readonly Searches[] {
  return [...new Set(users.map(({ restriction: { name } }) => searchesBy(name)))];
}

/** A table that several kinds of check ask has to have a key for one of them only. */
function problemOf(
  key: string,
  searches: readonly Searches[],
  parentsMatch: boolean,
  nullKey: string,
): Problem | undefined {
  // What is wrong with it as the thing that it looks like comes first.
  const isMail = key.includes('@');
  const inOrder = searches.toSorted(
    (a, b) => Number((b === 'mail') === isMail) - Number((a === 'mail') === isMail),
  );
  const problems = inOrder.map((one) =>
    one === 'mail' && key === nullKey ? undefined : problemFor(key, one, parentsMatch),
  );
  return problems.includes(undefined) ? undefined : problems[0];
}
