/**
 * From entries to one result (ldap_table(5)): the values of result attributes
 * in the server's order, and, depth first, those of the entries that special
 * ones name by DN or LDAP URL. Bounded in depth, number and time.
 */
import { NoAnswer } from '../../databases/connection.ts';
import type { LdapAnswer } from '../../databases/ldap.ts';
import { encodeFilter } from '../../databases/ldap-filter.ts';
import type { LdapAttribute, LdapEntry, LdapSearch } from '../../databases/ldap-message.ts';
import type { MapResult } from '../map-file/map-templates.ts';
import { TableFailure } from '../table.ts';
import { looksLikeLdapUrl, parseLdapUrl } from './ldap-url.ts';
import type { ResultAttributes } from './result-attributes.ts';

export interface LdapAsker {
  ask(search: LdapSearch): Promise<LdapAnswer | NoAnswer>;
}

export interface ExpansionRules {
  readonly attributes: ResultAttributes;
  readonly recursionLimit: number;
  /** Entries of one search; 0: no limit. */
  readonly sizeLimit: number;
  readonly dereference: number;
  /** An answer that says that other servers have more is no answer. */
  readonly isChasingReferrals: boolean;
  /** For one lookup. */
  readonly totalTimeoutMs: number;
}

const ANY_ENTRY = encodeFilter('(objectClass=*)') as Buffer;

export class EntryExpansion {
  readonly #rules: ExpansionRules;
  readonly #asker: LdapAsker;
  readonly #result: MapResult;
  readonly #deadlineMs: number;

  /** For one lookup; adds what it finds to the result. */
  constructor(rules: ExpansionRules, asker: LdapAsker, result: MapResult) {
    this.#rules = rules;
    this.#asker = asker;
    this.#result = result;
    this.#deadlineMs = performance.now() + rules.totalTimeoutMs;
  }

  /** undefined when there is no entry of the base's name. */
  async search(
    what: Pick<LdapSearch, 'base' | 'scope' | 'filter' | 'attributes'>,
  ): Promise<readonly LdapEntry[] | undefined | TableFailure> {
    const { sizeLimit, dereference, isChasingReferrals, totalTimeoutMs } = this.#rules;
    if (performance.now() >= this.#deadlineMs) {
      return new TableFailure(
        `not all that special_result_attribute names was found in ${totalTimeoutMs} ms`,
      );
    }
    const answer = await this.#asker.ask({ ...what, sizeLimit, dereference });
    if (answer instanceof NoAnswer) return new TableFailure(answer.reason);
    if (answer.hasReferences && isChasingReferrals) {
      return new TableFailure('the server refers to another one, which is not followed here');
    }
    if (answer.isBaseMissing) return undefined;
    if (sizeLimit > 0 && answer.entries.length > sizeLimit) {
      return new TableFailure(`more than size_limit (${sizeLimit}) entries`);
    }
    return answer.entries;
  }

  /** @param depth 1 for the entries that the search string led to */
  async add(entries: readonly LdapEntry[], depth: number = 1): Promise<TableFailure | undefined> {
    const { attributes } = this.#rules;
    // Once an entry is terminal, or no leaf, so are those after it, as Postfix has it.
    let isTerminal = false;
    let isLeaf = true;
    for (const entry of entries) {
      isTerminal ||= attributes.has(entry, 'terminal');
      if (!isTerminal && attributes.hasLeafNames && attributes.has(entry, 'special')) isLeaf = false;
      for (const attribute of entry) {
        const role = attributes.roleOf(attribute.name);
        if (role === undefined || attribute.values.length === 0) continue;
        if (isTerminal && role !== 'terminal') continue;
        if (!isLeaf && (role === 'terminal' || role === 'leaf')) continue;
        const failure =
          role === 'special' ? await this.#follow(attribute, depth) : this.#addValues(attribute.values);
        if (failure !== undefined) return failure;
      }
    }
    return undefined;
  }

  #addValues(values: readonly string[]): TableFailure | undefined {
    for (const value of values) {
      const failure = this.#result.add(value);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  async #follow({ name, values }: LdapAttribute, depth: number): Promise<TableFailure | undefined> {
    if (depth >= this.#rules.recursionLimit) {
      return new TableFailure(`more than recursion_limit (${this.#rules.recursionLimit}) levels at ${name}`);
    }
    for (const value of values) {
      const entries = await this.#entriesOf(value);
      if (entries instanceof TableFailure) return entries;
      const failure = entries === undefined ? undefined : await this.add(entries, depth + 1);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** What a DN or an LDAP URL names; undefined: nothing that is of interest. */
  async #entriesOf(value: string): Promise<readonly LdapEntry[] | undefined | TableFailure> {
    const { attributes } = this.#rules;
    if (!looksLikeLdapUrl(value)) {
      return await this.search({
        base: value,
        scope: 'base',
        filter: ANY_ENTRY,
        attributes: attributes.names,
      });
    }
    const url = parseLdapUrl(value);
    const filter = url === undefined ? undefined : encodeFilter(url.filter);
    if (url === undefined || filter === undefined || 'error' in filter) {
      return new TableFailure(`a malformed LDAP URL: ${value.slice(0, 200)}`);
    }
    const wanted = attributes.within(url.attributes);
    if (wanted.length === 0) return undefined;
    return await this.search({ base: url.base, scope: url.scope, filter, attributes: wanted });
  }
}
