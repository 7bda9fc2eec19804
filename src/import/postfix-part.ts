/**
 * What a restriction list leaves to Postfix when a policy server decides it:
 * restrictions that only Postfix can decide, the guard against relaying, and
 * the permits before these that let clients past them. Behind
 * check_policy_service they decide what they did in the whole list, because
 * what else stood there has been decided by then.
 */
import type { ListName } from '../engine/step.ts';
import {
  flatItems,
  type ListItem,
  type RestrictionItem,
  type RestrictionList,
} from '../policy/lint/restriction-list.ts';
import type { Restriction } from '../restrictions/restriction.ts';
import type { Examined } from './examine.ts';

/** One of these must be in the relay or the recipient list, or smtpd(8) does not start. */
const GUARDS: readonly string[] = [
  'reject_unauth_destination',
  'defer_unauth_destination',
  'check_relay_domains',
  'reject',
  'defer',
];

/**
 * It permits and rejects by the recipient as check_relay_domains does, which also
 * lets clients that relay_domains names relay.
 */
export const SUCCESSOR_OF_CHECK_RELAY_DOMAINS = 'permit_auth_destination, reject_unauth_destination';

/** For a main.cf that has no guard. */
const USUAL_GUARD = ['permit_mynetworks', 'permit_sasl_authenticated', 'reject_unauth_destination'];

/** What a policy server cannot decide and passes over. */
export function isLeftToPostfix({ support, yields }: Restriction): boolean {
  return support.level === 'undecidable' && yields.every((kind) => kind === 'dunno');
}

export interface PostfixPart {
  /** What stands behind check_policy_service. */
  readonly words: readonly string[];
  readonly usesClasses: boolean;
}

const NOTHING: PostfixPart = { words: [], usesClasses: false };

/** @param isWhole it stays as it is */
export function postfixPart(policy: Examined, name: ListName, isWhole: boolean): PostfixPart {
  const list = policy.lists.find((one) => one.list === name);
  const items = list?.items ?? [];
  const guard = recipientGuard(policy, name);
  const last = Math.max(
    guard,
    items.findLastIndex((item) => item.kind === 'restriction' && isLeftToPostfix(item.restriction)),
  );
  const kept = isWhole
    ? items.filter(({ token }) => token.text.toLowerCase() !== 'warn_if_reject')
    : items.slice(0, last + 1).filter((item, index) => index === guard || isKept(item));
  const words = kept.flatMap(wordsOf);
  const isUnguarded = name === 'recipient' && guard < 0 && !hasGuard(policy, 'relay');
  if (words.length === 0 && !isUnguarded) return NOTHING;
  return {
    words: isUnguarded ? [...USUAL_GUARD, ...words.filter((word) => !USUAL_GUARD.includes(word))] : words,
    usesClasses: kept.some(({ kind }) => kind === 'class'),
  };
}

/** Where the recipient list refuses relaying and nothing else does; -1: nowhere. */
export function recipientGuard(policy: Examined, name: ListName): number {
  if (name !== 'recipient' || hasGuard(policy, 'relay')) return -1;
  return guardIndex(policy.lists.find((one) => one.list === name)?.items ?? [], policy);
}

export function hasGuard(policy: Examined, name: 'relay' | 'recipient'): boolean {
  const list = policy.lists.find((one) => one.list === name);
  return list !== undefined && guardIndex(list.items, policy) >= 0;
}

/** The first item that refuses relaying, or the class that holds one. */
function guardIndex(items: readonly ListItem[], { classes }: Examined): number {
  return items.findIndex((item) =>
    [...flatItems([item], classes)].some(
      ({ restriction, isWarned }) => GUARDS.includes(restriction.name) && !isWarned,
    ),
  );
}

function isKept(item: ListItem): boolean {
  if (item.kind === 'class') return true;
  if (item.kind === 'unknown' || item.restriction.argument === 'service') return false;
  return isLeftToPostfix(item.restriction) || item.restriction.yields.includes('permit');
}

/** With current names. What is left of a `$` by now is one that main.cf has to write twice. */
function wordsOf(item: ListItem): string[] {
  if (item.kind !== 'restriction') return [item.token.text];
  const { name } = item.restriction;
  const written = name === 'check_relay_domains' ? SUCCESSOR_OF_CHECK_RELAY_DOMAINS : name;
  const argument = item.argument === undefined ? '' : ` ${item.argument.text.replaceAll('$', '$$$$')}`;
  const warn = item.isWarned ? 'warn_if_reject ' : '';
  return [warn + written + argument];
}

/** True when a policy server has something to decide in the list. */
export function isForPolicyServer({ items }: RestrictionList): boolean {
  return items.some(
    (item) =>
      item.kind !== 'restriction' ||
      !(isLeftToPostfix(item.restriction) || item.restriction.name === 'warn_if_reject'),
  );
}

/**
 * True when a policy does without the list. Not of the relay list: what a policy
 * does not set there is not empty.
 */
export function isLeftWhole(list: RestrictionList): boolean {
  return list.list !== 'relay' && list.list !== undefined && !isForPolicyServer(list);
}

/** Items of a list that only Postfix can decide. */
export function leftToPostfix({
  items,
}: Pick<RestrictionList, 'items'>): { item: RestrictionItem; index: number }[] {
  return items.flatMap((item, index) =>
    item.kind === 'restriction' && isLeftToPostfix(item.restriction) ? [{ item, index }] : [],
  );
}
