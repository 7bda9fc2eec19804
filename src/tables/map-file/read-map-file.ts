/**
 * Reads a map file of a network table (mysql:, pgsql:, sqlite:, ldap:) as the
 * content of a table: search string → question → answer → result, each answer
 * kept for a short time.
 */
import { createRequire } from 'node:module';
import type { SharedPools } from '../../databases/shared-pools.ts';
import type { Report } from '../../language/diagnostic.ts';
import { tokenize } from '../../language/tokenizer.ts';
import { andThen } from '../../util/promise-or-value.ts';
import { BoundedReport } from '../bounded-report.ts';
import { foldCase } from '../fold-case.ts';
import { LookupCache } from '../lookup-cache.ts';
import { type ClosableList, compileStringList } from '../match-list.ts';
import { type LookupResult, TableFailure } from '../table.ts';
import { type ContentReader, failingContent } from '../table-content.ts';
import type { LookupLimits, TableSet } from '../table-set.ts';
import { ENCODING_FAILURE, isUtf8Text } from '../utf8-text.ts';
import { MapFile } from './map-file.ts';

/** A kind of map file. */
export interface MapKind {
  /** The type of its tables. */
  readonly type: string;
  /** All that its files may set, beside `domain`. */
  readonly parameters: readonly string[];
  /** The npm package that speaks to its servers; undefined: none is needed. */
  readonly library?: string;
  /** Reads the parameters, and reports what is wrong with them; the opener is of no use then. */
  readonly read: (file: MapFile, limits: LookupLimits) => MapOpener;
}

/** Connects to nobody yet. */
export type MapOpener = (pools: SharedPools) => OpenMap;

export interface OpenMap {
  /** @returns a failure without the name of the file; never rejects */
  readonly lookup: (key: string) => Promise<LookupResult>;
  /** To be called once. */
  readonly release: () => void;
}

export function mapFileReader(kind: MapKind): ContentReader {
  return function* (source, report, tables) {
    const found = new BoundedReport(source.file);
    if (kind.library !== undefined) reportMissing(kind.type, kind.library, found.add);
    const file = new MapFile(source, [...kind.parameters, 'domain'], found.add);
    const open = kind.read(file, tables.limits);
    const domains = domainsOf(file, source.file, tables, found.add);
    yield;
    for (const diagnostic of found.finish()) report(diagnostic);
    if (found.hasErrors) {
      domains?.close();
      return failingContent(`${source.file}: the map file has mistakes`);
    }

    const { lookup, release } = open(tables.pools);
    const cache = new LookupCache(async (key) => {
      const result = await lookup(key);
      if (result instanceof TableFailure) return new TableFailure(`${source.file}: ${result.reason}`);
      return result === undefined || isUtf8Text(result) ? result : ENCODING_FAILURE;
    }, tables.limits);
    return {
      lookup: (name) => {
        if (!isUtf8Text(name)) return undefined;
        const key = foldCase(name);
        if (domains === undefined) return cache.lookup(key);
        const at = key.lastIndexOf('@');
        if (at <= 0) return undefined;
        return andThen(domains.matches(key.slice(at + 1)), (isMine) => {
          if (isMine instanceof TableFailure) return isMine;
          return isMine ? cache.lookup(key) : undefined;
        });
      },
      close: () => {
        release();
        domains?.close();
      },
    };
  };
}

/** `domain`: only addresses in these are looked up; undefined when it is not set. */
function domainsOf(file: MapFile, path: string, tables: TableSet, report: Report): ClosableList | undefined {
  const domain = file.shown('domain');
  if (domain === undefined || domain.text === '') return undefined;
  return compileStringList(tokenize(domain, report), {
    parameter: `${path}: domain`,
    isParentMatching: false,
    tables,
    report,
  });
}

const require = createRequire(import.meta.url);

function reportMissing(type: string, library: string, report: Report): void {
  try {
    require.resolve(library);
  } catch {
    report({
      severity: 'error',
      code: 'library-missing',
      message: `tables of type \`${type}\` need the npm package \`${library}\`, which is not installed`,
      help: `run \`npm install ${library}\` where Postward is installed`,
    });
  }
}
