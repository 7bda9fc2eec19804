/**
 * `ldap:`, ldap_table(5): a search string is looked up by a filter below a base,
 * both of which it may be a part of; the result is made of attributes.
 */
import { connectLdap, type LdapLogin, type LdapServer } from '../../databases/ldap.ts';
import { encodeFilter } from '../../databases/ldap-filter.ts';
import type { LdapSearch } from '../../databases/ldap-message.ts';
import type { PoolLimits } from '../../databases/pool-limits.ts';
import { ServerPool } from '../../databases/server-pool.ts';
import { quote } from '../../language/quote.ts';
import type { MapFile } from '../map-file/map-file.ts';
import { fillQuery, MapTemplates, readTemplate } from '../map-file/map-templates.ts';
import { type MapKind, mapFileReader } from '../map-file/read-map-file.ts';
import type { Template } from '../map-file/template.ts';
import { type LookupResult, TableFailure } from '../table.ts';
import { EntryExpansion, type ExpansionRules, type LdapAsker } from './entry-expansion.ts';
import { ldapBindOf, ldapServersOf, ldapTlsOf, SERVER_PARAMETERS } from './ldap-servers.ts';
import { ATTRIBUTE_PARAMETERS, ResultAttributes } from './result-attributes.ts';

const DEFAULT_FILTER = '(mailacceptinggeneralid=%s)';
const DEFAULT_TIMEOUT_S = 10;

/** Postfix takes them, and says that it ignores them. */
const OLD_PARAMETERS = ['cache', 'cache_expiry', 'cache_size'] as const;

const LDAP_MAP: MapKind = {
  type: 'ldap',
  parameters: [
    ...SERVER_PARAMETERS,
    ...ATTRIBUTE_PARAMETERS,
    ...OLD_PARAMETERS,
    'search_base',
    'query_filter',
    'scope',
    'result_format',
    'result_filter',
    'expansion_limit',
    'size_limit',
    'recursion_limit',
    'dereference',
    'chase_referrals',
    'timeout',
    'version',
    'debuglevel',
  ],
  read: (file, limits) => {
    const map = new LdapMap(file, limits);
    const servers = ldapServersOf(file);
    const { isStarting, ...tls } = ldapTlsOf(file, servers);
    const own = limitsOf(file, limits);
    const login: LdapLogin = {
      bind: ldapBindOf(file),
      isStartingTls: isStarting,
      tls,
      timeLimitSeconds: Math.ceil(own.queryTimeoutMs / 1000),
    };
    return (pools) => {
      const { pool, release } = pools.lease(
        JSON.stringify(['ldap', servers, login, own]),
        () =>
          new ServerPool(
            servers,
            (server: LdapServer, timeoutMs) => connectLdap(server, login, timeoutMs),
            own,
            'first-listed',
          ),
      );
      return { lookup: (key) => map.lookup(key, pool), release };
    };
  },
};

export const readLdapMap = mapFileReader(LDAP_MAP);

class LdapMap {
  readonly #base: Template;
  readonly #filter: Template;
  readonly #scope: LdapSearch['scope'];
  readonly #templates: MapTemplates;
  readonly #rules: ExpansionRules;

  /** Reports what is wrong with the file. */
  constructor(file: MapFile, limits: PoolLimits) {
    if (file.shown('search_base') === undefined) {
      const help = 'write `search_base = dc=example, dc=com`';
      file.warn('search_base', 'map-file-incomplete', '`search_base` is not set', help);
    }
    this.#base = readTemplate(file, 'search_base', file.text('search_base'));
    this.#filter = filterOf(file);
    this.#scope = scopeOf(file);
    this.#templates = new MapTemplates(file, [this.#base, this.#filter], ['result_format', 'result_filter']);
    this.#rules = {
      attributes: new ResultAttributes(file),
      recursionLimit: file.atLeast('recursion_limit', 1, 1000),
      sizeLimit: file.atLeast('size_limit', 0, this.#templates.expansionLimit),
      dereference: dereferenceOf(file),
      isChasingReferrals: isChasing(file),
      totalTimeoutMs: limits.totalTimeoutMs,
    };
    judgeOld(file);
  }

  async lookup(text: string, asker: LdapAsker): Promise<LookupResult> {
    const key = this.#templates.key(text);
    if (key === undefined) return undefined;
    const filter = encodeFilter(fillQuery(this.#filter, key, quoteForFilter));
    if ('error' in filter) return new TableFailure(`query_filter: ${filter.error}`);
    const result = this.#templates.result(key);
    const expansion = new EntryExpansion(this.#rules, asker, result);
    const base = fillQuery(this.#base, key, quoteForDn);
    const { names } = this.#rules.attributes;
    const entries = await expansion.search({ base, scope: this.#scope, filter, attributes: names });
    if (entries instanceof TableFailure) return entries;
    if (entries === undefined) {
      // A base that depends on the search string need not be there.
      return isFixed(this.#base) ? new TableFailure(`search_base ${quote(base)} is not there`) : undefined;
    }
    return (await expansion.add(entries)) ?? result.text;
  }
}

/** RFC 4515 §3: what would be syntax. */
function quoteForFilter(value: string): string {
  return escaped(value, /[*()\\\0]/g);
}

/** RFC 4514 §2.4, and more than it asks for, as Postfix. */
function quoteForDn(value: string): string {
  return escaped(value, /[ \t"#+,;<>\\\0]/g);
}

function escaped(value: string, unsafe: RegExp): string {
  return value.replace(
    unsafe,
    (char) => `\\${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function isFixed(template: Template): boolean {
  return template.every((part) => typeof part === 'string');
}

function filterOf(file: MapFile): Template {
  const text = file.shown('query_filter') === undefined ? DEFAULT_FILTER : file.text('query_filter');
  const template = readTemplate(file, 'query_filter', text);
  // No search string changes what kind of filter it is.
  const sample = template.map((part) => (typeof part === 'string' ? part : 'x')).join('');
  const encoded = encodeFilter(sample);
  if ('error' in encoded) {
    const help = 'write a filter as RFC 4515 has it, such as `(&(objectClass=person)(mail=%s))`';
    file.error('query_filter', 'map-file-value', `${quote(text)} is no filter: ${encoded.error}`, help);
  } else if (isFixed(template)) {
    const help = 'write `%s` where the search string belongs';
    file.warn('query_filter', 'map-file-value', 'the filter is the same for every search string', help);
  }
  return template;
}

function scopeOf(file: MapFile): LdapSearch['scope'] {
  const scope = file.filled('scope', 'sub').toLowerCase();
  if (scope === 'base' || scope === 'one' || scope === 'sub') return scope;
  file.warn('scope', 'map-file-value', `${quote(scope)} is no scope, \`sub\` is used`, 'write `scope = sub`');
  return 'sub';
}

function dereferenceOf(file: MapFile): number {
  const value = file.integer('dereference', 0);
  if (value >= 0 && value <= 3) return value;
  const help = 'write 0 (never), 1 (searching), 2 (finding the base) or 3 (always)';
  file.warn('dereference', 'map-file-value', `${quote(String(value))} is none of 0 to 3, 0 is used`, help);
  return 0;
}

function isChasing(file: MapFile): boolean {
  const isSet = file.boolean('chase_referrals', false);
  if (isSet) {
    const message = 'referrals are not followed here: an answer that holds one is a failed lookup';
    const help = 'name the server that has the entries in `server_host`, and delete `chase_referrals`';
    file.warn('chase_referrals', 'map-file-parameter', message, help);
  }
  return isSet;
}

/** The map's own time limit counts where it is the shorter one. */
function limitsOf(file: MapFile, limits: PoolLimits): PoolLimits {
  const timeoutMs = file.atLeast('timeout', 1, DEFAULT_TIMEOUT_S) * 1000;
  return {
    ...limits,
    connectTimeoutMs: Math.min(limits.connectTimeoutMs, timeoutMs),
    queryTimeoutMs: Math.min(limits.queryTimeoutMs, timeoutMs),
  };
}

function judgeOld(file: MapFile): void {
  for (const name of OLD_PARAMETERS) {
    if (file.text(name) === '') continue;
    file.warn(name, 'map-file-parameter', `${quote(name)} is ignored, by Postfix too`, 'delete the line');
  }
  if (file.integer('version', 3) !== 3) {
    const help = 'write `version = 3`, which Postfix needs for most servers';
    file.warn('version', 'map-file-value', 'always version 3 is spoken here', help);
  }
}
