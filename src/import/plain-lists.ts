/**
 * What of a list Postfix decides as well without a policy server, and what gets
 * lost while that is down: lists in which nothing needs one stay in Postfix as
 * they are; a list that ends in `reject` must not let everybody in.
 */
import { flatItems, type ListItem, type RestrictionList } from '../policy/lint/restriction-list.ts';
import type { Examined } from './examine.ts';
import { isForPolicyServer, isLeftToPostfix } from './postfix-part.ts';

/** They look at who the client is and where the mail goes, at no access table, no DNS and no syntax. */
const PLAIN: ReadonlySet<string> = new Set([
  'permit',
  'reject',
  'defer',
  'defer_if_permit',
  'defer_if_reject',
  'warn_if_reject',
  'permit_mynetworks',
  'permit_inet_interfaces',
  'permit_sasl_authenticated',
  'permit_tls_clientcerts',
  'permit_tls_all_clientcerts',
  'permit_auth_destination',
  'reject_unauth_destination',
  'defer_unauth_destination',
  'reject_plaintext_session',
]);

/** True when Postfix keeps the list as it is, though a policy has it, too. */
export function isPlain(list: RestrictionList): boolean {
  return isForPolicyServer(list) && list.items.every(isPlainItem);
}

/** True when something in the list is for a policy server to decide. */
export function needsPolicyServer(list: RestrictionList): boolean {
  return isForPolicyServer(list) && !isPlain(list);
}

/** True of a service with nothing but plain lists: it has no need to ask. */
export function isUnasked({ lists }: Examined): boolean {
  return lists.every((list) => list.list === 'relay' || !needsPolicyServer(list));
}

function isPlainItem(item: ListItem): boolean {
  if (item.kind !== 'restriction') return false;
  return PLAIN.has(item.restriction.name) || isLeftToPostfix(item.restriction);
}

/** The item that lets nobody past it: everybody who is not permitted before is refused. -1: none. */
export function closingIndex({ items }: RestrictionList, { classes }: Examined): number {
  for (const [index, item] of items.entries()) {
    if (item.isWarned) continue;
    for (const { restriction, isWarned } of flatItems([item], classes)) {
      // In a class as well they end the list.
      if (restriction.name === 'permit' || restriction.name === 'check_relay_domains') return -1;
      if (!isWarned && (restriction.name === 'reject' || restriction.name === 'defer')) return index;
    }
  }
  return -1;
}
