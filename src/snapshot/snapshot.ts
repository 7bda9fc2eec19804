/**
 * All that decides at one moment: the policies and the tables behind them.
 * Immutable; a reload makes a new one and swaps it in. A request pins the
 * snapshot it began with, and an old one is closed when its last request ends.
 */
import type { PolicyServiceSet } from '../chain/policy-service-set.ts';
import type { DnsblUse } from '../dns/dnsbl-health.ts';
import type { Policy } from '../policy/policy.ts';
import type { TableSet } from '../tables/table-set.ts';

export interface SnapshotOptions {
  readonly version: number;
  readonly policies: ReadonlyMap<string, Policy>;
  /** What the policies have opened; closed with the snapshot. */
  readonly tables: TableSet;
  readonly policyServices: PolicyServiceSet;
}

export class Snapshot {
  readonly version: number;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly tables: TableSet;
  readonly policyServices: PolicyServiceSet;
  readonly loadedAt = new Date();
  #pins = 0;
  #isRetired = false;

  constructor({ version, policies, tables, policyServices }: SnapshotOptions) {
    this.version = version;
    this.policies = policies;
    this.tables = tables;
    this.policyServices = policyServices;
  }

  pin(): void {
    this.#pins += 1;
  }

  unpin(): void {
    this.#pins -= 1;
    if (this.#isRetired && this.#pins === 0) this.#close();
  }

  /** Another snapshot has taken its place. */
  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    if (this.#pins === 0) this.#close();
  }

  #close(): void {
    this.tables.close();
    this.policyServices.close();
  }
}

/** The DNS lists that its policies ask. */
export function dnsblUses({ policies }: Snapshot): DnsblUse[] {
  return Array.from(policies.values()).flatMap((policy) => [...policy.dnsblUses]);
}
