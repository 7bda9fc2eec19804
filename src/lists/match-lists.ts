/**
 * Which lists say something of a subject: an address as the client's, a name as
 * the client's or in HELO, a mail address as sender or recipient; `<>` is the
 * null sender. Search strings and their order are Postfix's.
 */
import { addressKeys, domainKeys, mailKeys, wholeKey } from '../access/lookup-order.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import type { ListMatch } from './list-info.ts';
import type { ManagedList } from './managed-list.ts';

/** Postfix's defaults: b.c stands for what is below it, and addresses have no extensions. */
const PARENTS_MATCH = true;
const NO_EXTENSIONS = { delimiters: '', doubleBounceSender: 'double-bounce', isOwnerRequestSpecial: true };

/** The first search string that a list has, for each list that has one. */
export function matchLists(lists: readonly ManagedList[], subject: string): readonly ListMatch[] {
  const searches = searchesFor(subject);
  return lists.flatMap((list): ListMatch[] => {
    for (const searched of searches) {
      const hit = list.index.find(searched);
      if (hit !== undefined) return [{ list: list.name, searched, ...hit }];
    }
    return [];
  });
}

function searchesFor(subject: string): readonly string[] {
  const text = subject.trim();
  if (text === '<>') return wholeKey(text).keys;
  if (text.includes('@')) return mailKeys(text, PARENTS_MATCH, NO_EXTENSIONS).keys;
  const address = parseIpAddress(text);
  const keys = address === undefined ? domainKeys(text, PARENTS_MATCH) : addressKeys(address.toString());
  return keys.keys.filter((key) => key !== '');
}
