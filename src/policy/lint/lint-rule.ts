/**
 * What a lint rule is: a row of the table in rules.ts, from which `check`, the
 * API and the reference page derive. A rule finds what Postfix accepts and its
 * author cannot have meant; mistakes that keep a policy from being what it says
 * are the parser's, the compiler's and the tables' to report.
 */
import type { Diagnostic } from '../../language/diagnostic.ts';
import type { Assignment } from '../../language/main-cf.ts';
import type { Span } from '../../language/source.ts';
import type { Token } from '../../language/tokenizer.ts';
import type { ParameterSet } from '../parameter-set.ts';
import type { AccessRow, AccessTable } from './access-table.ts';
import type { RestrictionList } from './restriction-list.ts';

export interface LintRule {
  /** Stable; what diagnostics and documents name it by. */
  readonly code: string;
  readonly severity: Exclude<Diagnostic['severity'], 'error'>;
  /** What it finds, in one line. */
  readonly summary: string;
  /** Why that hurts. */
  readonly reason: string;
  /** A main.cf that it speaks up about. */
  readonly example: string;
  /** What `$config_directory/access` holds in the example. */
  readonly exampleTable?: string;
  check(context: LintContext): Iterable<Finding>;
}

/** A diagnostic without what its rule says of it. */
export interface Finding {
  readonly message: string;
  readonly span: Span;
  readonly help: string;
}

export interface LintContext {
  readonly assignments: readonly Assignment[];
  readonly parameters: ParameterSet;
  /** The restriction lists with something in them, in the order smtpd(8) looks at them. */
  readonly lists: readonly RestrictionList[];
  /** The restriction classes that the policy defines, by name. */
  readonly classes: ReadonlyMap<string, RestrictionList>;
  /** The tables of check_*_access whose entries can be read, each once. */
  readonly accessTables: readonly AccessTable[];
  /** The same by the words that name them. */
  readonly accessTableAt: ReadonlyMap<Token, AccessTable>;
  /** The entries of any table that is named at `place`; undefined: it cannot be read. */
  rowsOf(spec: string, place: Span): readonly AccessRow[] | undefined;
}
