/**
 * A policy that may come: a text that somebody sends in, compiled as if it
 * stood in the place of a policy in force, and decided with as that would.
 *
 * Promises that the text opens nothing: of files, tables that are asked of
 * servers, and policy servers it may use those of the policies in force, as
 * they are open there; what is written out in the text itself it may use
 * freely. So nobody reads a file with a candidate, whatever its diagnostics
 * and its trace say. What it asks the DNS is asked.
 */
import { PolicyServiceSet } from '../chain/policy-service-set.ts';
import type { ZoneMask } from '../dns/zone-mask.ts';
import type { Diagnostic } from '../language/diagnostic.ts';
import { Source } from '../language/source.ts';
import type { WorkLimits } from '../language/work-budget.ts';
import { type HostFacts, readHostFacts } from '../policy/host-facts.ts';
import { compileSource } from '../policy/loader.ts';
import type { ListTables } from '../tables/list-tables.ts';
import { TableSet } from '../tables/table-set.ts';
import { Snapshot } from './snapshot.ts';

/**
 * Anybody with the scope `policies` may send one, and mail waits while it is
 * compiled: several times what the largest main.cf takes that anybody is known
 * to have, and sixty times what the examples take.
 */
export const CANDIDATE_LIMITS: WorkLimits = Object.freeze({ work: 256 * 1024, guesses: 50_000 });

export interface CandidateOptions {
  readonly text: string;
  /** Whose place it would take: for its name, and for what `$config_directory` means. */
  readonly policy: string;
  /** The snapshot in force. To be pinned as long as the candidate is used. */
  readonly live: Snapshot;
  readonly host?: HostFacts;
  readonly mask?: ZoneMask | undefined;
  /** Where managed lists are; without it all of them are empty. */
  readonly lists?: ListTables | undefined;
}

export interface Candidate {
  /** With this one policy. To be retired when it is done with. */
  readonly snapshot: Snapshot;
  readonly diagnostics: readonly Diagnostic[];
}

/** undefined when no policy in force has that name. */
export function compileCandidate(options: CandidateOptions): Candidate | undefined {
  const { text, policy: name, live, mask, lists, host = readHostFacts() } = options;
  const file = live.policies.get(name)?.sources[0];
  if (file === undefined) return undefined;
  const tables = new TableSet({ within: live.tables, lists });
  const policyServices = new PolicyServiceSet(live.policyServices);
  const loaded = compileSource(new Source(file, text), {
    name,
    tables,
    policyServices,
    host,
    mask,
    limits: CANDIDATE_LIMITS,
  });
  const policies = new Map(loaded.policy === undefined ? [] : [[name, loaded.policy]]);
  const snapshot = new Snapshot({ version: live.version, policies, tables, policyServices });
  return { snapshot, diagnostics: loaded.diagnostics };
}
