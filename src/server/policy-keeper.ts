/**
 * The policies in force: loads them, puts sound ones in the place of the old
 * ones, and tells of it in log, metrics and health.
 */
import type { SearchRules } from '../access/lookup-order.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { LoadedSnapshot, LoadSnapshotOptions } from '../snapshot/load-snapshot.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { type ReloadResult, SnapshotHolder } from '../snapshot/snapshot-holder.ts';
import type { TableReload } from '../tables/file-table.ts';

export interface PolicyKeeperOptions {
  readonly load: (
    version: number,
    changes: Pick<LoadSnapshotOptions, 'onTableReload' | 'onPolicyChange'>,
  ) => Promise<LoadedSnapshot>;
  readonly isLenient: boolean;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told of every snapshot that comes into force. */
  readonly onSwap: (snapshot: Snapshot) => void;
}

export class PolicyKeeper {
  readonly holder: SnapshotHolder;
  /** Tables that are not what is on disk, and why. */
  readonly staleTables = new Map<string, string>();
  readonly #options: PolicyKeeperOptions;

  constructor(options: PolicyKeeperOptions) {
    this.#options = options;
    const { load, isLenient, metrics } = options;
    this.holder = new SnapshotHolder({
      load: (version) =>
        load(version, {
          onTableReload: (reload) => this.#tableReloaded(reload),
          onPolicyChange: () => void this.reload(),
        }),
      isLenient,
    });
    metrics.readValue('postward_snapshot_version', () => this.current.version);
    metrics.readValue('postward_snapshot_loaded_timestamp_seconds', () =>
      Math.trunc(this.current.loadedAt.getTime() / 1000),
    );
    metrics.readValue('postward_last_reload_successful', () =>
      Number(this.holder.lastReload?.isSwapped ?? true),
    );
    metrics.readValue('postward_stale_tables', () => this.staleTables.size);
  }

  /** Throws before the first load that went well: a bug. */
  get current(): Snapshot {
    return this.holder.current;
  }

  /** Restriction classes of all policies in force; none while the first are being loaded. */
  get classNames(): readonly string[] {
    if (this.holder.lastReload === undefined) return [];
    return [...this.current.policies.values()].flatMap(({ classNames }) => classNames);
  }

  /** By what rules the policies in force make search strings. */
  get searchRules(): readonly SearchRules[] {
    if (this.holder.lastReload === undefined) return [];
    return Array.from(this.current.policies.values(), ({ searchRules }) => searchRules);
  }

  /** The first load: what is wrong is for the caller to tell unless it went well. */
  async start(): Promise<ReloadResult> {
    const result = await this.holder.reload();
    if (result.isSwapped) this.#tellSwap(result);
    return result;
  }

  /** Loads all anew; on any error the old ones stay in force. */
  async reload(): Promise<ReloadResult> {
    const { log, metrics } = this.#options;
    const result = await this.holder.reload();
    if (result.isSwapped) {
      this.staleTables.clear();
      metrics.increment('postward_reloads_total', { result: 'success' });
      this.#tellSwap(result);
      return result;
    }
    for (const diagnostic of result.diagnostics) log.diagnostic(diagnostic);
    metrics.increment('postward_reloads_total', { result: 'failure' });
    const reason = result.diagnostics.find(({ severity }) => severity === 'error')?.message ?? '';
    log.reload_failed({ snapshot: result.version, reason });
    return result;
  }

  #tellSwap({ diagnostics }: ReloadResult): void {
    const { log, onSwap } = this.#options;
    for (const diagnostic of diagnostics) log.diagnostic(diagnostic);
    const { version, policies } = this.current;
    log.snapshot_loaded({ snapshot: version, policies: [...policies.keys()] });
    onSwap(this.current);
  }

  #tableReloaded({ spec, isInForce, diagnostics }: TableReload): void {
    const { log } = this.#options;
    for (const diagnostic of diagnostics) log.diagnostic(diagnostic);
    if (isInForce) {
      this.staleTables.delete(spec);
      log.table_reloaded({ table: spec });
      return;
    }
    const reason = diagnostics.find(({ severity }) => severity === 'error')?.message ?? '';
    this.staleTables.set(spec, reason);
    log.table_failed({ table: spec, reason });
  }
}
