/** Where a policy asks DNS deny and allow lists, whatever the restriction. */
import type { Span } from '../../language/source.ts';
import type { LintContext } from './lint-rule.ts';
import { everyItem, type RestrictionList } from './restriction-list.ts';

export interface DnsblUse {
  /** The restriction's current name. */
  readonly restriction: string;
  /** `domain[=filter]` as written. */
  readonly argument: string;
  readonly domain: string;
  readonly span: Span;
  /** undefined: maps_rbl_domains, asked wherever reject_maps_rbl stands. */
  readonly list: RestrictionList | undefined;
}

export function* dnsblUses(context: LintContext): Generator<DnsblUse> {
  for (const { item, list } of everyItem(context)) {
    if (item.restriction.argument !== 'dnsbl' || item.argument === undefined) continue;
    yield use(item.restriction.name, item.argument, list);
  }
  for (const token of context.parameters.tokens('maps_rbl_domains')) {
    yield use('reject_maps_rbl', token, undefined);
  }
}

function use(
  restriction: string,
  { text, span }: { readonly text: string; readonly span: Span },
  list: RestrictionList | undefined,
): DnsblUse {
  const [domain = ''] = text.split('=', 1);
  return { restriction, argument: text, domain: domain.toLowerCase(), span, list };
}
