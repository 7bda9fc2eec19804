/** Random lookup tables, of all kinds, and the right-hand sides in them (access(5)). */
import type { Chooser } from './chooser.ts';
import { type Cast, LOGINS, SERVER_ADDRESSES, SERVER_HOSTS } from './universe.ts';

/** What the search strings of a table are. */
export type KeyKind = 'client' | 'helo' | 'address' | 'login' | 'etrn' | 'server';

/** A table file of a case. */
export interface RandomTable {
  readonly name: string;
  readonly type: string;
  readonly lines: readonly string[];
}

const INDEXED = ['hash', 'btree', 'lmdb', 'cdb', 'texthash'] as const;
const TEXTS = [
  'no',
  'go away',
  'see http://bl.test/x?y=1',
  'rejected: not here',
  'two  blanks',
  '<odd> [text] (here)',
  'unerwünscht',
  '5.7 is no status code',
  'per cent %s',
  'a\ttab',
  'comma, separated',
];
const DSNS = [
  '5.7.1',
  '4.7.1',
  '5.1.1',
  '5.1.8',
  '5.1.2',
  '4.1.7',
  '5.1.3',
  '5.1.10',
  '5.4.6',
  '4.0.0',
  '5.7.27',
];

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
      ]);
    }
    case 'login':
      return choose.of(LOGINS);
    case 'etrn':
      return choose.chance(0.5) ? choose.of(cast.etrnNames) : parentOf(choose, choose.of(cast.etrnNames));
    case 'server':
      if (choose.chance(0.5)) return networkOf(choose, choose.of(SERVER_ADDRESSES));
      return choose.chance(0.5) ? choose.of(SERVER_HOSTS) : parentOf(choose, choose.of(SERVER_HOSTS));
  }
}

/** A right-hand side. @param lists restriction lists that may stand there */
export function randomAction(choose: Chooser, lists: () => string): string {
  const text = (): string => (choose.chance(0.7) ? ` ${choose.of(TEXTS)}` : '');
  // A DSN without text makes Postfix 3.7 send what it had in mind before.
  const dsnText = (): string => (choose.chance(0.35) ? ` ${choose.of(DSNS)} ${choose.of(TEXTS)}` : text());
  const action = choose.weighted<() => string>([
    [7, () => 'OK'],
    [1, () => 'RELAY'],
    [1, () => `OK${text()}`],
    [1, () => choose.of(['12345', '550', '0'])],
    [6, () => 'DUNNO'],
    [9, () => `REJECT${dsnText()}`],
    [5, () => `DEFER${dsnText()}`],
    [
      4,
      () =>
        `${choose.integer(500, 599)}${choose.chance(0.5) ? ` ${choose.of(DSNS)}` : ''} ${choose.of(TEXTS)}`,
    ],
    [
      4,
      () =>
        `${choose.integer(400, 499)}${choose.chance(0.5) ? ` ${choose.of(DSNS)}` : ''} ${choose.of(TEXTS)}`,
    ],
    [0.5, () => `${choose.of([421, 521])} 4.7.0 farewell`],
    [5, () => `DEFER_IF_PERMIT${dsnText()}`],
    [5, () => `DEFER_IF_REJECT${dsnText()}`],
    [2, () => `DISCARD${text()}`],
    [1, () => `HOLD${text()}`],
    [1, () => `WARN${text()}`],
    [1, () => `INFO${text()}`],
    [1, () => 'PREPEND X-Seen: yes'],
    [1, () => choose.of(['REDIRECT box@dest.test', 'REDIRECT nowhere'])],
    [1, () => choose.of(['FILTER smtp:[127.0.0.1]:1', 'FILTER nothing'])],
    [1, () => choose.of(['BCC box@dest.test', 'BCC nowhere'])],
    [10, lists],
    [0.3, () => 'no_such_thing'],
    [0.3, () => '250 fine'],
  ])();
  return choose.chance(0.1) ? action.replace(/^[A-Z_]+/, (verb) => verb.toLowerCase()) : action;
}

/** `type:name` of a table, which is added to `tables` when it is a file. */
export function randomTable(maker: TableMaker, kind: KeyKind, value: () => string): string {
  const { choose, tables } = maker;
  const add = (type: string, lines: readonly string[]): string => {
    const name = `t${tables.length + 1}`;
    tables.push({ name, type, lines });
    return `${type}:@T@/${name}`;
  };
  return choose.weighted<() => string>([
    [
      12,
      () =>
        add(
          choose.of(INDEXED),
          choose.list(1, 10, () => `${textKey(maker, kind)}  ${value()}`),
        ),
    ],
    [kind === 'client' || kind === 'server' ? 4 : 0, () => add('cidr', cidrLines(maker, kind, value))],
    [4, () => add('regexp', patternLines(maker, kind, value))],
    [4, () => add('pcre', patternLines(maker, kind, value))],
    [3, () => inlineTable(maker, kind, value)],
    [2, () => `static:${braced(value())}`],
    [
      1,
      () =>
        `${choose.of(['unionmap', 'pipemap'])}:{${inlineTable(maker, kind, value)}, static:${braced(value())}}`,
    ],
    [0.5, () => `randmap:{${braced(value())}}`],
    [0.2, () => 'fail:broken'],
    [0.2, () => 'hash:@T@/missing'],
  ])();
}

/** In a text file a key ends at a blank. */
function textKey(maker: TableMaker, kind: KeyKind): string {
  const { choose } = maker;
  for (;;) {
    const key = anyKey(maker, kind);
    if (key !== '' && !/[\s"#]/.test(key)) return choose.chance(0.8) ? key.toLowerCase() : key;
  }
}

function braced(value: string): string {
  return /[\s,{}]/.test(value) ? `{${value}}` : value;
}

function inlineTable(maker: TableMaker, kind: KeyKind, value: () => string): string {
  const { choose } = maker;
  const pairs = choose.list(1, 4, () => {
    for (;;) {
      const key = textKey(maker, kind);
      if (!/[{}=,$]/.test(key)) return `{${key} = ${value()}}`;
    }
  });
  return `inline:{${pairs.join(', ')}}`;
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
