/**
 * Which lists say something of a subject: an address as the client's, a name as
 * the client's or in HELO, a mail address as sender or recipient; `<>` is the
 * null sender. Search strings and their order are Postfix's.
 */
import { addressKeys, domainKeys, mailKeys, type SearchRules } from '../access/lookup-order.ts';
import { isKeyMistake, type KeyMistake, parseKey } from './key.ts';
import type { ListMatch } from './list-info.ts';
import type { ManagedList } from './managed-list.ts';
import { shown } from './shown.ts';

/** Postfix's defaults: b.c stands for what is below it, and addresses have no extensions. */
const DEFAULT_RULES: SearchRules = {
  isParentMatching: true,
  extension: { delimiters: '', doubleBounceSender: 'double-bounce', isOwnerRequestSpecial: true },
};

/**
 * The first search string that a list has, for each list that has one; or why there is nothing to search for. What is
 * searched for is understood as a key is that somebody puts into a list.
 *
 * @param rules of the policies in force: what one of them finds is told
 */
export function matchLists(
  lists: readonly ManagedList[],
  subject: string,
  rules: readonly SearchRules[] = [],
): readonly ListMatch[] | KeyMistake {
  const searches: string[] = [];
  for (const each of rules.length === 0 ? [DEFAULT_RULES] : rules) {
    const found = searchesFor(subject, each);
    if (!Array.isArray(found)) return found;
    searches.push(...found);
  }
  return lists.flatMap((list): ListMatch[] => {
    for (const searched of searches) {
      const hit = list.index.find(searched);
      if (hit !== undefined) return [{ list: list.name, searched, ...hit }];
    }
    return [];
  });
}

function searchesFor(subject: string, { isParentMatching, extension }: SearchRules): string[] | KeyMistake {
  const asAny = parseKey(subject, 'any');
  // A client may call itself by more than can be a key of other lists.
  const parsed = isKeyMistake(asAny) ? parseKey(subject, 'helo') : asAny;
  if (isKeyMistake(parsed)) return asAny as KeyMistake;
  const { key, class: keyClass } = parsed;
  switch (keyClass) {
    case 'network':
      return { error: `${shown(key)} is a network`, help: 'ask for an address in it' };
    case 'address':
      return [...addressKeys(key).keys];
    case 'mail':
    case 'user':
      return [...mailKeys(key, isParentMatching, extension).keys];
    case 'name':
    case 'text':
      return domainKeys(key, isParentMatching).keys.filter((each) => each !== '');
    default:
      return [key];
  }
}
