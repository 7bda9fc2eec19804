/**
 * A main.cf, or one with the `-o` options of a service laid over it, as the
 * policy that it is: its parameters and lists, and all that is wrong with it.
 * What it opens is closed again.
 */
import { PolicyServiceSet } from '../chain/policy-service-set.ts';
import type { Diagnostic } from '../language/diagnostic.ts';
import type { Assignment } from '../language/main-cf.ts';
import { compilePolicy } from '../policy/compile.ts';
import type { HostFacts } from '../policy/host-facts.ts';
import { lintPolicy } from '../policy/lint/lint-policy.ts';
import { type RestrictionList, readLists } from '../policy/lint/restriction-list.ts';
import type { ParameterSet } from '../policy/parameter-set.ts';
import { reportUnknownParameters } from '../policy/unknown-parameters.ts';
import { TableSet } from '../tables/table-set.ts';

export interface ExamineOptions {
  /** Where the file is: `$config_directory`. */
  readonly configDirectory: string;
  readonly host: HostFacts;
}

export interface Examined {
  /** In force, by name: of several the last. In the order of the file. */
  readonly assigned: ReadonlyMap<string, Assignment>;
  readonly parameters: ParameterSet;
  /** The restriction lists that have something in them. */
  readonly lists: readonly RestrictionList[];
  readonly classes: ReadonlyMap<string, RestrictionList>;
  readonly diagnostics: readonly Diagnostic[];
}

export function examine(
  name: string,
  assignments: readonly Assignment[],
  { configDirectory, host }: ExamineOptions,
): Examined {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic) => {
    diagnostics.push(diagnostic);
  };
  const tables = new TableSet();
  const policyServices = new PolicyServiceSet();
  try {
    const { parameters } = compilePolicy({
      name,
      sources: [],
      assignments,
      configDirectory,
      host,
      tables,
      policyServices,
      report,
    });
    reportUnknownParameters(assignments, new Set(parameters.words('smtpd_restriction_classes')), report);
    lintPolicy({ assignments, parameters, report });
    return {
      assigned: new Map(assignments.map((assignment) => [assignment.name, assignment])),
      parameters,
      ...readLists(parameters),
      diagnostics: [...diagnostics],
    };
  } finally {
    tables.close();
    policyServices.close();
  }
}
