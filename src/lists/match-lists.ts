/**
 * Which lists say something of a subject: an address as the client's, a name as
 * the client's or in HELO, a mail address as sender or recipient; `<>` is the
 * null sender. Search strings and their order are Postfix's.
 */
import { addressKeys, domainKeys, mailKeys } from '../access/lookup-order.ts';
import { isKeyMistake, type KeyMistake, parseKey } from './key.ts';
import type { ListMatch } from './list-info.ts';
import type { ManagedList } from './managed-list.ts';
import { shown } from './shown.ts';

/** Postfix's defaults: b.c stands for what is below it, and addresses have no extensions. */
const PARENTS_MATCH = true;
const NO_EXTENSIONS = { delimiters: '', doubleBounceSender: 'double-bounce', isOwnerRequestSpecial: true };

/**
 * The first search string that a list has, for each list that has one; or why there is nothing to search for. What is
 * searched for is understood as a key is that somebody puts into a list.
 */
export function matchLists(
  lists: readonly ManagedList[],
  subject: string,
): readonly ListMatch[] | KeyMistake {
  const searches = searchesFor(subject);
  if (!Array.isArray(searches)) return searches;
  return lists.flatMap((list): ListMatch[] => {
    for (const searched of searches) {
      const hit = list.index.find(searched);
      if (hit !== undefined) return [{ list: list.name, searched, ...hit }];
    }
    return [];
  });
}

function searchesFor(subject: string): string[] | KeyMistake {
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
      return [...mailKeys(key, PARENTS_MATCH, NO_EXTENSIONS).keys];
    case 'name':
    case 'text':
      return domainKeys(key, PARENTS_MATCH).keys.filter((each) => each !== '');
    default:
      return [key];
  }
}
