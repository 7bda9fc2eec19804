/** Loads all policies and their tables as one snapshot. */
import { PolicyServiceSet } from '../chain/policy-service-set.ts';
import type { ZoneMask } from '../dns/zone-mask.ts';
import type { Diagnostic } from '../language/diagnostic.ts';
import { type HostFacts, readHostFacts } from '../policy/host-facts.ts';
import { loadPolicy } from '../policy/loader.ts';
import type { Policy } from '../policy/policy.ts';
import { stampOf } from '../tables/file-watcher.ts';
import type { ListTables } from '../tables/list-tables.ts';
import { type LookupLimits, TableSet, type TableSetOptions } from '../tables/table-set.ts';
import { Snapshot } from './snapshot.ts';

export interface LoadSnapshotOptions {
  readonly version: number;
  /** Policy name → file. */
  readonly policyFiles: ReadonlyMap<string, string>;
  /** Told when a table file changes, or cannot be read any more. */
  readonly onTableReload?: TableSetOptions['onReload'];
  /** What asking servers behind tables may cost; default: the usual. */
  readonly tableLimits?: Partial<LookupLimits> | undefined;
  /** Told when a policy file changes. */
  readonly onPolicyChange?: () => void;
  readonly host?: HostFacts;
  /** Where managed lists are; without it all of them are empty. */
  readonly lists?: ListTables | undefined;
  /** Hides customers' keys in the names of DNSBLs. */
  readonly mask?: ZoneMask;
}

export interface LoadedSnapshot {
  /** undefined when a policy file cannot be read. */
  readonly snapshot: Snapshot | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export async function loadSnapshot(options: LoadSnapshotOptions): Promise<LoadedSnapshot> {
  const host = options.host ?? readHostFacts();
  const { onTableReload, onPolicyChange } = options;
  const tables = new TableSet({
    lists: options.lists,
    limits: options.tableLimits ?? {},
    ...(onTableReload === undefined ? {} : { onReload: onTableReload }),
  });
  const policyServices = new PolicyServiceSet();
  const loaded = await Promise.all(
    [...options.policyFiles].map(async ([name, file]) => {
      // Looked at before it is read: a change in between is seen as one.
      const stamp = await stampOf(file);
      if (onPolicyChange !== undefined) tables.watcher.watch(file, stamp, onPolicyChange);
      return loadPolicy(file, { name, tables, policyServices, host, mask: options.mask });
    }),
  );
  const diagnostics = loaded.flatMap((one) => one.diagnostics);
  const policies = new Map<string, Policy>();
  for (const { policy } of loaded) if (policy !== undefined) policies.set(policy.name, policy);
  if (policies.size < options.policyFiles.size) {
    tables.close();
    return { snapshot: undefined, diagnostics };
  }
  const snapshot = new Snapshot({ version: options.version, policies, tables, policyServices });
  return { snapshot, diagnostics };
}
