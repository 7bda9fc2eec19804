/**
 * Runs the lint rules over a policy and reports what they find, in the order
 * of the file it is found in. Never decides anything.
 */
import type { Report } from '../../language/diagnostic.ts';
import type { Assignment } from '../../language/main-cf.ts';
import { inReadingOrder } from '../../language/reading-order.ts';
import type { TableSet } from '../../tables/table-set.ts';
import type { ParameterSet } from '../parameter-set.ts';
import { readAccessTables, readRowsOf, specOf } from './access-table.ts';
import type { Finding, LintContext, LintRule } from './lint-rule.ts';
import { readLists } from './restriction-list.ts';
import { LINT_RULES } from './rules.ts';

/** What one rule may say of one file: after that only that there is more. */
const MAX_FINDINGS = 10;
/** A table in which every line is wrong is not worth looking through. */
const MAX_LOOKED_AT = 200;

export interface LintOptions {
  readonly assignments: readonly Assignment[];
  readonly parameters: ParameterSet;
  /** Says which tables may be looked into; undefined: any. */
  readonly tables?: Pick<TableSet, 'mayOpen'> | undefined;
  readonly report: Report;
}

export function lintPolicy({ assignments, parameters, tables, report }: LintOptions): void {
  const lists = readLists(parameters);
  const accessTables = readAccessTables(lists, tables);
  const context: LintContext = {
    assignments,
    parameters,
    ...lists,
    accessTables,
    accessTableAt: new Map(
      accessTables.flatMap((table) =>
        table.users.flatMap(({ argument }) => (argument === undefined ? [] : [[argument, table] as const])),
      ),
    ),
    rowsOf: (spec, place) => readRowsOf(specOf(spec), place, tables),
  };
  const found = LINT_RULES.flatMap((rule) => bounded(rule, rule.check(context)));
  for (const diagnostic of inReadingOrder(found)) report(diagnostic);
}

interface Found extends Finding {
  readonly severity: LintRule['severity'];
  readonly code: string;
}

function bounded({ severity, code }: LintRule, findings: Iterable<Finding>): readonly Found[] {
  const found: Found[] = [];
  const inOrder = inReadingOrder([...Iterator.from(findings).take(MAX_LOOKED_AT)]);
  for (const ofFile of Map.groupBy(inOrder, ({ span }) => span.source.file).values()) {
    found.push(...ofFile.slice(0, MAX_FINDINGS).map((finding) => ({ severity, code, ...finding })));
    const next = ofFile[MAX_FINDINGS];
    if (next === undefined) continue;
    found.push({ severity, code, ...next, message: 'from here on there are more like those above' });
  }
  return found;
}
