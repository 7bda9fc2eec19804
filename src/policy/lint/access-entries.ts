/** The right-hand sides of the access tables that a policy names, for the rules that look at them. */
import type { AccessRow, AccessTable } from './access-table.ts';
import type { LintContext } from './lint-rule.ts';

export interface AccessEntry {
  readonly table: AccessTable;
  readonly row: AccessRow;
}

export function* accessEntries({ accessTables }: LintContext): Generator<AccessEntry> {
  for (const table of accessTables) for (const row of table.rows) yield { table, row };
}
