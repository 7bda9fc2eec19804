/** What differs between the SQL databases of Postfix, as the reader of map files needs it. */
import type { NoAnswer } from '../../databases/connection.ts';
import type { PoolLimits } from '../../databases/pool-limits.ts';
import type { SqlRows } from '../../databases/sql-rows.ts';
import type { SqlQuery } from '../../databases/sql-text.ts';
import type { MapFile } from '../map-file/map-file.ts';
import type { QuoteRules } from './quotes.ts';

export interface SqlPool {
  ask(query: SqlQuery): Promise<SqlRows | NoAnswer>;
  close(): void;
}

/** How to reach the database that a map file names. */
export interface SqlSource {
  /** All that `open` depends on. */
  readonly key: string;
  readonly open: () => SqlPool;
}

export interface SqlEngine {
  readonly type: string;
  /** Parameters of its map files beside the common ones. */
  readonly parameters: readonly string[];
  readonly quoteRules: QuoteRules;
  /** The npm package that speaks its protocol; undefined: none is needed. */
  readonly library?: string;
  /** Reads the parameters, and reports what is wrong with them. */
  readonly source: (file: MapFile, limits: PoolLimits) => SqlSource;
}
