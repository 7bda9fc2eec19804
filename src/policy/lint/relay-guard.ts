/**
 * What permits before relaying is refused. A recipient passes when both the
 * relay and the recipient list let it, so that one clean list is enough.
 */
import type { LintContext } from './lint-rule.ts';
import { flatItems, type RestrictionItem, type RestrictionList } from './restriction-list.ts';

const GUARDS: readonly string[] = [
  'reject_unauth_destination',
  'defer_unauth_destination',
  'check_relay_domains',
  'reject',
  'defer',
];

export interface BeforeGuard {
  readonly list: RestrictionList;
  readonly item: RestrictionItem;
}

/**
 * The items before the guard that `isDanger` speaks up about, in every list of
 * the two that has a guard; none when one of them is clean, or has no danger
 * because it has no guard (no-relay-guard says so).
 */
export function dangersBeforeGuard(
  { lists, classes }: LintContext,
  isDanger: (item: RestrictionItem) => boolean,
): readonly BeforeGuard[] {
  const found: BeforeGuard[] = [];
  for (const list of lists) {
    if (list.list !== 'relay' && list.list !== 'recipient') continue;
    const items = [...flatItems(list.items, classes)];
    const guard = items.findIndex((item) => GUARDS.includes(item.restriction.name) && !item.isWarned);
    if (guard < 0) continue;
    const dangers = items.slice(0, guard).filter(isDanger);
    if (dangers.length === 0) return [];
    found.push(...dangers.map((item) => ({ list, item })));
  }
  return found;
}
