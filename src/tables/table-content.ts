/**
 * What a table file holds, once read: immutable, replaced as a whole when the
 * file changes. A reader is a generator so that a large file can be read in
 * slices, with other work between them.
 */
import type { Report } from '../language/diagnostic.ts';
import type { Source } from '../language/source.ts';
import type { PromiseOrValue } from '../util/promise-or-value.ts';
import { type LookupResult, TableFailure } from './table.ts';
import type { TableSet } from './table-set.ts';

export interface TableContent {
  lookup(key: string): PromiseOrValue<LookupResult>;
  /** Called once, when it is no longer in use. */
  close?(): void;
}

/**
 * Yields between slices of some thousand lines; reports every mistake in the
 * file; never throws. `tables` are those it belongs to, which it may name.
 */
export type ContentReader = (
  source: Source,
  report: Report,
  tables: TableSet,
) => Generator<undefined, TableContent>;

/** Lines between two yields: a few milliseconds. */
export const LINES_PER_SLICE = 4000;

/** Longer lines are refused: no table needs them, and a search through them could take long. */
export const MAX_LINE_LENGTH = 1_048_576;

export function failingContent(reason: string): TableContent {
  const failure = new TableFailure(reason);
  return { lookup: () => failure };
}
