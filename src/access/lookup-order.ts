/**
 * Which search strings Postfix tries in an access(5) table, and in what order.
 *
 * Owns the order only. Folding case is the table's business, reading the
 * right-hand side the caller's. The first search string that is found decides,
 * whatever its value; a table that cannot answer ends the search.
 *
 * Search strings are made once and can be tried in any number of tables.
 */
import { isValidHostAddress } from '../net/hostname-rules.ts';
import {
  type AddressExtensionOptions,
  quoteLocalPart,
  splitMailAddress,
  withoutExtension,
} from '../net/mail-address.ts';
import { type LookupResult, type Table, TableFailure } from '../tables/table.ts';
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';

/** The search strings of one subject. Those from `fullCount` on are partial: tables of patterns do not see them. */
export interface SearchKeys {
  readonly keys: readonly string[];
  readonly fullCount: number;
}

/** What of a policy the search strings depend on. */
export interface SearchRules {
  /** parent_domain_matches_subdomains has smtpd_access_maps. */
  readonly isParentMatching: boolean;
  readonly extension: AddressExtensionOptions;
}

export interface AccessHit {
  readonly key: string;
  /** The right-hand side, never ''. */
  readonly value: string;
}

export type SearchResult = AccessHit | undefined | TableFailure;

/** Told of every lookup, in order: for traces. */
export type LookupListener = (key: string, result: LookupResult) => void;

/** A subject without partial forms: a login name, a certificate fingerprint, the null sender's key. */
export function wholeKey(text: string): SearchKeys {
  return { keys: [text], fullCount: 1 };
}

/**
 * check_helo_access, check_etrn_access and the name of a client: the name, then its parents
 * down to the top-level domain, as `b.c` and `c` or, where parent domains do
 * not match subdomains, as `.b.c` and `.c`. An address has no parents.
 */
export function domainKeys(name: string, isParentMatching: boolean): SearchKeys {
  const keys = [name];
  if (!isValidHostAddress(name)) addParents(keys, name, isParentMatching);
  return { keys, fullCount: 1 };
}

/** A client's address, then its networks by leading octets (`192.0.2`) or fields (`2001:db8:0`). */
export function addressKeys(address: string): SearchKeys {
  const delimiter = address.includes(':') ? ':' : '.';
  const keys = [address];
  for (let cut = address.lastIndexOf(delimiter); cut >= 0; cut = address.lastIndexOf(delimiter, cut - 1)) {
    keys.push(address.slice(0, cut));
    if (cut === 0) break;
  }
  return { keys, fullCount: 1 };
}

/**
 * check_sender_access and check_recipient_access: `user+ext@domain`, `user@domain`, the domain and its parents,
 * `user+ext@`, `user@`. A local part that needs quotes is tried with them, then
 * without. `address` is in internal (unquoted) form and has a domain; without one there is nothing to try.
 */
export function mailKeys(
  address: string,
  isParentMatching: boolean,
  extension: AddressExtensionOptions,
): SearchKeys {
  const { localPart, domain } = splitMailAddress(address);
  if (domain === undefined) return { keys: [], fullCount: 0 };
  const bare = withoutExtension(localPart, extension);
  const keys: string[] = [];
  addAddress(keys, localPart, domain);
  const fullCount = keys.length;
  if (bare !== undefined) addAddress(keys, bare, domain);
  keys.push(domain);
  addParents(keys, domain, isParentMatching);
  addAddress(keys, localPart, '');
  if (bare !== undefined) addAddress(keys, bare, '');
  return { keys, fullCount };
}

/** Tries the search strings in order. Synchronous as long as the table is. */
export function findFirst(
  table: Table,
  search: SearchKeys,
  listener?: LookupListener,
): PromiseOrValue<SearchResult> {
  return findFrom(table, search, 0, listener);
}

/** check_client_access: a name wins over an address, however much wider it is. */
export function findNameOrAddress(
  table: Table,
  name: SearchKeys,
  address: SearchKeys,
  listener?: LookupListener,
): PromiseOrValue<SearchResult> {
  const found = findFirst(table, name, listener);
  if (isPromise(found)) {
    return found.then((result) => (result === undefined ? findFirst(table, address, listener) : result));
  }
  return found === undefined ? findFirst(table, address, listener) : found;
}

function findFrom(
  table: Table,
  search: SearchKeys,
  start: number,
  listener: LookupListener | undefined,
): PromiseOrValue<SearchResult> {
  const { keys } = search;
  const count = table.isPattern ? search.fullCount : keys.length;
  for (let at = start; at < count; at++) {
    const key = keys[at];
    if (key === undefined || key === '') continue;
    const answer = table.lookup(key);
    if (isPromise(answer)) {
      return answer.then((result) => {
        listener?.(key, result);
        return result === undefined ? findFrom(table, search, at + 1, listener) : judge(table, key, result);
      });
    }
    listener?.(key, answer);
    if (answer !== undefined) return judge(table, key, answer);
  }
  return undefined;
}

/** An empty right-hand side is a broken table to Postfix, not a result. */
function judge(table: Table, key: string, result: string | TableFailure): AccessHit | TableFailure {
  if (result instanceof TableFailure) return result;
  if (result === '') return new TableFailure(`${table.spec}: empty lookup result for \`${key}\``);
  return { key, value: result };
}

function addParents(keys: string[], name: string, isParentMatching: boolean): void {
  for (let dot = name.indexOf('.', 1); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    keys.push(name.slice(isParentMatching ? dot + 1 : dot));
    // Postfix looks for the next dot behind the first character of the parent it just tried.
    if (isParentMatching) dot++;
  }
}

/** `localPart@domain` as it is quoted on the wire, then without quotes; `domain` may be ''. */
export function addAddress(keys: string[], localPart: string, domain: string): void {
  const quoted = quoteLocalPart(localPart);
  keys.push(`${quoted}@${domain}`);
  if (quoted !== localPart) keys.push(`${localPart}@${domain}`);
}
