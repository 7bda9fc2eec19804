/** Keys of indexed tables that no lookup asks for. */
import { quote } from '../../../language/quote.ts';
import { parseIpAddress } from '../../../net/ip-address.ts';
import type { AccessTable } from '../access-table.ts';
import type { LintRule } from '../lint-rule.ts';

/** What kind of search strings a check has (access(5)). */
type Searches = 'hosts' | 'names' | 'mail' | 'other';

interface Problem {
  readonly why: string;
  readonly help: string;
}

interface KeyForm {
  readonly pattern: RegExp;
  readonly searches: readonly Searches[];
  readonly problem: (key: string) => Problem;
}

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
    searches: ['hosts', 'names', 'mail'],
    problem: () => ({
      why: '`*` stands for nothing but itself',
      help: 'a domain stands for the names below it as well, an address by its leading octets for its network; else use a regexp: or pcre: table',
    }),
  },
  {
    pattern: /^\[?[0-9a-f.:]+\]?\/\d+$/i,
    searches: ['hosts', 'names', 'mail'],
    problem: (key) => ({
      why: 'networks in CIDR notation are for cidr: tables',
      help: octetsHelp(key) ?? 'keep networks in a table of their own, and name it with cidr:',
    }),
  },
  {
    pattern: /^(?:\d{1,3}\.){1,3}$/,
    searches: ['hosts'],
    problem: (key) => ({
      why: 'a network by its leading octets has no dot at its end',
      help: `write \`${key.slice(0, -1)}\``,
    }),
  },
  {
    pattern: /^(?:\d+\.)*0\d+(?:\.\d+)*$/,
    searches: ['hosts'],
    problem: (key) => ({
      why: 'Postfix writes addresses without leading zeros',
      help: `write \`${key.replace(/(?<![\d])0+(?=\d)/g, '')}\``,
    }),
  },
  {
    pattern: /^\[.*\]$/,
    searches: ['hosts'],
    problem: (key) => ({
      why: 'addresses of clients have no brackets',
      help: `write \`${key.slice(1, -1)}\``,
    }),
  },
  {
    pattern: /@/,
    searches: ['hosts', 'names'],
    problem: () => ({
      why: 'a mail address is no host name',
      help: 'use check_sender_access or check_recipient_access for mail addresses',
    }),
  },
  {
    pattern: /^\d{1,3}(?:\.\d{1,3}){1,3}$/,
    searches: ['mail'],
    problem: () => ({
      why: 'the address of a client is no mail address',
      help: 'use check_client_access for addresses of clients',
    }),
  },
];

export const unmatchableKey: LintRule = {
  code: 'unmatchable-key',
  severity: 'warning',
  summary: 'A key of an indexed access table in a form that is never looked up.',
  reason: 'The entry does nothing. access(5) has the search strings of each check.',
  example: 'smtpd_client_restrictions = check_client_access hash:$config_directory/access',
  exampleTable: '192.168.10. REJECT\n192.168.11.0/24 REJECT\n2001:DB8:0::1 REJECT\n',
  *check({ accessTables, parameters }) {
    const parentsMatch = parameters.words('parent_domain_matches_subdomains').includes('smtpd_access_maps');
    for (const table of accessTables) {
      if (table.matching !== 'exact') continue;
      const searches = searchesOf(table);
      for (const { key, keySpan } of table.rows) {
        const problem = problemOf(key, searches, parentsMatch);
        if (problem === undefined) continue;
        yield {
          message: `the key ${quote(key)} never matches: ${problem.why}`,
          span: keySpan,
          help: problem.help,
        };
      }
    }
  },
};

function searchesOf({ users }: AccessTable): readonly Searches[] {
  return [...new Set(users.map(({ restriction: { name } }) => searchesBy(name)))];
}

function searchesBy(name: string): Searches {
  if (/_(?:a|mx|ns)_access$|^check_(?:reverse_)?client_/.test(name)) return 'hosts';
  if (name === 'check_helo_access' || name === 'check_etrn_access') return 'names';
  return name === 'check_sender_access' || name === 'check_recipient_access' ? 'mail' : 'other';
}

/** A table that several kinds of check ask has to have a key for one of them only. */
function problemOf(key: string, searches: readonly Searches[], parentsMatch: boolean): Problem | undefined {
  const problems = searches.map((one) => problemFor(key, one, parentsMatch));
  return problems.includes(undefined) ? undefined : problems[0];
}

function problemFor(key: string, searches: Searches, parentsMatch: boolean): Problem | undefined {
  if (searches === 'other') return undefined;
  const form = FORMS.find((one) => one.searches.includes(searches) && one.pattern.test(key));
  if (form !== undefined) return form.problem(key);
  if (key.startsWith('.') && parentsMatch) {
    return {
      why: 'parent_domain_matches_subdomains contains smtpd_access_maps',
      help: `write \`${key.slice(1)}\`, which stands for the names below it as well`,
    };
  }
  const address = searches === 'hosts' ? parseIpAddress(key) : undefined;
  if (address === undefined || address.toString() === key.toLowerCase()) return undefined;
  return { why: 'Postfix writes this address in its short form', help: `write \`${address.toString()}\`` };
}

/** `192.168.10.0/24` is `192.168.10`. */
function octetsHelp(key: string): string | undefined {
  const [address = '', length = ''] = key.split('/');
  const octets = address.split('.');
  const count = Number(length) / 8;
  if (octets.length !== 4 || !Number.isInteger(count) || count < 1 || count > 4) return undefined;
  return `write \`${octets.slice(0, count).join('.')}\`, or use a cidr: table`;
}
