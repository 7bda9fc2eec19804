/** Where a policy asks DNS deny and allow lists, whatever the restriction. */
import type { Span } from '../../language/source.ts';
import { tokenize } from '../../language/tokenizer.ts';
import type { LintContext } from './lint-rule.ts';
import { everyItem, type RestrictionList } from './restriction-list.ts';

export interface DnsblUse {
  /** The restriction's current name. */
  readonly restriction: string;
  /** `domain[=filter]` as written. */
  readonly argument: string;
  readonly domain: string;
  readonly span: Span;
  /** undefined: a parameter that names lists, such as maps_rbl_domains, asked wherever reject_maps_rbl stands. */
  readonly list: RestrictionList | undefined;
  /** Its answer is a part of a score, for or against a client. */
  readonly isScored: boolean;
}

/** A site of a score is `domain[=filter][*weight]`; Postfix's own are asked by postscreen(8). */
const SITES: readonly string[] = ['dnsbl_sites', 'postscreen_dnsbl_sites'];

export function* dnsblUses(context: LintContext): Generator<DnsblUse> {
  for (const { item, list } of everyItem(context)) {
    if (item.restriction.argument !== 'dnsbl' || item.argument === undefined) continue;
    yield use(item.restriction.name, item.argument, list);
  }
  for (const token of context.parameters.tokens('maps_rbl_domains')) {
    yield use('reject_maps_rbl', token, undefined);
  }
  for (const { name, value } of context.assignments) {
    if (!SITES.includes(name)) continue;
    for (const { text, span } of tokenize(value, () => {})) {
      yield { ...use(name, { text: text.replace(/\*-?\d+$/, ''), span }, undefined), isScored: true };
    }
  }
}

function use(
  restriction: string,
  { text, span }: { readonly text: string; readonly span: Span },
  list: RestrictionList | undefined,
): DnsblUse {
  const [domain = ''] = text.split('=', 1);
  return { restriction, argument: text, domain: domain.toLowerCase(), span, list, isScored: false };
}
