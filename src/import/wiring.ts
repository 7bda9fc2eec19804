/**
 * The lines by which Postfix asks Postward instead of its own restriction
 * lists: for main.cf, and for the services of master.cf that have a policy of
 * their own. Two layouts; docs/guide/postfix.md says what each gives.
 */
import { LIST_NAMES, type ListName } from '../engine/step.ts';
import { listParameter } from '../policy/compile.ts';
import type { Examined } from './examine.ts';
import { isForPolicyServer, postfixPart } from './postfix-part.ts';

export type Layout = 'single' | 'per list';

/** Parameter → words of its list; none: an empty list. */
export type WiredLists = ReadonlyMap<string, readonly string[]>;

/** Where Postward listens unless told otherwise. */
const SERVER = 'inet:127.0.0.1:10040';

/** Lists that no RCPT TO sees, so that one question there cannot stand for them. */
const ASKED_ALONE: readonly ListName[] = ['data', 'end_of_data', 'etrn'];

/** Those for which one question at RCPT TO stands. */
const AT_RECIPIENT: readonly (ListName | undefined)[] = ['client', 'helo', 'sender', 'recipient'];

/**
 * The new lists of a main.cf.
 *
 * @param policy undefined when it is the only one: its name need not be said
 */
export function wiredLists(examined: Examined, layout: Layout, policy: string | undefined): WiredLists {
  const wired = new Map<string, readonly string[]>();
  const isAskedAtRecipient = examined.lists.some(
    (one) => AT_RECIPIENT.includes(one.list) && isForPolicyServer(one),
  );
  for (const list of LIST_NAMES) {
    // Whether this host relays is Postfix's own business, and stays so when Postward is down.
    if (list === 'relay') continue;
    const { words } = postfixPart(examined, list);
    const used = examined.lists.find((one) => one.list === list);
    const isUsed = used !== undefined && isForPolicyServer(used);
    const isAsked =
      layout === 'per list'
        ? isUsed
        : list === 'recipient'
          ? isAskedAtRecipient
          : isUsed && ASKED_ALONE.includes(list);
    if (used === undefined && !isAsked && words.length === 0) continue;
    const question = isAsked ? [askPostward(layout === 'per list' ? list : undefined, policy)] : [];
    wired.set(listParameter(list), [...question, ...words]);
  }
  return wired;
}

/** What a service has to say: its own lists, and that it has none where main.cf has one. */
export function serviceLists(service: WiredLists, main: WiredLists): WiredLists {
  const lists = new Map(service);
  for (const [parameter, words] of main) {
    if (!lists.has(parameter) && words.length > 0) lists.set(parameter, []);
    // main.cf has emptied it already.
    if (words.length === 0 && lists.get(parameter)?.length === 0) lists.delete(parameter);
  }
  return lists;
}

export function mainCfLines(lists: WiredLists): string[] {
  return [...lists].flatMap(([parameter, words]) => [
    `${parameter} =`,
    ...words.map((word, index) => `    ${word}${index === words.length - 1 ? '' : ','}`),
  ]);
}

export function masterCfLines(lists: WiredLists): string[] {
  return [...lists].map(([parameter, words]) =>
    words.length === 0 ? `-o ${parameter}=` : `-o { ${parameter} = ${words.join(', ')} }`,
  );
}

function askPostward(list: ListName | undefined, policy: string | undefined): string {
  const context = [policy, list].filter((part) => part !== undefined).join('/');
  const option = context === '' ? '' : `, policy_context=${context}`;
  return `check_policy_service { ${SERVER}, timeout=30s, default_action=DUNNO${option} }`;
}
