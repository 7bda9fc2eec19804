/** LDAP URLs (RFC 4516): in `server_host`, and as values of special result attributes. */
import type { LdapSearch } from '../../databases/ldap-message.ts';

export interface LdapUrl {
  readonly scheme: 'ldap' | 'ldaps' | 'ldapi';
  /** Percent-decoded; '' where it is left to the client. */
  readonly host: string;
  readonly port: number | undefined;
  readonly base: string;
  /** None: what the asker wants. */
  readonly attributes: readonly string[];
  readonly scope: LdapSearch['scope'];
  readonly filter: string;
}

const SCOPES: Readonly<Record<string, LdapSearch['scope']>> = {
  '': 'base',
  base: 'base',
  one: 'one',
  onelevel: 'one',
  sub: 'sub',
  subtree: 'sub',
};

const ALL = '(objectClass=*)';

/** As OpenLDAP's library: within `<>` and after `URL:` it is one as well. */
export function looksLikeLdapUrl(text: string): boolean {
  return /^<?(?:URL:)?(?:ldap[si]?|cldap):\/\//i.test(text);
}

/** undefined for what is none. */
export function parseLdapUrl(text: string): LdapUrl | undefined {
  const bare = text.replace(/^<(.*)>$/s, '$1').replace(/^URL:/i, '');
  const found = /^(ldap[si]?):\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/is.exec(bare);
  if (found === null) return undefined;
  const [, scheme = '', authority = '', base = '', rest = ''] = found;
  const [attributes = '', scope = '', filter = ''] = rest.split('?');
  const place = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{0,5}))?$/.exec(authority);
  const knownScope = SCOPES[scope.toLowerCase()];
  if (place === null || knownScope === undefined) return undefined;
  try {
    return {
      scheme: scheme.toLowerCase() as LdapUrl['scheme'],
      host: decodeURIComponent(place[1] ?? place[2] ?? ''),
      port: place[3] === undefined || place[3] === '' ? undefined : Number(place[3]),
      base: decodeURIComponent(base),
      attributes: decodeURIComponent(attributes)
        .split(',')
        .filter((name) => name !== ''),
      scope: knownScope,
      filter: decodeURIComponent(filter) || ALL,
    };
  } catch {
    // A `%` without two hexadecimal digits, or bytes that are no text.
    return undefined;
  }
}
