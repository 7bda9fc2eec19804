/**
 * How Postfix finds an address in tables of addresses (mail_addr_find(3)):
 * smtpd_sender_login_maps, local_recipient_maps and their like.
 */
import {
  type AddressExtensionOptions,
  quoteLocalPart,
  splitMailAddress,
  withoutExtension,
} from '../net/mail-address.ts';
import { type Table, TableFailure } from '../tables/table.ts';
import { firstFound } from '../util/first-found.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';
import {
  type AccessHit,
  addAddress,
  type LookupListener,
  type SearchKeys,
  type SearchResult,
} from './lookup-order.ts';

/**
 * `user+ext@domain`, `user@domain`; in a local domain `user+ext`, `user`; then
 * `@domain`. A local part that needs quotes is tried with them, then without.
 * Only the first address, in both its forms, is seen by tables of patterns.
 */
export function addressMapKeys(
  address: string,
  isLocalDomain: boolean,
  extension: AddressExtensionOptions,
): SearchKeys {
  const { localPart, domain = '' } = splitMailAddress(address);
  const bare = withoutExtension(localPart, extension);
  const localParts = bare === undefined ? [localPart] : [localPart, bare];
  const keys: string[] = [];
  addAddress(keys, localPart, domain);
  const fullCount = keys.length;
  if (bare !== undefined) addAddress(keys, bare, domain);
  if (isLocalDomain) keys.push(...localParts.flatMap((part) => [quoteLocalPart(part), part]));
  keys.push(`@${domain}`);
  return { keys, fullCount };
}

/** A search string without anything behind it: maps_find(3) calls that a mistake, which waiting does not mend. */
export class EmptyResult extends TableFailure {
  constructor(table: Table, key: string) {
    super(`${table.spec}: empty lookup result for \`${key}\``);
  }
}

/**
 * The first search string that any table has, tables in order for each. A table that fails, or has it with nothing
 * behind it, ends the search.
 */
export function findInMaps(
  tables: readonly Table[],
  { keys, fullCount }: SearchKeys,
  listener: (table: Table) => LookupListener | undefined,
): PromiseOrValue<SearchResult> {
  return firstFound(keys, (key) => {
    const isPartial = keys.indexOf(key) >= fullCount;
    return firstFound(tables, (table) => {
      if (isPartial && table.isPattern) return undefined;
      return andThen(table.lookup(key), (value): AccessHit | TableFailure | undefined => {
        listener(table)?.(key, value);
        if (value === '') return new EmptyResult(table, key);
        return value === undefined || value instanceof TableFailure ? value : { key, value };
      });
    });
  });
}
