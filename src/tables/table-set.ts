/**
 * The tables of one snapshot. The same `type:name` is opened once; its file is
 * watched until the set is closed.
 *
 * A table that cannot be opened is a table all the same: its lookups fail, as
 * with Postfix (dict_surrogate), and why is reported.
 */
import { DEFAULT_POOL_LIMITS, type PoolLimits } from '../databases/pool-limits.ts';
import { SharedPools } from '../databases/shared-pools.ts';
import type { Report } from '../language/diagnostic.ts';
import { quote } from '../language/quote.ts';
import { Source, type Span } from '../language/source.ts';
import { BoundedReport } from './bounded-report.ts';
import { insideBraces, splitWords } from './braced-words.ts';
import { type FileKind, FileTable, type TableReload } from './file-table.ts';
import { FileWatcher } from './file-watcher.ts';
import { FixedTable } from './fixed-table.ts';
import { hasInlineRules, inlineRules } from './inline-rules.ts';
import { EMPTY_LISTS, type ListTables } from './list-tables.ts';
import { DEFAULT_CACHE_LIMITS, type LookupCacheLimits } from './lookup-cache.ts';
import {
  type CombinedTableType,
  type FileTableType,
  findTableType,
  parseTableSpec,
  type TableType,
} from './registry.ts';
import type { Table } from './table.ts';
import {
  fail,
  IPV6_START,
  ipv6Help,
  MAX_TABLE_DEPTH,
  mapInMainCf,
  tooDeep,
  unknownTypeHelp,
} from './unusable-table.ts';

/** What asking servers may cost, and how long their answers are kept. */
export type LookupLimits = PoolLimits & LookupCacheLimits;

export interface TableSetOptions {
  /** Told of every changed file, whether its new content is in force or not. */
  readonly onReload?: (reload: TableReload) => void;
  /** Other limits than usual. */
  readonly limits?: Partial<LookupLimits>;
  /** Where managed lists are; without it all of them are empty. */
  readonly lists?: ListTables | undefined;
  /**
   * For policies that somebody sends in (candidates): they may use what that set has opened, and read
   * no file and ask no server that it does not.
   */
  readonly within?: TableSet;
}

/** Rules that a candidate may write out. Each is compiled while mail waits, and may take milliseconds. */
const MAX_CANDIDATE_RULES = 100;

/** Where tables come from that are more than what is written out. */
const OUTSIDE: readonly TableType['source'][] = ['file', 'unix', 'server'];

export class TableSet {
  /** For what else is read from files: see MatchListFiles. */
  readonly watcher = new FileWatcher();
  readonly onReload: (reload: TableReload) => void;
  /** For tables that are asked of servers. */
  readonly pools = new SharedPools();
  readonly limits: LookupLimits;
  readonly #within: TableSet | undefined;
  readonly #lists: ListTables;
  readonly #tables = new Map<string, Table>();
  /** Tables whose files are written as aliases(5) has it. */
  readonly #aliases = new Set<string>();
  /** What was read besides tables. */
  readonly #files = new Set<string>();
  /** How many tables around the one that is being opened are as well. */
  #depth = 0;
  /** What is to be closed with the set. */
  readonly #opened: { close?(): void }[] = [];
  /** Rules that may still be written out. */
  #rulesLeft = Number.POSITIVE_INFINITY;

  constructor(options: TableSetOptions = {}) {
    this.onReload = options.onReload ?? (() => {});
    this.#lists = options.lists ?? EMPTY_LISTS;
    this.limits = { ...DEFAULT_POOL_LIMITS, ...DEFAULT_CACHE_LIMITS, ...options.limits };
    this.#within = options.within;
    if (options.within !== undefined) this.#rulesLeft = MAX_CANDIDATE_RULES;
  }

  /** Says which tables are made by newaliases(1), before any of them is opened. */
  expectAliases(specs: readonly string[]): void {
    for (const spec of specs) this.#aliases.add(spec.replace(/^(?:proxy:)+/, ''));
  }

  /** Mistakes are reported when a table is opened for the first time; `span` is where it is named. */
  open(spec: string, span: Span | undefined, report: Report): Table {
    let table = this.#tables.get(spec);
    if (table === undefined) {
      this.#depth += 1;
      table = this.#depth > MAX_TABLE_DEPTH ? tooDeep(spec, span, report) : this.#open(spec, span, report);
      this.#depth -= 1;
      this.#tables.set(spec, table);
    }
    return table;
  }

  /** Whether a table may be opened: with `within` only what is written out, or opened there. */
  mayOpen(spec: string): boolean {
    const { type = '', name = '' } = parseTableSpec(spec) ?? {};
    const row = findTableType(type);
    const isOutside = row !== undefined && OUTSIDE.includes(row.source) && !isWrittenOut(row, name);
    return this.#within === undefined || !isOutside || this.#within.#tables.has(spec);
  }

  /** To be asked before any file is read that is no table. */
  mayRead(path: string): boolean {
    if (this.#within !== undefined) return this.#within.#files.has(path);
    this.#files.add(path);
    return true;
  }

  /** Ends the watching, and the asking of servers. Lookups in files go on with what was read last. */
  close(): void {
    this.watcher.close();
    for (const each of this.#opened) each.close?.();
  }

  #open(spec: string, span: Span | undefined, report: Report): Table {
    const parsed = parseTableSpec(spec);
    if (parsed === undefined) {
      const help = IPV6_START.test(spec)
        ? ipv6Help(spec)
        : 'write a table as `type:name`, such as `hash:/etc/postfix/access`';
      return fail(
        spec,
        'table-syntax',
        `${quote(spec)} is not of the form \`type:name\``,
        help,
        span,
        report,
      );
    }
    const { type, name } = parsed;
    const row = findTableType(type);
    const shared = this.#within === undefined ? undefined : this.#within.#tables.get(spec);
    if (shared !== undefined && row !== undefined && OUTSIDE.includes(row.source)) return shared;
    if (!this.mayOpen(spec)) {
      const help =
        'a candidate may use the tables of the policies in force, and such as are written out in it';
      return fail(spec, 'table-not-in-force', `no policy in force uses ${quote(spec)}`, help, span, report);
    }
    switch (row?.source) {
      case 'file': {
        if (isWrittenOut(row, name)) return this.#openRules(spec, row, name, span, report);
        // As cfg_parser_init of Postfix tells them apart.
        if (row.hasMapFile === true && !/^[./]/.test(name))
          return mapInMainCf(spec, type, name, span, report);
        const isAliases = row.readAliases !== undefined && this.#aliases.has(spec);
        const read = isAliases && row.readAliases ? row.readAliases : row.read;
        return this.#openFile(spec, { isPattern: row.isPattern, read }, name, span, report);
      }
      case 'unix': {
        const located = row.locate(name);
        if (!('error' in located))
          return this.#openFile(
            spec,
            { isPattern: row.isPattern, read: located.read },
            located.path,
            span,
            report,
          );
        return fail(spec, 'table-syntax', `${located.error}: ${quote(spec)}`, located.help, span, report);
      }
      case 'inline': {
        const content = row.parse(name);
        if (!('error' in content)) return new FixedTable(spec, row.isPattern, content);
        return fail(spec, 'table-syntax', `${content.error}: ${quote(spec)}`, content.help, span, report);
      }
      case 'server':
      case 'list': {
        const content = row.source === 'list' ? this.#lists.open(name) : row.open(name, this);
        if ('error' in content)
          return fail(spec, 'table-syntax', `${content.error}: ${quote(spec)}`, content.help, span, report);
        this.#opened.push(content);
        return new FixedTable(spec, row.isPattern, content);
      }
      case 'tables':
        return this.#combine(row, spec, name, span, report);
      case 'proxied':
        return this.open(name, span, report);
      case 'unsupported':
        return fail(
          spec,
          'table-unsupported',
          `table type \`${type}\` is not supported: ${row.reason}`,
          row.help,
          span,
          report,
        );
      case undefined:
        return fail(
          spec,
          'table-unknown-type',
          `unknown table type \`${type}\``,
          unknownTypeHelp(type, spec),
          span,
          report,
        );
    }
  }

  #openFile(spec: string, kind: FileKind, path: string, span: Span | undefined, report: Report): Table {
    const table = new FileTable(spec, kind, path, this);
    this.#opened.push(table);
    table.load(span, report);
    return table;
  }

  /** Mistakes in a rule are told where the table is named. */
  #openRules(spec: string, row: FileTableType, name: string, span: Span | undefined, report: Report): Table {
    const rules = inlineRules(name);
    if (!Array.isArray(rules)) {
      return fail(spec, 'table-syntax', `${rules.error}: ${quote(spec)}`, rules.help, span, report);
    }
    this.#rulesLeft -= rules.length;
    if (this.#rulesLeft < 0) {
      const message = `more than ${MAX_CANDIDATE_RULES} rules are written out in tables: ${quote(spec)}`;
      const help = 'a candidate may have no more of its own; those of a policy in force do not count';
      return fail(spec, 'policy-too-large', message, help, span, report);
    }
    const flaws = new BoundedReport(spec);
    const source = new Source(spec, rules.join(''));
    const lines = row.read(source, (flaw) => flaws.add({ ...flaw, span }), this);
    let slice = lines.next();
    while (slice.done !== true) slice = lines.next();
    for (const flaw of flaws.finish()) report(flaw);
    return new FixedTable(spec, row.isPattern, slice.value);
  }

  #combine(
    row: CombinedTableType,
    spec: string,
    name: string,
    span: Span | undefined,
    report: Report,
  ): Table {
    const specs = splitWords(insideBraces(name) ?? '');
    if (specs.length === 0 || specs.some((each) => !each.includes(':'))) {
      const help = `write \`${row.type}:{type:name, type:name}\``;
      return fail(spec, 'table-syntax', `bad syntax: ${quote(spec)}`, help, span, report);
    }
    return row.combine(
      spec,
      specs.map((each) => this.open(each, span, report)),
    );
  }
}

/** True for a table whose name is its rules. */
function isWrittenOut(row: TableType, name: string): boolean {
  return row.source === 'file' && row.takesRules === true && hasInlineRules(name);
}
