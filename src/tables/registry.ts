/**
 * The table types of Postfix, DATABASE_README: the one place that knows them all.
 * Opening, `type:name` parsing, messages and documentation derive from it.
 */
import { readAliasesFile } from './aliases-table.ts';
import { readCidrFile } from './cidr-table.ts';
import { PipeTable, UnionTable } from './combined-table.ts';
import { readPostmapFile, readTexthashFile } from './indexed-table.ts';
import {
  type NameError,
  type NameParser,
  parseFail,
  parseInline,
  parseRandom,
  parseStatic,
} from './inline-table.ts';
import { readLdapMap } from './ldap/ldap-map.ts';
import { readPcreFile, readRegexpFile } from './pattern-table.ts';
import { openSocketmap, openTcp, type ServerTableOpener } from './server-table.ts';
import type { SqlEngine } from './sql/engine.ts';
import { MYSQL_ENGINE } from './sql/mysql-engine.ts';
import { PGSQL_ENGINE } from './sql/pgsql-engine.ts';
import { sqlMapReader } from './sql/sql-map.ts';
import { SQLITE_ENGINE } from './sql/sqlite-engine.ts';
import type { Table } from './table.ts';
import type { ContentReader } from './table-content.ts';
import { type LocatedFile, locateUnix } from './unix-table.ts';

interface TypeRow {
  readonly type: string;
  /** One line, for documentation. */
  readonly summary: string;
}

/** The name is a text file, read and watched by us. */
export interface FileTableType extends TypeRow {
  readonly source: 'file';
  readonly isPattern: boolean;
  readonly read: ContentReader;
  /** Reads the same from a file that newaliases(1) makes such a table of. */
  readonly readAliases?: ContentReader;
  /** The name may be the rules themselves, in braces. */
  readonly takesRules?: boolean;
  /** The file says where the data is. In Postfix its parameters may also stand in main.cf, behind the name of the map. */
  readonly hasMapFile?: boolean;
}

/** The name is one of the machine's own databases, which are files as well. */
export interface UnixTableType extends TypeRow {
  readonly source: 'unix';
  readonly isPattern: boolean;
  readonly locate: (name: string) => LocatedFile | NameError;
}

/** The name is the content. */
export interface InlineTableType extends TypeRow {
  readonly source: 'inline';
  readonly isPattern: boolean;
  readonly parse: NameParser;
}

/** The name is the address of a server that is asked for each key. */
export interface ServerTableType extends TypeRow {
  readonly source: 'server';
  readonly isPattern: boolean;
  readonly open: ServerTableOpener;
}

/** The name is a managed list: edited while it is in use, kept by Postward. */
export interface ListTableType extends TypeRow {
  readonly source: 'list';
  readonly isPattern: boolean;
}

/** The name is a list of other tables. */
export interface CombinedTableType extends TypeRow {
  readonly source: 'tables';
  readonly combine: (spec: string, tables: readonly Table[]) => Table;
}

/** The name is another `type:name`, opened in its stead. */
export interface ProxiedTableType extends TypeRow {
  readonly source: 'proxied';
}

/** Postfix has it, Postward does not open it. */
export interface UnsupportedTableType extends TypeRow {
  readonly source: 'unsupported';
  /** Why, as the end of a sentence. */
  readonly reason: string;
  /** What to do instead. */
  readonly help: string;
}

export type TableType =
  | FileTableType
  | UnixTableType
  | InlineTableType
  | ServerTableType
  | ListTableType
  | CombinedTableType
  | ProxiedTableType
  | UnsupportedTableType;

function postmapFile(type: string, summary: string): FileTableType {
  return {
    type,
    summary: `${summary}, read from its text source`,
    source: 'file',
    isPattern: false,
    read: readPostmapFile,
    readAliases: readAliasesFile,
  };
}

function sqlMap(engine: SqlEngine, summary: string): FileTableType {
  const { type } = engine;
  return { type, summary, source: 'file', isPattern: false, read: sqlMapReader(engine), hasMapFile: true };
}

function unsupported(type: string, summary: string, reason: string, help: string): UnsupportedTableType {
  return { type, summary, source: 'unsupported', reason, help };
}

const EXPORT_HELP = 'write its entries into a text file, and use `texthash:` or `hash:`';
const NIS_REASON = 'only the C library asks such servers, and few that do are left';

export const TABLE_TYPES: readonly TableType[] = Object.freeze([
  postmapFile('hash', 'Berkeley DB hash'),
  postmapFile('btree', 'Berkeley DB sorted'),
  postmapFile('lmdb', 'LMDB database'),
  postmapFile('cdb', 'constant database'),
  postmapFile('dbm', 'DBM database'),
  postmapFile('sdbm', 'SDBM database'),
  {
    type: 'texthash',
    summary: 'text file in the format of postmap(1)',
    source: 'file',
    isPattern: false,
    read: readTexthashFile,
  },
  {
    type: 'cidr',
    summary: 'networks, cidr_table(5)',
    source: 'file',
    isPattern: true,
    read: readCidrFile,
    takesRules: true,
  },
  {
    type: 'regexp',
    summary: 'POSIX regular expressions, regexp_table(5)',
    source: 'file',
    isPattern: true,
    read: readRegexpFile,
    takesRules: true,
  },
  {
    type: 'pcre',
    summary: 'Perl-compatible regular expressions, pcre_table(5)',
    source: 'file',
    isPattern: true,
    read: readPcreFile,
    takesRules: true,
  },
  {
    type: 'list',
    summary:
      "a list of Postward's own, edited over its API while mail flows; networks count by longest prefix",
    source: 'list',
    isPattern: false,
  },
  {
    type: 'inline',
    summary: 'keys and values in the configuration itself',
    source: 'inline',
    isPattern: false,
    parse: parseInline,
  },
  {
    type: 'static',
    summary: 'the same value for every key',
    source: 'inline',
    isPattern: false,
    parse: parseStatic,
  },
  {
    type: 'randmap',
    summary: 'one of several values, at random',
    source: 'inline',
    isPattern: true,
    parse: parseRandom,
  },
  {
    type: 'fail',
    summary: 'fails every lookup, for tests',
    source: 'inline',
    isPattern: true,
    parse: parseFail,
  },
  {
    type: 'unionmap',
    summary: 'what several tables have, joined with commas',
    source: 'tables',
    combine: (spec, tables) => new UnionTable(spec, tables),
  },
  {
    type: 'pipemap',
    summary: 'each table is asked for what the one before it answered',
    source: 'tables',
    combine: (spec, tables) => new PipeTable(spec, tables),
  },
  { type: 'proxy', summary: 'a table behind proxymap(8): opened directly', source: 'proxied' },
  {
    type: 'debug',
    summary: 'a table whose lookups Postfix logs: opened directly, without a word; `explain` shows lookups',
    source: 'proxied',
  },
  sqlMap(MYSQL_ENGINE, 'MySQL or MariaDB, mysql_table(5); needs the npm package `mysql2`'),
  sqlMap(PGSQL_ENGINE, 'PostgreSQL, pgsql_table(5); needs the npm package `pg`'),
  sqlMap(SQLITE_ENGINE, 'SQLite, sqlite_table(5)'),
  {
    type: 'ldap',
    summary: 'LDAP, ldap_table(5)',
    source: 'file',
    isPattern: false,
    read: readLdapMap,
    hasMapFile: true,
  },
  unsupported(
    'mongodb',
    'MongoDB, mongodb_table(5)',
    'no client of MongoDB is part of Postward',
    `${EXPORT_HELP}, or answer for it with a server of \`socketmap:\``,
  ),
  unsupported(
    'memcache',
    'memcached, memcache_table(5)',
    'a cache forgets; Postward keeps answers of servers by itself',
    'name the table behind the cache, which the map file calls `backup`',
  ),
  {
    type: 'socketmap',
    summary: "a server that speaks Sendmail's socketmap protocol, socketmap_table(5)",
    source: 'server',
    isPattern: true,
    open: openSocketmap,
  },
  {
    type: 'tcp',
    summary: "a server that speaks Postfix's own protocol, tcp_table(5)",
    source: 'server',
    isPattern: true,
    open: openTcp,
  },
  unsupported('nis', 'NIS', NIS_REASON, EXPORT_HELP),
  unsupported('nisplus', 'NIS+, nisplus_table(5)', NIS_REASON, EXPORT_HELP),
  unsupported('netinfo', 'NetInfo', NIS_REASON, EXPORT_HELP),
  {
    type: 'unix',
    summary: 'users and groups of the machine that Postward runs on: `passwd.byname`, `group.byname`',
    source: 'unix',
    isPattern: false,
    locate: locateUnix,
  },
  unsupported(
    'environ',
    'environment of the process',
    "it is Postward's environment that would be read, not Postfix's",
    'name the entries in an `inline:` table',
  ),
  unsupported(
    'internal',
    'memory of one Postfix process',
    'nothing outside of that process can see it',
    EXPORT_HELP,
  ),
]);

const BY_TYPE: ReadonlyMap<string, TableType> = new Map(TABLE_TYPES.map((row) => [row.type, row]));

export function findTableType(type: string): TableType | undefined {
  return BY_TYPE.get(type);
}

export interface TableSpec {
  readonly type: string;
  readonly name: string;
}

/** Splits `type:name` at the first colon; undefined when a side is missing. */
export function parseTableSpec(spec: string): TableSpec | undefined {
  const colon = spec.indexOf(':');
  if (colon <= 0 || colon === spec.length - 1) return undefined;
  return { type: spec.slice(0, colon), name: spec.slice(colon + 1) };
}
