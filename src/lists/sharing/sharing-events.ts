/** What sharing has to tell, in the names of the log's events (observe/events.ts). Each once per change, not per attempt. */
export interface SharingEvents {
  redis_up(found: { readonly server: string; readonly use: string }): void;
  redis_down(found: { readonly server: string; readonly use: string; readonly reason: string }): void;
  /** Redis answers and does not do what sharing needs: OOM, READONLY, NOPERM, WRONGTYPE … */
  redis_refuses(found: { readonly code: string; readonly reason: string }): void;
  redis_accepts(found: Readonly<Record<string, never>>): void;
  /** When its memory is full, this Redis throws out keys, ours too. */
  redis_may_forget(found: { readonly server: string; readonly policy: string }): void;
  /** A list differed from what Redis had, and does not any more. */
  list_repaired(repair: ListRepair): void;
  /** Values in Redis that are no registers, or not for this version; what this server has stays in force. */
  redis_values_unusable(found: {
    readonly list: string;
    readonly count: number;
    readonly reason: string;
  }): void;
  /** The clock of a server is far ahead of ours, or ours behind: its edits win over later ones here. */
  clock_ahead(found: { readonly node: string; readonly seconds: number }): void;
  /** The clock here was wrong, and is right again: what was stamped meanwhile was stamped anew. */
  clock_set_back(found: { readonly hours: number; readonly registers: number }): void;
  /** The own store does not take what other servers have edited. */
  list_merge_failed(found: { readonly reason: string }): void;
}

export interface ListRepair {
  readonly list: string;
  /** Registers that this server did not have. */
  readonly received: number;
  /** Registers that Redis did not have. */
  readonly sent: number;
  /** What was thrown out of Redis. */
  readonly removed: number;
}

/** Counted since start; for metrics. */
export interface SharingStats {
  /** Registers sent to Redis, and brought by it and put in force. */
  sent: number;
  received: number;
  /** Times that a list had to be repaired. */
  repairs: number;
  /** Values in Redis that could not be used. */
  unusable: number;
}
