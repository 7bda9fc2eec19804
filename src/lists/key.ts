/**
 * The keys of managed lists: search strings as Postfix makes them (access(5)),
 * and networks, each in the one form that they are stored in.
 *
 * What is meant without doubt is put into that form, and said; the rest is
 * refused with the cure. Case never matters.
 */
import { asciiDomain, withoutTrailingDot } from '../net/domain-name.ts';
import { isValidHostname } from '../net/hostname-rules.ts';
import { formatIpv4, parseIpAddress } from '../net/ip-address.ts';
import { isNetworkSyntaxError, parseIpNetwork } from '../net/ip-network.ts';
import { quoteLocalPart, splitMailAddress } from '../net/mail-address.ts';
import type { KeyClass, ListKind } from '../store/list-records.ts';
import { foldCase } from '../tables/fold-case.ts';
import { shown } from './shown.ts';

export interface ParsedKey {
  /** Canonical. */
  readonly key: string;
  readonly class: KeyClass;
  /** Why the canonical form is not what was written; undefined when it differs in nothing but case. */
  readonly note: string | undefined;
}

export interface KeyMistake {
  readonly error: string;
  readonly help: string;
}

export const MAX_KEY_BYTES = 512;

const NAMES: readonly KeyClass[] = ['address', 'network', 'octets', 'name', 'subdomains'];

/** Which keys a list of a kind takes; `any` takes all. */
export const CLASSES_OF: Readonly<Partial<Record<ListKind, readonly KeyClass[]>>> = {
  client: NAMES,
  helo: [...NAMES, 'text'],
  sender: ['name', 'subdomains', 'mail', 'user', 'null'],
  recipient: ['name', 'subdomains', 'mail', 'user'],
};

/** Such a key never matches there, and why. */
const WHY_NOT: Readonly<Record<Exclude<ListKind, 'any'>, string>> = {
  client: 'a client is looked up by host name and address',
  helo: 'a HELO name is a host name, a domain or an address',
  sender: 'a sender is looked up by mail address and domain',
  recipient: 'a recipient is looked up by mail address and domain',
};

export function isKeyMistake(value: ParsedKey | KeyMistake): value is KeyMistake {
  return 'error' in value;
}

/** What a key that somebody has written is, in a list of that kind. */
export function parseKey(written: string, kind: ListKind): ParsedKey | KeyMistake {
  const parsed = parse(written.trim(), kind);
  if (isKeyMistake(parsed)) return parsed;
  return misplaced(parsed.class, kind) ?? parsed;
}

/** Why keys of a class have no place in a list of a kind; undefined: they have. */
export function misplaced(keyClass: KeyClass, kind: ListKind): KeyMistake | undefined {
  if (kind === 'any' || CLASSES_OF[kind]?.includes(keyClass) !== false) return undefined;
  return {
    error: `${CLASS_WORDS[keyClass]} never matches in a list of kind \`${kind}\``,
    help: `${WHY_NOT[kind]}; put it into a list of another kind`,
  };
}

const CLASS_WORDS: Readonly<Record<KeyClass, string>> = {
  address: 'an IP address',
  network: 'a network',
  octets: 'a network',
  name: 'a name',
  subdomains: 'a domain that begins with a dot',
  mail: 'a mail address',
  user: '`user@`',
  null: '`<>`, the null sender,',
  text: 'such a text',
};

function parse(text: string, kind: ListKind): ParsedKey | KeyMistake {
  if (text === '')
    return { error: 'the key is empty', help: 'write an address, a network, a domain or a mail address' };
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) {
    return {
      error: `the key is longer than ${MAX_KEY_BYTES} bytes`,
      help: 'nothing that Postfix looks up is that long',
    };
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  if (/[\0-\x1f\x7f]|[\ud800-\udfff](?![\udc00-\udfff])(?<![\ud800-\udbff][\udc00-\udfff])/.test(text)) {
    return { error: 'the key has a control character', help: 'remove it' };
  }
  if (text === '<>') return plain(text, 'null');
  if (text.includes('@')) return parseMail(text);
  if (/\s/.test(text))
    return { error: `white space in ${shown(text)}`, help: 'write one key without white space' };
  if (text.startsWith('[')) return parseBracketed(text, kind);
  if (text.includes('/')) return parseNetwork(text);
  if (text.includes(':')) return parseIpv6(text);
  if (/^[0-9.]+$/.test(text)) return parseOctets(text);
  return parseName(text, kind);
}

function plain(key: string, keyClass: KeyClass, note?: string): ParsedKey {
  return { key, class: keyClass, note };
}

/** The canonical form, with a note when it is more than another case. */
function canonical(written: string, key: string, keyClass: KeyClass, why: string): ParsedKey {
  return plain(key, keyClass, foldCase(written) === key ? undefined : `stored as ${shown(key)}: ${why}`);
}

function parseNetwork(text: string): ParsedKey | KeyMistake {
  const network = parseIpNetwork(text);
  if (isNetworkSyntaxError(network)) return { error: network.error, help: network.help };
  const { family, words, prefixLength } = network;
  if (family === 6 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff) {
    if (prefixLength < 128) {
      const ipv4 = `${formatIpv4(words[3] ?? 0)}/${prefixLength - 96}`;
      return {
        error: `${shown(text)} never matches: Postfix shows such clients by their IPv4 addresses`,
        help: `write \`${ipv4}\``,
      };
    }
  }
  const written = text.slice(0, text.indexOf('/'));
  const address = parseIpAddress(written.replace(/^\[|\]$/g, ''))?.toString() ?? written;
  if (prefixLength === (family === 4 ? 32 : 128)) {
    return canonical(text, unmapped(address), 'address', 'it is one address');
  }
  return canonical(text, `${address}/${prefixLength}`, 'network', 'the short form of the address');
}

/** Postfix shows a client with an IPv4-mapped address as its IPv4 address. */
function unmapped(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/.test(address) ? address.slice('::ffff:'.length) : address;
}

const FINGERPRINT = /^[0-9a-f]{2}(?::[0-9a-f]{2}){15,63}$/i;
const FIELDS = /^[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}:?$/i;

function parseIpv6(text: string): ParsedKey | KeyMistake {
  const address = parseIpAddress(text);
  if (address !== undefined) {
    const short = address.toString();
    const ipv4 = unmapped(short);
    return ipv4 === short
      ? canonical(text, short, 'address', 'the short form of the address')
      : canonical(text, ipv4, 'address', 'Postfix shows such clients by their IPv4 addresses');
  }
  if (FINGERPRINT.test(text)) return plain(foldCase(text), 'text');
  if (FIELDS.test(text)) {
    const fields = text.replace(/:$/, '').split(':');
    // Without its colon it would be an octet, or a name.
    if (fields.length === 1) {
      return {
        error: `${shown(text)} is one field of an address, which as a key would be something else`,
        help: `write \`${fields[0]?.toLowerCase()}::/16\` for the network`,
      };
    }
    const key = fields.map((field) => Number.parseInt(field, 16).toString(16)).join(':');
    return canonical(text, key, 'octets', 'the leading fields of an address');
  }
  return {
    error: `${shown(text)} is neither an address nor the beginning of one`,
    help: 'write an IPv6 address as in `2001:db8::1`, a network as in `2001:db8::/32`',
  };
}

function parseOctets(text: string): ParsedKey | KeyMistake {
  if (parseIpAddress(text) !== undefined) return plain(text, 'address');
  const octets = text.replace(/\.$/, '').split('.');
  const isWhole = octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
  if (isWhole && octets.length < 4) {
    return canonical(text, octets.join('.'), 'octets', 'the leading octets of an address');
  }
  const network = parseIpNetwork(text);
  const help = isNetworkSyntaxError(network) ? network.help : 'write four octets or fewer';
  return { error: `${shown(text)} is neither an address nor the beginning of one`, help };
}

/** HELO names may be address literals; elsewhere brackets are how mynetworks writes an IPv6 address. */
function parseBracketed(text: string, kind: ListKind): ParsedKey | KeyMistake {
  const inside = text.slice(1, -1);
  if (text.includes('/')) return parseNetwork(text);
  const literal = /^ipv6:/i.test(inside) ? inside.slice('ipv6:'.length) : inside;
  if (!text.endsWith(']') || parseIpAddress(literal) === undefined) {
    return { error: `${shown(text)} holds no address`, help: 'write the address without brackets' };
  }
  if (kind === 'helo') return plain(foldCase(text), 'text');
  if (kind === 'any') {
    return {
      error: `${shown(text)} could be a client or a HELO name`,
      help: `write ${shown(literal)} for the client; for the HELO name give the list the kind \`helo\``,
    };
  }
  return parse(literal, kind);
}

function parseMail(text: string): ParsedKey | KeyMistake {
  const { localPart, domain = '' } = splitMailAddress(text);
  if (localPart === '') {
    if (domain === '') {
      return { error: `${shown(text)} names nobody`, help: 'write `user@domain`, `user@` or a domain' };
    }
    return {
      error: `${shown(text)} never matches`,
      help: `write ${shown(domain)} for all addresses of the domain`,
    };
  }
  const local = unquoted(localPart);
  if (local === undefined) {
    return { error: `unbalanced quotes in ${shown(text)}`, help: 'write `"local part"@domain`' };
  }
  const user = foldCase(quoteLocalPart(local));
  if (user !== user.trimStart()) {
    return { error: `white space at the beginning of ${shown(text)}`, help: 'remove it' };
  }
  if (domain === '') return canonical(text, `${user}@`, 'user', 'as Postfix quotes it');
  if (/^\[.*\]$/.test(domain))
    return canonical(text, `${user}@${foldCase(domain)}`, 'mail', 'as Postfix quotes it');
  const name = canonicalName(domain);
  if (typeof name !== 'string') return name;
  return canonical(text, `${user}@${name}`, 'mail', 'the form in which Postfix looks it up');
}

/** The local part without its quotes; as it is when it has none. */
function unquoted(localPart: string): string | undefined {
  if (!localPart.startsWith('"')) return localPart;
  const inside = /^"((?:[^"\\]|\\.)*)"$/.exec(localPart)?.[1];
  return inside?.replace(/\\(.)/g, '$1');
}

const ADDRESS_RANGE = /^\d+(?:\.\d+){3}-[\d.]+$/;

function parseName(text: string, kind: ListKind): ParsedKey | KeyMistake {
  if (text.startsWith('*.')) {
    const domain = text.slice(2);
    return {
      error: `there are no wildcards: ${shown(text)}`,
      help: `write ${shown(domain)} for the domain and all below it, or ${shown(`.${domain}`)} where parent_domain_matches_subdomains leaves out smtpd_access_maps`,
    };
  }
  // A host name in form, and of no host: who writes it means the addresses, and none of them would be found.
  if (kind !== 'helo' && ADDRESS_RANGE.test(text)) {
    return {
      error: `there are no ranges: ${shown(text)}`,
      help: 'write the networks that the range is made of, such as `192.0.2.0/28`',
    };
  }
  const isBelow = text.startsWith('.');
  const name = canonicalName(isBelow ? text.slice(1) : text);
  if (typeof name === 'string') {
    const why = 'the form in which Postfix looks it up';
    return canonical(text, isBelow ? `.${name}` : name, isBelow ? 'subdomains' : 'name', why);
  }
  // Whatever a client may call itself.
  return kind === 'helo' && !isBelow ? plain(foldCase(text), 'text') : name;
}

function canonicalName(text: string): string | KeyMistake {
  const bare = withoutTrailingDot(text);
  const name = asciiDomain(foldCase(bare));
  if (name !== undefined && isValidHostname(name)) return name;
  return {
    error: `${shown(text)} is no domain name`,
    help: 'write letters, digits and hyphens in labels with dots between them, as in `example.com`',
  };
}
