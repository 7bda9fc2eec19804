/** Random lookup tables of all kinds that need no server. */

import { LOGINS } from './addresses.ts';
import type { Cast } from './cast.ts';
import { FINGERPRINTS } from './certificates.ts';
import type { Chooser } from './chooser.ts';
import { SERVER_ADDRESSES, SERVER_HOSTS } from './servers.ts';

/** What the search strings of a table are. */
export type KeyKind = 'client' | 'helo' | 'address' | 'login' | 'certificate' | 'etrn' | 'server';

/** A table file of a case. */
export interface RandomTable {
  readonly name: string;
  readonly type: string;
  readonly lines: readonly string[];
}

const INDEXED = ['hash', 'hash', 'btree', 'lmdb', 'cdb', 'texthash', 'texthash'] as const;
export function randomAddress(choose: Chooser, cast: Cast): string {
  if (choose.chance(0.05)) return choose.of(cast.wholeAddresses);
  const domains = choose.chance(0.5) ? cast.domains : cast.ourDomains;
  return `${choose.of(cast.localParts)}@${choose.of(domains)}`;
}

/** What a table is made for and added to. */
export interface TableMaker {
  readonly choose: Chooser;
  readonly cast: Cast;
  readonly tables: RandomTable[];
}

function parentOf(choose: Chooser, name: string): string {
  const labels = name.replace(/^\./, '').split('.');
  const parent = labels.slice(choose.integer(0, labels.length - 1)).join('.');
  return choose.chance(0.3) ? `.${parent}` : parent;
}

function networkOf(choose: Chooser, address: string): string {
  const separator = address.includes(':') ? ':' : '.';
  const parts = address.split(separator);
  return parts.slice(0, choose.integer(1, parts.length)).join(separator);
}

function anyKey({ choose, cast }: TableMaker, kind: KeyKind): string {
  switch (kind) {
    case 'client': {
      const { address, name, reverseName } = choose.of(cast.clients);
      const known = choose.of([name, reverseName]);
      if (known.startsWith('[') && choose.chance(0.5)) return 'unknown';
      if (choose.chance(0.03))
        return choose.of([`${networkOf(choose, address)}/24`, `[${address}]`, `.${known}`]);
      if (known.startsWith('[') || choose.chance(0.5)) return networkOf(choose, address);
      return choose.chance(0.5) ? known : parentOf(choose, known);
    }
    case 'helo': {
      const name = choose.of(cast.heloNames);
      return choose.chance(0.7) ? name : parentOf(choose, name);
    }
    case 'address': {
      if (choose.chance(0.07)) return '<>';
      const address = randomAddress(choose, cast);
      const at = address.lastIndexOf('@');
      const domain = address.slice(at + 1);
      return choose.weighted([
        [3, address],
        [3, domain],
        [2, parentOf(choose, domain)],
        [2, `${address.slice(0, Math.max(at, 0))}@`],
        [1, address.replace(/\+.*@/, '@')],
        [0.5, `@${domain}`],
        [0.5, address.slice(0, Math.max(at, 0))],
      ]);
    }
    case 'login':
      return choose.of(LOGINS);
    case 'certificate':
      return choose.of(FINGERPRINTS);
    case 'etrn':
      return choose.chance(0.5) ? choose.of(cast.etrnNames) : parentOf(choose, choose.of(cast.etrnNames));
    case 'server':
      if (choose.chance(0.5)) return networkOf(choose, choose.of(SERVER_ADDRESSES));
      return choose.chance(0.5) ? choose.of(SERVER_HOSTS) : parentOf(choose, choose.of(SERVER_HOSTS));
  }
}

/** Adds a file. @returns its name */
export function addFile({ tables }: TableMaker, type: string, lines: readonly string[]): string {
  const name = `t${tables.length + 1}`;
  tables.push({ name, type, lines });
  return `@T@/${name}`;
}

/** `type:name` of a table, which is added to `tables` when it is a file. */
export function randomTable(maker: TableMaker, kind: KeyKind, value: () => string): string {
  const { choose } = maker;
  const add = (type: string, lines: readonly string[]): string => `${type}:${addFile(maker, type, lines)}`;
  return choose.weighted<() => string>([
    [12, () => indexedTable(maker, kind, value)],
    [kind === 'client' || kind === 'server' ? 4 : 0, () => add('cidr', cidrLines(maker, kind, value))],
    [4, () => add('regexp', patternLines(maker, kind, value))],
    [4, () => add('pcre', patternLines(maker, kind, value))],
    [3, () => inlineTable(maker, kind, value)],
    [2, () => `static:${braced(value())}`],
    [1.2, () => unionTable(maker, kind, value)],
    [0.8, () => pipeTable(maker, kind, value)],
    [0.4, () => randomMap(choose, value())],
    [0.1, () => 'fail:broken'],
    [0.1, () => 'hash:@T@/missing'],
    [0.1, () => choose.of(['nosuch:table', 'inline:{}', 'inline:{x}', 'pipemap:{static:x'])],
  ])();
}

function indexedTable(maker: TableMaker, kind: KeyKind, value: () => string): string {
  const { choose } = maker;
  const type = choose.of(INDEXED);
  const blank = (): string => choose.of(['  ', ' ', '\t', ' \t ']);
  const entry = (): string[] => {
    const [words, more] = splitSometimes(choose, value());
    const line = `${textKey(maker, kind)}${blank()}${words}`;
    return more === '' ? [line] : [line, `    ${more}`];
  };
  const entries = choose.list(kind === 'server' ? 5 : 1, kind === 'server' ? 16 : 10, entry).flat();
  if (choose.chance(0.15)) entries.splice(choose.integer(0, entries.length), 0, choose.of(ODD_LINES));
  const file = addFile(maker, type, entries);
  const name = type === 'hash' && choose.chance(0.1) ? '$default_database_type' : type;
  // proxymap(8) finds no capital letters in a texthash: nothing folds them there.
  const isProxied = choose.chance(0.04) && type !== 'texthash';
  return `${isProxied ? 'proxy:' : ''}${name}:${file}`;
}

/** Lines that are no entries, or odd ones. */
const ODD_LINES: readonly string[] = [
  '# a remark',
  '  # another',
  '  ',
  '  a line without start',
  'valueless',
  'unknown:  REJECT',
  '"unbalanced  REJECT',
  'unknown  REJECT first',
  'sender.test  REJECT first',
];

/** A value may go on in the next line, which begins with white space that belongs to it. */
function splitSometimes(choose: Chooser, value: string): [string, string] {
  const at = choose.chance(0.1) ? value.indexOf(' ') : -1;
  return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)];
}

/** In a text file a key ends at a blank, unless it is quoted. */
function textKey(maker: TableMaker, kind: KeyKind): string {
  const { choose } = maker;
  for (;;) {
    const key = anyKey(maker, kind);
    if (/^[^\s#]+$|^"[^"]* [^"]*"@\S*$/.test(key)) return choose.chance(0.8) ? key.toLowerCase() : key;
  }
}

/** A value in main.cf, where `$` has a meaning of its own. */
function braced(value: string): string {
  const escaped = value.replaceAll('$', '$$$$').replace(/[{}]/g, '');
  return /[\s,]|^$/.test(escaped) ? `{${escaped}}` : escaped;
}

function inlineTable(maker: TableMaker, kind: KeyKind, value: () => string): string {
  const { choose } = maker;
  const pairs = choose.list(1, 4, () => {
    for (;;) {
      const key = textKey(maker, kind);
      if (!/[{}=,$\s]/.test(key)) return `{${key} = ${braced(value()).replace(/^\{|\}$/g, '')}}`;
    }
  });
  return `inline:{${pairs.join(', ')}}`;
}

function unionTable(maker: TableMaker, kind: KeyKind, value: () => string): string {
  const { choose } = maker;
  const parts = choose.list(1, 3, () =>
    choose.weighted<() => string>([
      [3, () => inlineTable(maker, kind, value)],
      [2, () => indexedTable(maker, kind, value).replace(/^proxy:/, '')],
      [1, () => `static:${braced(value())}`],
    ])(),
  );
  return `unionmap:{${parts.join(', ')}}`;
}

/** Tables of which each is asked for what the one before it has. */
function pipeTable(maker: TableMaker, kind: KeyKind, value: () => string): string {
  const { choose } = maker;
  const step = (): string => choose.of(['one', 'Two', 'three']);
  const first = choose.chance(0.5)
    ? inlineTable(maker, kind, step)
    : indexedTable(maker, kind, step).replace(/^proxy:/, '');
  const more = choose.list(0, 1, () => `inline:{one=${step()}, two=${step()}}`);
  const last = choose.weighted<() => string>([
    [3, () => `inline:{ {one = ${bare(value())}}, {two = ${bare(value())}} }`],
    [1, () => `static:${braced(value())}`],
  ])();
  return `pipemap:{${[first, ...more, last].join(', ')}}`;
}

function bare(value: string): string {
  return braced(value).replace(/^\{|\}$/g, '') || 'DUNNO';
}

/** Several times the same: which one it is cannot be told. */
function randomMap(choose: Chooser, value: string): string {
  const word = value.split(/[\s,]/)[0] || 'DUNNO';
  return `randmap:{${choose.list(1, 3, () => braced(word)).join(', ')}}`;
}

function cidrLines(maker: TableMaker, kind: KeyKind, value: () => string): string[] {
  const { choose } = maker;
  const address = (): string =>
    kind === 'client' ? choose.of(maker.cast.clients).address : choose.of(SERVER_ADDRESSES);
  const pattern = (): string => {
    const found = address();
    if (choose.chance(0.4)) return found;
    if (!found.includes(':')) {
      const bits = choose.of([0, 8, 24, 32]);
      const parts = found.split('.').map((part, index) => (index * 8 < bits ? part : '0'));
      return `${parts.join('.')}/${bits}`;
    }
    return choose.of(['2001:db8::/32', '2001:db8::/64', '::/0', '::1/128', '2001:db8:bad::/48']);
  };
  return blocks(choose, () => ({ pattern: `${choose.chance(0.1) ? '!' : ''}${pattern()}`, value: value() }));
}

function patternLines(maker: TableMaker, kind: KeyKind, value: () => string): string[] {
  const { choose } = maker;
  const literal = (): string => anyKey(maker, kind).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return blocks(choose, () => {
    const flags = choose.chance(0.1) ? 'i' : '';
    const negation = choose.chance(0.06) ? '!' : '';
    const body = choose.weighted<() => string>([
      [4, () => `^${literal()}$`],
      [3, () => literal()],
      [1, () => `${literal()}$`],
      [2, () => `^(.*)(${literal()})`],
      [1, () => `${literal()}|${literal()}`],
      [1, () => choose.of(['^[0-9.]+$', '\\.test$', '^[^.]*$', '@.*\\.test$', '^.{20,}$', '^<>$'])],
    ])();
    const right = value().replaceAll('$', '$$$$');
    const substitutes = body.startsWith('^(') && negation === '' && / \w/.test(right) && choose.chance(0.7);
    return {
      pattern: `${negation}/${body}/${flags}`,
      value: substitutes ? `${right} \${2} $1` : right,
    };
  });
}

/** Table lines, now and then inside `if` and `endif`. */
function blocks(choose: Chooser, entry: () => { pattern: string; value: string }): string[] {
  return choose
    .list(1, 6, () => {
      const lines = choose.list(1, 2, () => {
        const { pattern, value } = entry();
        return `${pattern}  ${value}`;
      });
      return choose.chance(0.15) ? [`if ${entry().pattern}`, ...lines, 'endif'] : lines;
    })
    .flat();
}
