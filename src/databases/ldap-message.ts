/** The messages of LDAP (RFC 4511 §4) that a client who looks things up sends and gets. */
import { BerReader, berBoolean, berElement, berEnumerated, berInteger, berText, SEQUENCE } from './ber.ts';

export interface LdapSearch {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  /** derefAliases: 0 never, 1 searching, 2 finding the base, 3 always. */
  readonly dereference: number;
  /** Entries; 0: as many as the server gives. */
  readonly sizeLimit: number;
  /** Encoded, see ldap-filter.ts. */
  readonly filter: Buffer;
  /** None: all that users may have. */
  readonly attributes: readonly string[];
}

export interface LdapAttribute {
  /** As the server names it, options included. */
  readonly name: string;
  /** Up to the first zero byte; what is not UTF-8 is U+FFFD. */
  readonly values: readonly string[];
}

export type LdapEntry = readonly LdapAttribute[];

export interface LdapMessage {
  /** 0: nobody asked. */
  readonly id: number;
  readonly content:
    | { readonly kind: 'entry'; readonly entry: LdapEntry }
    /** The search goes on at other servers. */
    | { readonly kind: 'reference' }
    /** The last message about a request of the kind `of`. */
    | { readonly kind: 'result'; readonly of: number; readonly code: number; readonly text: string };
}

export const BIND_RESULT = 0x61;
export const SEARCH_RESULT = 0x65;
export const EXTENDED_RESULT = 0x78;

const SEARCH_ENTRY = 0x64;
const SEARCH_REFERENCE = 0x73;
const RESULTS: readonly number[] = [BIND_RESULT, SEARCH_RESULT, EXTENDED_RESULT];

const SCOPES = { base: 0, one: 1, sub: 2 } as const;

/** RFC 4511 §4.14. */
const START_TLS = '1.3.6.1.4.1.1466.20037';

export function simpleBindRequest(dn: string, password: string): Buffer {
  return berElement(0x60, berInteger(3), berText(dn), berText(password, 0x80));
}

/** The identity is known already: from TLS, or from the socket (RFC 4422 appendix A). */
export function externalBindRequest(authorizationId: string): Buffer {
  const credentials = berElement(0xa3, berText('EXTERNAL'), berText(authorizationId));
  return berElement(0x60, berInteger(3), berText(''), credentials);
}

export function startTlsRequest(): Buffer {
  return berElement(0x77, berText(START_TLS, 0x80));
}

/** @param timeLimitSeconds for the server; 0: none */
export function searchRequest(search: LdapSearch, timeLimitSeconds: number): Buffer {
  return berElement(
    0x63,
    berText(search.base),
    berEnumerated(SCOPES[search.scope]),
    berEnumerated(search.dereference),
    berInteger(search.sizeLimit),
    berInteger(timeLimitSeconds),
    berBoolean(false),
    search.filter,
    berElement(SEQUENCE, ...search.attributes.map((name) => berText(name))),
  );
}

export function ldapMessage(id: number, request: Buffer): Buffer {
  return berElement(SEQUENCE, berInteger(id), request);
}

/** @throws Error for what is no message, or none that a client gets */
export function readLdapMessage(bytes: Buffer): LdapMessage {
  const message = new BerReader(bytes).sequence();
  const id = message.integer();
  const { tag } = message;
  if (tag === SEARCH_ENTRY)
    return { id, content: { kind: 'entry', entry: readEntry(message.sequence(tag)) } };
  if (tag === SEARCH_REFERENCE) return { id, content: { kind: 'reference' } };
  if (tag === undefined || !RESULTS.includes(tag)) throw new Error('its answer is malformed');
  const result = message.sequence(tag);
  const code = result.enumerated();
  // matchedDN
  result.text();
  return { id, content: { kind: 'result', of: tag, code, text: result.text() } };
}

function readEntry(content: BerReader): LdapEntry {
  // objectName
  content.text();
  const attributes: LdapAttribute[] = [];
  for (const list = content.sequence(); list.hasMore; ) {
    const attribute = list.sequence();
    const name = attribute.text();
    const values: string[] = [];
    for (const set = attribute.set(); set.hasMore; ) values.push(set.cText());
    attributes.push({ name, values });
  }
  return attributes;
}
