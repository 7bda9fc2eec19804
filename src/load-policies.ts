/** Loads the policies that settings name: for the daemon, and for commands that need none. */
import { zoneMask } from './dns/open-dns.ts';
import type { Diagnostic } from './language/diagnostic.ts';
import { listPolicyFiles } from './settings/policy-files.ts';
import type { Settings } from './settings/settings.ts';
import { type LoadedSnapshot, type LoadSnapshotOptions, loadSnapshot } from './snapshot/load-snapshot.ts';
import { dnsblUses, type Snapshot } from './snapshot/snapshot.ts';

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
  const unused = loaded.snapshot === undefined ? [] : unusedZones(settings.dns?.zones ?? {}, loaded.snapshot);
  return { ...loaded, diagnostics: [...diagnostics, ...loaded.diagnostics, ...unused] };
}

/**
 * Zones with settings that mean nothing but for lists, of which no policy
 * asks one: a name that is spelt otherwise leaves its key in the open.
 */
function unusedZones(zones: Settings['dns']['zones'], snapshot: Snapshot): Diagnostic[] {
  const lists = dnsblUses(snapshot).map(({ list }) => `.${list.domain.toLowerCase()}`);
  return Object.entries(zones).flatMap(([zone, { servers, ...own }]): Diagnostic[] => {
    const isIdle = Object.values(own).every((value) => value === undefined);
    // Servers of its own are asked about any name.
    if (servers !== undefined || isIdle || lists.some((list) => list.endsWith(`.${zone.toLowerCase()}`)))
      return [];
    return [
      {
        severity: 'note',
        code: 'unused-zone',
        message: `no policy names a DNS list in the zone \`${zone}\` of \`dns.zones\``,
        help: 'see that it is spelt as in the policy; what only a table names is not seen here',
      },
    ];
  });
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
