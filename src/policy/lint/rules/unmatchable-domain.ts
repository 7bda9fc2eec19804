/** Words of mydestination, mynetworks and their like that nothing ever matches. */
import { quote } from '../../../language/quote.ts';
import { listsFeature } from '../../../restrictions/feature-list.ts';
import type { LintContext, LintRule } from '../lint-rule.ts';
import { writtenWords } from '../written-words.ts';

/** Lists whose entries are compared whole. */
const WHOLE: readonly string[] = ['mydestination', 'virtual_alias_domains', 'virtual_mailbox_domains'];
const WITH_PARENTS: readonly string[] = ['relay_domains', 'mynetworks'];

const OTHERWISE = 'name each of them, or a regexp: or pcre: table';

export const unmatchableDomain: LintRule = {
  code: 'unmatchable-domain',
  severity: 'warning',
  summary:
    'A wildcard, a quotation mark, an `@`, a range or a dot too many in mydestination, relay_domains, virtual_*_domains or mynetworks.',
  reason:
    'Postfix compares it as it is, and finds nobody: mail for the domain is refused, or the client is a stranger.',
  example: 'relay_domains = *.example.com',
  *check(context) {
    for (const { parameter, token } of writtenWords(context, [...WHOLE, ...WITH_PARENTS])) {
      const problem = problemOf(token.text.replace(/^!+/, ''), parameter, context);
      if (problem === undefined) continue;
      yield {
        message: `${quote(token.text)} in ${parameter} never matches: ${problem.why}`,
        span: token.span,
        help: problem.help,
      };
    }
  },
};

function problemOf(
  word: string,
  parameter: string,
  { parameters }: LintContext,
): { why: string; help: string } | undefined {
  // A file or a table.
  if (/[/:]/.test(word)) return undefined;
  const isWhole = WHOLE.includes(parameter);
  const hasParents =
    !isWhole && listsFeature(parameters.words('parent_domain_matches_subdomains'), parameter);
  if (/["']/.test(word)) return { why: 'quotation marks belong to the name', help: 'write it without them' };
  if (word.startsWith('@')) {
    return { why: 'a domain has no `@` before it', help: `write \`${word.slice(1)}\`` };
  }
  if (parameter === 'mynetworks' && /^[\d.]+-[\d.]*\d$/.test(word)) {
    return { why: 'there are no ranges', help: 'write the networks, such as `192.0.2.0/24`' };
  }
  if (word.includes('*')) {
    const parent = /^\*\.([^*]+)$/.exec(word)?.[1];
    const why = '`*` stands for nothing but itself';
    if (/^[\d.*]*\d[\d.*]*$/.test(word)) return { why, help: 'write the network, such as `192.0.2.0/24`' };
    return { why, help: parent !== undefined && hasParents ? withParents(parent) : OTHERWISE };
  }
  if (word.startsWith('.') && (isWhole || hasParents)) {
    return hasParents
      ? { why: 'parent_domain_matches_subdomains has this parameter', help: withParents(word.slice(1)) }
      : { why: 'domains are compared whole here', help: OTHERWISE };
  }
  if (/[a-z]\.$/i.test(word)) {
    return { why: 'domains are compared without a dot at their end', help: `write \`${word.slice(0, -1)}\`` };
  }
  return undefined;
}

function withParents(domain: string): string {
  return `write \`${domain}\`, which stands for the names below it as well`;
}
