/**
 * Mends restriction lists: old names become current ones, restrictions that
 * Postfix 3.9 no longer has what does the same, DNS lists that closed are taken
 * out and renamed ones are asked by their own name.
 *
 * What came about by expansion of several texts is left as it is: `check` tells.
 */
import { findDnsbl } from '../dns/dnsbl-knowledge.ts';
import type { Span } from '../language/source.ts';
import type { Token } from '../language/tokenizer.ts';
import { readAccessTables } from '../policy/lint/access-table.ts';
import {
  everyItem,
  type ListItem,
  type RestrictionItem,
  type RestrictionList,
} from '../policy/lint/restriction-list.ts';
import type { Edits } from './edits.ts';
import type { Examined } from './examine.ts';
import { isVerbatim, itemSpan, removalSpan } from './list-items.ts';
import type { Mend } from './mend.ts';
import { SUCCESSOR_OF_CHECK_RELAY_DOMAINS } from './postfix-part.ts';

export interface ListMends {
  readonly mends: readonly Mend[];
  /** Parameters that nothing reads any more. */
  readonly idle: ReadonlySet<string>;
}

export function mendLists(policies: readonly Examined[], edits: Edits): ListMends {
  const mends: Mend[] = [];
  let isMapsRblLeft = false;
  for (const policy of policies) {
    for (const list of [...policy.lists, ...policy.classes.values()]) {
      for (const [item, change] of changesOf(list, policy)) {
        if (change === undefined) isMapsRblLeft ||= item.restriction.name === 'reject_maps_rbl';
        else if (edits.replace(change.replaced, change.by)) mends.push(change.mend);
      }
    }
  }
  isMapsRblLeft ||= policies.some(mayAskMapsRbl);
  const asked = policies.some(({ parameters }) => parameters.isSet('maps_rbl_domains'));
  return { mends, idle: new Set(asked && !isMapsRblLeft ? ['maps_rbl_domains'] : []) };
}

/** True when the result of an access table asks the lists of maps_rbl_domains, or cannot be looked at. */
function mayAskMapsRbl(policy: Examined): boolean {
  const asking = [...everyItem(policy)].filter(({ item }) => item.restriction.argument === 'table');
  const tables = readAccessTables(policy);
  const looked = tables.flatMap(({ users }) => users);
  return (
    looked.length < asking.length ||
    tables.some(({ rows }) => rows.some(({ value }) => /reject_maps_rbl/i.test(value)))
  );
}

interface Change {
  readonly replaced: Span;
  readonly by: string;
  readonly mend: Mend;
}

function changesOf(
  { items, list }: RestrictionList,
  policy: Examined,
): readonly (readonly [RestrictionItem, Change | undefined])[] {
  const changes = items.flatMap((item, index) =>
    item.kind === 'restriction' && item.restriction.name !== 'warn_if_reject'
      ? [[item, changeOf(item, items, index, policy)] as const]
      : [],
  );
  // An empty list means nothing, an empty class is a mistake.
  const isEmptied = list === undefined && changes.every(([, change]) => change?.by === '');
  const isWhole = changes.length === items.filter(({ token }) => !isWarning(token)).length;
  return isEmptied && isWhole ? changes.map(([item]) => [item, undefined] as const) : changes;
}

function isWarning({ text }: Token): boolean {
  return text.toLowerCase() === 'warn_if_reject';
}

function changeOf(
  item: RestrictionItem,
  items: readonly ListItem[],
  index: number,
  { parameters, assigned }: Examined,
): Change | undefined {
  const { restriction, token, argument } = item;
  const whole = itemSpan(items, index);
  const removal = whole && removalSpan(whole, assigned.values());
  if (restriction.name === 'check_relay_domains' && whole !== undefined && !item.isWarned) {
    return {
      replaced: whole,
      by: SUCCESSOR_OF_CHECK_RELAY_DOMAINS,
      mend: {
        span: whole,
        fault: '`check_relay_domains` has been removed in Postfix 3.9',
        cure: `written \`${SUCCESSOR_OF_CHECK_RELAY_DOMAINS}\`; clients named in relay_domains no longer relay by that`,
      },
    };
  }
  if (restriction.name === 'reject_maps_rbl' && whole !== undefined && removal !== undefined) {
    return mapsRblChange(whole, removal, parameters.words('maps_rbl_domains'), item.isWarned);
  }
  if (restriction.argument === 'dnsbl' && argument !== undefined) {
    const facts = findDnsbl(domainOf(argument.text));
    if (facts?.status === 'closed' && whole !== undefined && removal !== undefined) {
      return {
        replaced: removal,
        by: '',
        mend: { span: whole, fault: closedFault(domainOf(argument.text)), cure: 'taken out' },
      };
    }
    if (facts?.successor !== undefined && isVerbatim(argument)) {
      const { source, start } = argument.span;
      const domain = source.span(start, start + domainOf(argument.text).length);
      return {
        replaced: domain,
        by: facts.successor,
        mend: {
          span: domain,
          fault:
            facts.status === 'no_list'
              ? `\`${domainOf(argument.text)}\` is no DNSBL`
              : `the DNSBL \`${domainOf(argument.text)}\` is part of another now`,
          cure: `written \`${facts.successor}\``,
        },
      };
    }
  }
  if (restriction.aliases.includes(token.text.toLowerCase()) && isVerbatim(token)) {
    return {
      replaced: token.span,
      by: restriction.name,
      mend: {
        span: token.span,
        fault: `\`${token.text}\` is an old name`,
        cure: `written \`${restriction.name}\``,
      },
    };
  }
  return undefined;
}

/** reject_maps_rbl asks all of maps_rbl_domains; those that live are asked one by one instead. */
function mapsRblChange(whole: Span, removal: Span, domains: readonly string[], isWarned: boolean): Change {
  const open = domains.filter((text) => findDnsbl(domainOf(text))?.status !== 'closed');
  const written = open.map((text) => {
    const domain = domainOf(text);
    const name = `reject_rbl_client ${(findDnsbl(domain)?.successor ?? domain) + text.slice(domain.length)}`;
    return isWarned ? `warn_if_reject ${name}` : name;
  });
  const dead = domains.filter((text) => !open.includes(text)).map((text) => closedFault(domainOf(text)));
  const faults = ['`reject_maps_rbl` has been removed in Postfix 3.9', ...dead];
  return {
    replaced: written.length === 0 ? removal : whole,
    by: written.join(', '),
    mend: {
      span: whole,
      fault: faults.join('; '),
      cure: written.length === 0 ? 'taken out' : `written \`${written.join(', ')}\``,
    },
  };
}

function closedFault(domain: string): string {
  const { since, listsEverybody } = findDnsbl(domain) ?? {};
  const fate = listsEverybody ? ', and later listed every address' : '';
  return `the DNSBL \`${domain}\` has closed (${since})${fate}`;
}

function domainOf(argument: string): string {
  return argument.split('=', 1)[0] ?? '';
}
