/**
 * What Postfix's `policy_context` asks for: `[POLICY][/LIST]`, or the name of
 * a list alone. A text that names neither leaves the socket's policy to decide
 * all lists.
 */
import { LIST_NAMES, type ListName } from '../engine/step.ts';

export interface PolicyContext {
  readonly policy: string;
  /** undefined: all lists that smtpd would run. */
  readonly list: ListName | undefined;
  /** False when the text says something that nothing here is called. */
  readonly isKnown: boolean;
}

const LISTS: ReadonlyMap<string, ListName> = new Map([
  ...LIST_NAMES.map((name) => [name, name] as const),
  ['eod', 'end_of_data'] as const,
]);

/**
 * @param text the policy_context attribute
 * @param defaultPolicy the policy of the socket that was asked
 */
export function parsePolicyContext(
  text: string,
  defaultPolicy: string,
  policies: ReadonlyMap<string, unknown>,
): PolicyContext {
  if (text === '') return { policy: defaultPolicy, list: undefined, isKnown: true };
  const alone = LISTS.get(text);
  if (alone !== undefined) return { policy: defaultPolicy, list: alone, isKnown: true };
  const slash = text.indexOf('/');
  const name = slash < 0 ? text : text.slice(0, slash);
  const list = slash < 0 ? undefined : LISTS.get(text.slice(slash + 1));
  const isKnownPolicy = name === '' ? slash === 0 : policies.has(name);
  const isKnownList = slash < 0 || list !== undefined;
  if (!isKnownPolicy || !isKnownList) return { policy: defaultPolicy, list: undefined, isKnown: false };
  return { policy: name === '' ? defaultPolicy : name, list, isKnown: true };
}
