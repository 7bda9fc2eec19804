/**
 * Reads a policy file and makes a policy of it. All mistakes are reported, not
 * the first; a policy is made all the same, so that `explain` and `--lenient`
 * can show what Postfix would do with it.
 */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { PolicyServiceSet } from '../chain/policy-service-set.ts';
import { ZoneMask } from '../dns/zone-mask.ts';
import type { Diagnostic, Report } from '../language/diagnostic.ts';
import { type Assignment, parseMainCf } from '../language/main-cf.ts';
import { inReadingOrder } from '../language/reading-order.ts';
import { Source } from '../language/source.ts';
import { FILE_LIMITS, WORD_WORK, WorkBudget, type WorkLimits } from '../language/work-budget.ts';
import type { TableSet } from '../tables/table-set.ts';
import { systemErrorReason } from '../util/system-error.ts';
import { compilePolicy } from './compile.ts';
import type { HostFacts } from './host-facts.ts';
import { lintPolicy } from './lint/lint-policy.ts';
import { readSmallFile } from './lint/small-file.ts';
import { PARAMETER_BY_NAME } from './parameters.ts';
import type { Policy } from './policy.ts';
import { referencedNames, reportUnknownParameters } from './unknown-parameters.ts';

export interface LoadPolicyOptions {
  readonly name: string;
  readonly tables: TableSet;
  readonly policyServices: PolicyServiceSet;
  readonly mask?: ZoneMask | undefined;
  readonly host: HostFacts;
  /** What loading it may cost. Default: FILE_LIMITS. */
  readonly limits?: WorkLimits | undefined;
}

export interface LoadedPolicy {
  /** undefined only when the file cannot be read. */
  readonly policy: Policy | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** What loading it has cost: see work-budget.ts. */
  readonly work: number;
}

/** Loads a policy from a file. Never throws for what the file holds or lacks. */
export async function loadPolicy(file: string, options: LoadPolicyOptions): Promise<LoadedPolicy> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return { policy: undefined, diagnostics: [unreadable(file, error)], work: 0 };
  }
  return compileSource(new Source(file, text), { ...options, usedByMaster: usedByMaster(file) });
}

/** The same for a text at hand: a candidate policy. `source.file` names where relative things would be. */
export function compileSource(
  source: Source,
  options: LoadPolicyOptions & { readonly usedByMaster?: ReadonlySet<string> },
): LoadedPolicy {
  const diagnostics: Diagnostic[] = [];
  const { mask = new ZoneMask() } = options;
  let isLoading = true;
  const report: Report = (diagnostic) => {
    if (isLoading) diagnostics.push(masked(diagnostic, mask));
  };
  const budget = new WorkBudget(options.limits ?? FILE_LIMITS, report);
  const assignments = parseMainCf(source, report);
  budget.spend(assignments.length * WORD_WORK, 'so many lines', () => assignments.at(-1)?.nameSpan);
  const { policy, parameters } = compilePolicy({
    ...options,
    sources: [source.file],
    assignments,
    configDirectory: dirname(resolve(source.file)),
    report,
    budget,
  });
  // Doubts about what is half read would be doubts about us.
  if (!budget.isOver) {
    const classNames = new Set(parameters.words('smtpd_restriction_classes'));
    reportUnknownParameters(assignments, classNames, report, budget, options.usedByMaster);
    reportNotUtf8(assignments, report);
    lintPolicy({ assignments, parameters, tables: options.tables, report });
  }
  isLoading = false;
  budget.close();
  return { policy, diagnostics: inReadingOrder(diagnostics), work: budget.spent };
}

/** Larger than any master.cf. */
const MAX_MASTER_BYTES = 1024 * 1024;

/** The names that the master.cf beside a main.cf uses, as Debian's has `$mua_client_restrictions`. */
function usedByMaster(file: string): ReadonlySet<string> {
  const master = join(dirname(resolve(file)), 'master.cf');
  const text = basename(file) === 'main.cf' ? readSmallFile(master, MAX_MASTER_BYTES)?.text : undefined;
  return referencedNames((text ?? '').replace(/^[ \t]*#.*$/gm, ''));
}

/** Bytes that are no UTF-8 were read as U+FFFD. In values that no policy reads they harm nobody. */
function reportNotUtf8(assignments: readonly Assignment[], report: Report): void {
  for (const { name, value } of assignments) {
    const at = value.text.indexOf('\ufffd');
    if (at < 0 || !PARAMETER_BY_NAME.has(name)) continue;
    report({
      severity: 'warning',
      code: 'not-utf8',
      message: `the value of \`${name}\` is not UTF-8 text: what is read here is not what Postfix reads`,
      span: value.span(at, at + 1),
      help: 'save the file as UTF-8',
    });
  }
}

/** What is quoted of a policy may hold a customer's key. */
function masked(diagnostic: Diagnostic, mask: ZoneMask): Diagnostic {
  const message = mask.text(diagnostic.message);
  const help = diagnostic.help === undefined ? undefined : mask.text(diagnostic.help);
  return message === diagnostic.message && help === diagnostic.help
    ? diagnostic
    : { ...diagnostic, message, help };
}

function unreadable(file: string, error: unknown): Diagnostic {
  return {
    severity: 'error',
    code: 'unreadable-policy',
    message: `cannot read policy file \`${file}\`: ${systemErrorReason(error)}`,
    help: 'check the path, and that the user Postward runs as may read it',
  };
}
