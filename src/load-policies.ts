/** Loads the policies that settings name: for the daemon, and for commands that need none. */
import { zoneMask } from './dns/open-dns.ts';
import type { Diagnostic } from './language/diagnostic.ts';
import { listPolicyFiles } from './settings/policy-files.ts';
import type { Settings } from './settings/settings.ts';
import { type LoadedSnapshot, type LoadSnapshotOptions, loadSnapshot } from './snapshot/load-snapshot.ts';

export async function loadPolicies(
  settings: Pick<Settings, 'policies'> & Partial<Pick<Settings, 'dns' | 'tables'>>,
  version: number,
  changes: Pick<LoadSnapshotOptions, 'onTableReload' | 'onPolicyChange' | 'lists'> = {},
): Promise<LoadedSnapshot> {
  const diagnostics: Diagnostic[] = [];
  const policyFiles = listPolicyFiles(settings.policies, (diagnostic) => diagnostics.push(diagnostic));
  if (policyFiles.size === 0) return { snapshot: undefined, diagnostics };
  const loaded = await loadSnapshot({
    version,
    policyFiles,
    mask: zoneMask(settings.dns?.zones ?? {}),
    tableLimits: settings.tables && tableLimits(settings.tables),
    ...changes,
  });
  return { ...loaded, diagnostics: [...diagnostics, ...loaded.diagnostics] };
}

function tableLimits(tables: Settings['tables']): LoadSnapshotOptions['tableLimits'] {
  return {
    maxConnections: tables.connections,
    connectTimeoutMs: tables.connect_ms,
    queryTimeoutMs: tables.answer_ms,
    totalTimeoutMs: tables.total_ms,
    ttlMs: tables.keep_ms,
  };
}
