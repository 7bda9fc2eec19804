/**
 * Forms of keys that a check never looks up in an indexed access table, by the
 * kind of its search strings (access(5)), with the cure of each.
 */
import { parseIpAddress } from '../../net/ip-address.ts';

/** What kind of search strings a check has (access(5)). */
export type Searches =
  /** The verified name of a client, and its address. */
  | 'client'
  /** A name of a client, or of a server in its DNS, that whoever runs its zone has chosen; and addresses. */
  | 'hosts'
  /** The same of a domain as a client gives it, final dot and all. */
  | 'given_hosts'
  | 'names'
  | 'mail'
  | 'other';

export interface Problem {
  readonly why: string;
  readonly help: string;
}

interface KeyForm {
  readonly pattern: RegExp;
  readonly searches: readonly Searches[];
  readonly problem: (key: string) => Problem;
}

const HOSTS: readonly Searches[] = ['client', 'hosts', 'given_hosts'];

/** Postfix 3.7.11 refuses such names in DNS and mail addresses; HELO names it takes as they are. */
const FORMS: readonly KeyForm[] = [
  {
    pattern: /^@./,
    searches: ['mail'],
    problem: (key) => ({
      why: 'a domain has no `@` before it in an access table',
      help: `write \`${key.slice(1)}\``,
    }),
  },
  {
    pattern: /\*/,
    searches: [...HOSTS, 'names', 'mail'],
    problem: () => ({
      why: '`*` stands for nothing but itself',
      help: 'a domain stands for the names below it as well, an address by its leading octets for its network; else use a regexp: or pcre: table',
    }),
  },
  {
    pattern: /^\[?[0-9a-f.:]+\]?\/\d+$/i,
    searches: [...HOSTS, 'names', 'mail'],
    problem: (key) => ({
      why: 'networks in CIDR notation are for cidr: tables',
      help: octetsHelp(key) ?? 'keep networks in a table of their own, and name it with cidr:',
    }),
  },
  {
    pattern: /^(?:\d{1,3}\.){1,3}$/,
    searches: HOSTS,
    problem: (key) => ({
      why: 'a network by its leading octets has no dot at its end',
      help: `write \`${key.slice(0, -1)}\``,
    }),
  },
  {
    pattern: /^(?:\d+\.)*0\d+(?:\.\d+)*$/,
    searches: HOSTS,
    problem: (key) => ({
      why: 'Postfix writes addresses without leading zeros',
      help: `write \`${key.replace(/(?<![\d])0+(?=\d)/g, '')}\``,
    }),
  },
  {
    pattern: /^\[.*\]$/,
    searches: HOSTS,
    problem: (key) => ({
      why: 'addresses of clients have no brackets',
      help: `write \`${key.slice(1, -1)}\``,
    }),
  },
  {
    pattern: /@/,
    searches: [...HOSTS, 'names'],
    problem: () => ({
      why: 'a mail address is no host name',
      help: 'use check_sender_access or check_recipient_access for mail addresses',
    }),
  },
  {
    pattern: /^(?:\d{1,3}(?:\.\d{1,3}){1,3}|(?:\d{1,3}\.){1,3}|[0-9a-f]*:[0-9a-f:.]*)$/i,
    searches: ['mail'],
    problem: () => ({
      why: 'the address of a client is no mail address',
      help: 'use check_client_access for addresses of clients',
    }),
  },
  {
    pattern: /^\d+(?:\.\d+){3}:\d+$/,
    searches: HOSTS,
    problem: (key) => ({
      why: 'addresses are looked up without a port',
      help: `write \`${key.slice(0, key.indexOf(':'))}\``,
    }),
  },
  {
    pattern: /:/,
    searches: HOSTS,
    problem: () => ({
      why: 'no IPv6 address begins so',
      help: 'write the leading fields of the network as Postfix writes them, such as `2001:db8:1`, or use a cidr: table',
    }),
  },
  {
    pattern: /^\d+(?:\.\d+)*$/,
    // The names that strangers choose can end in numbers.
    searches: ['client'],
    problem: () => ({
      why: 'no IPv4 address begins so',
      help: 'write one to four numbers up to 255, such as `192.0.2`',
    }),
  },
  {
    pattern: /\$[^@]*$/,
    searches: ['client', 'hosts', 'mail'],
    problem: () => ({
      why: 'no host name has a `$`, and a table knows no parameters',
      help: 'write the name itself',
    }),
  },
  {
    // smtpd makes `?` of one in a HELO name.
    pattern: /^"[^"@]*"$/,
    searches: [...HOSTS, 'names', 'mail'],
    problem: (key) => ({
      why: 'the quotation marks belong to the key',
      help: `write \`${key.slice(1, -1)}\``,
    }),
  },
  {
    pattern: /,$/,
    searches: ['client', 'hosts', 'mail'],
    problem: (key) => ({
      why: 'the comma belongs to the key',
      help: `write \`${key.slice(0, -1)}\``,
    }),
  },
  {
    pattern: /[^.@]\.$/,
    searches: ['client', 'hosts', 'mail'],
    problem: (key) => ({
      why: 'the name that is looked up has no dot at its end',
      help: `write \`${key.slice(0, -1)}\``,
    }),
  },
];

export function searchesBy(name: string): Searches {
  if (/^check_(?:helo|sender|recipient)_(?:a|mx|ns)_access$/.test(name)) return 'given_hosts';
  if (name === 'check_client_access') return 'client';
  if (/_(?:a|mx|ns)_access$|^check_reverse_client_/.test(name)) return 'hosts';
  if (name === 'check_helo_access' || name === 'check_etrn_access') return 'names';
  return name === 'check_sender_access' || name === 'check_recipient_access' ? 'mail' : 'other';
}

/** What keeps a check from ever finding a key; undefined: nothing does. */
export function problemFor(key: string, searches: Searches, parentsMatch: boolean): Problem | undefined {
  if (searches === 'other') return undefined;
  const isHosts = HOSTS.includes(searches);
  const problem = isHosts ? addressProblem(key) : undefined;
  if (problem !== undefined) return problem;
  const isAddress = isHosts && (parseIpAddress(key) !== undefined || isIpv4Prefix(key) || isIpv6Prefix(key));
  const form = FORMS.find((one) => one.searches.includes(searches) && one.pattern.test(key));
  if (form !== undefined && !isAddress) return form.problem(key);
  if (key.startsWith('.') && parentsMatch) {
    return {
      why: 'parent_domain_matches_subdomains contains smtpd_access_maps',
      help: `write \`${key.slice(1)}\`, which stands for the names below it as well`,
    };
  }
  return undefined;
}

/** An address, or the beginning of one, that is not written as Postfix writes it. */
function addressProblem(key: string): Problem | undefined {
  const address = parseIpAddress(key);
  if (address !== undefined) {
    if (address.toString() === key.toLowerCase()) return undefined;
    return { why: 'Postfix writes this address in its short form', help: `write \`${address.toString()}\`` };
  }
  const short = key.replace(/(?<![0-9a-f])0+(?=[0-9a-f])/gi, '');
  if (!key.includes(':') || short === key || !isIpv6Prefix(short)) return undefined;
  return { why: 'Postfix writes addresses without leading zeros', help: `write \`${short}\`` };
}

/** One to four numbers, as addresses have them. */
function isIpv4Prefix(key: string): boolean {
  const octets = key.split('.');
  return (
    octets.length <= 4 && octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)
  );
}

/** Some leading fields of an address in its short form; what the next colon is cut off from can end in one. */
function isIpv6Prefix(key: string): boolean {
  if (!key.includes(':') || /:::|::.*::/.test(key)) return false;
  const fields = key.split(':');
  return fields.length <= 8 && fields.every((field) => /^(?:|0|[1-9a-f][0-9a-f]{0,3})$/i.test(field));
}

/** `192.168.10.0/24` is `192.168.10`. */
function octetsHelp(key: string): string | undefined {
  const [address = '', length = ''] = key.split('/');
  const octets = address.split('.');
  const count = Number(length) / 8;
  if (octets.length !== 4 || !Number.isInteger(count) || count < 1 || count > 4) return undefined;
  return `write \`${octets.slice(0, count).join('.')}\`, or use a cidr: table`;
}
