/** The audit: who changed what, when, with before and after. */

export interface AuditRecord {
  /** Rises with every record of this server. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** A token's name, `cli`, or for what came from another server who did it there. */
  readonly actor: string;
  /** `entry.put`, `entry.remove`, `list.describe`, `list.drop`, `token.create`, … */
  readonly operation: string;
  /** '' where none is concerned. */
  readonly list: string;
  /** The key of an entry, the name of a token or policy; '' for none. */
  readonly subject: string;
  /** JSON texts; null: there was, or is, nothing. */
  readonly before: string | null;
  readonly after: string | null;
  /** The node that it was done at; '' for this one. */
  readonly origin: string;
}

export type NewAuditRecord = Omit<AuditRecord, 'id'>;

export interface AuditQuery {
  readonly actor?: string | undefined;
  readonly operation?: string | undefined;
  readonly list?: string | undefined;
  readonly subject?: string | undefined;
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number | undefined;
  /** Exclusive. */
  readonly until?: number | undefined;
  /** 1 to 1000. Default 100. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** The newest first. */
export interface AuditPage {
  readonly records: readonly AuditRecord[];
  readonly cursor: string | undefined;
}
