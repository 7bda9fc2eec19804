/** Domains of two kinds. */
import { quote } from '../../../language/quote.ts';
import { formatSpan, type Span } from '../../../language/source.ts';
import type { LintRule } from '../lint-rule.ts';

/** As Postfix looks at them: the first that has a domain decides what it is (ADDRESS_CLASS_README). */
const CLASSES = [
  'mydestination',
  'virtual_alias_domains',
  'virtual_mailbox_domains',
  'relay_domains',
] as const;

export const domainInTwoClasses: LintRule = {
  code: 'domain-in-two-classes',
  severity: 'warning',
  summary:
    'A domain in two of mydestination, virtual_alias_domains, virtual_mailbox_domains and relay_domains.',
  reason:
    'The first of them decides which table knows its users: those of the other are refused as unknown. Postfix warns at each mail: do not list the domain in BOTH.',
  example: 'mydestination = localhost, example.com\nvirtual_mailbox_domains = example.com',
  *check({ parameters }) {
    const first = new Map<string, { parameter: string; span: Span }>();
    for (const parameter of CLASSES) {
      if (!parameters.isSet(parameter)) continue;
      const here = new Map<string, Span>();
      for (const { text, span } of parameters.tokens(parameter)) {
        if (!/[/:!]/.test(text) && !here.has(text.toLowerCase())) here.set(text.toLowerCase(), span);
      }
      for (const [domain, span] of here) {
        const other = first.get(domain);
        if (other === undefined) first.set(domain, { parameter, span });
        // `relay_domains = $mydestination` was Postfix's default, and does no harm.
        else if (other.parameter !== 'mydestination' || parameter !== 'relay_domains') {
          yield {
            message: `${quote(domain)} is in ${other.parameter} (${formatSpan(other.span)}) as well: there it counts, and not in ${parameter}`,
            span,
            help: 'remove it from one of them',
          };
        }
      }
    }
  },
};
