/**
 * The lines by which Postfix asks Postward instead of its own restriction
 * lists: for main.cf, and for the services of master.cf that have a policy of
 * their own. Two layouts; docs/guide/postfix.md says what each gives.
 */
import { LIST_NAMES, type ListName } from '../engine/step.ts';
import { listParameter } from '../policy/compile.ts';
import type { Examined } from './examine.ts';
import { closingIndex, isPlain, isUnasked, needsPolicyServer } from './plain-lists.ts';
import { isForPolicyServer, postfixPart, recipientGuard } from './postfix-part.ts';

export type Layout = 'single' | 'per list';

/** Parameter → words of its list; none: an empty list. */
export type WiredLists = ReadonlyMap<string, readonly string[]>;

/** With where Postward listens unless told otherwise. */
const QUESTION = 'check_policy_service { inet:127.0.0.1:10040';

/** Those for which one question at RCPT TO stands, in the order in which smtpd comes to them. */
const AT_RECIPIENT: readonly (ListName | undefined)[] = ['client', 'helo', 'sender', 'recipient'];

export interface WiringOptions {
  readonly layout: Layout;
  /** undefined when it is the only one: its name need not be said. */
  readonly policy: string | undefined;
  /** False: of a service of master.cf. */
  readonly isMain: boolean;
}

/** The new lists of a main.cf, or of a service. */
export function wiredLists(examined: Examined, { layout, policy, isMain }: WiringOptions): WiredLists {
  const wired = new Map<string, readonly string[]>();
  const asking = askingLists(examined, layout, isMain);
  for (const list of LIST_NAMES) {
    // Whether this host relays is Postfix's own business, and stays so when Postward is down.
    if (list === 'relay') continue;
    const used = examined.lists.find((one) => one.list === list);
    const isWhole = isKeptWhole(examined, list, layout) || (used && isPlain(used) && asking.size === 0);
    const { words } = postfixPart(examined, list, isWhole === true);
    if (used === undefined && !asking.has(list) && words.length === 0) continue;
    const context = [policy, ...(layout === 'per list' ? [list] : [])].filter((part) => part !== undefined);
    const question = asking.has(list)
      ? [askPostward(context.join('/'), isWaiting(examined, list, layout))]
      : [];
    wired.set(listParameter(list), [...question, ...words]);
  }
  return wired;
}

/** The lists in which Postfix asks. */
function askingLists(examined: Examined, layout: Layout, isMain: boolean): ReadonlySet<ListName> {
  const asking = new Set<ListName>();
  if (!isMain && isUnasked(examined)) return asking;
  for (const one of examined.lists) {
    const { list } = one;
    if (list === undefined || list === 'relay' || !isForPolicyServer(one)) continue;
    // What Postfix keeps behind the question in these makes them whole again.
    const isPartOfMore = list === 'recipient' || (list === 'etrn' && standsForMore(examined, layout));
    if (isPlain(one) && !isPartOfMore) continue;
    asking.add(layout === 'single' && AT_RECIPIENT.includes(list) ? 'recipient' : list);
  }
  return asking;
}

/** At ETRN smtpd runs the client and the helo list as well, which one question decides with its own. */
function standsForMore({ lists }: Examined, layout: Layout): boolean {
  const before: readonly (ListName | undefined)[] = ['client', 'helo'];
  return layout === 'single' && lists.some((one) => before.includes(one.list) && needsPolicyServer(one));
}

/** True when all of the list stays: nothing in it needs Postward, and nothing that Postward decides comes before it. */
function isKeptWhole(examined: Examined, name: ListName, layout: Layout): boolean {
  const list = examined.lists.find((one) => one.list === name);
  if (list === undefined || !isPlain(list)) return false;
  if (name === 'recipient') return closingIndex(list, examined) !== recipientGuard(examined, name);
  if (layout === 'per list') return true;
  const before = AT_RECIPIENT.slice(0, Math.max(0, AT_RECIPIENT.indexOf(name)));
  return !examined.lists.some((one) => before.includes(one.list) && needsPolicyServer(one));
}

/**
 * True when mail has to wait while Postward is down: a list for which the
 * question stands lets nobody past its end, and what stays of it does not say so.
 */
function isWaiting(examined: Examined, asking: ListName, layout: Layout): boolean {
  return examined.lists.some((one) => {
    if (one.list === undefined || one.list === 'relay') return false;
    const isDecided = layout === 'single' && asking === 'recipient' ? AT_RECIPIENT.includes(one.list) : false;
    if (one.list !== asking && !isDecided) return false;
    const closing = closingIndex(one, examined);
    return (
      closing >= 0 &&
      !isKeptWhole(examined, one.list, layout) &&
      closing !== recipientGuard(examined, one.list)
    );
  });
}

/**
 * What a service has to say.
 *
 * @param main what main.cf says from now on
 * @param own parameters that the service sets now
 */
export function serviceLists(service: WiredLists, main: WiredLists, own: ReadonlySet<string>): WiredLists {
  const lists = new Map<string, readonly string[]>();
  for (const parameter of LIST_NAMES.map(listParameter)) {
    if (!service.has(parameter) && !main.has(parameter)) continue;
    const words = service.get(parameter) ?? [];
    const inherited = main.get(parameter) ?? [];
    if (own.has(parameter) || words.join() !== inherited.join()) lists.set(parameter, words);
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
    words.some((word) => /\s/.test(word))
      ? `-o { ${parameter} = ${words.join(', ')} }`
      : `-o ${parameter}=${words.join(',')}`,
  );
}

/** True when the word asks Postward, and is none that main.cf had. */
export function isQuestion(word: string): boolean {
  return word.startsWith(`${QUESTION}, `);
}

function askPostward(context: string, isWaiting: boolean): string {
  const options = [
    'timeout=30s',
    ...(isWaiting ? [] : ['default_action=DUNNO']),
    ...(context === '' ? [] : [`policy_context=${context}`]),
  ];
  return `${QUESTION}, ${options.join(', ')} }`;
}
