/** What asking a server may cost. */
export interface PoolLimits {
  /** Connections to all servers of a pool, and so queries at a time. */
  readonly maxConnections: number;
  /** Queries that wait for a connection; more are refused. */
  readonly maxWaiting: number;
  readonly connectTimeoutMs: number;
  readonly queryTimeoutMs: number;
  /** For one query, waiting and all servers included. */
  readonly totalTimeoutMs: number;
  /** A connection is closed after so long without a query. */
  readonly idleTimeoutMs: number;
  /** A server that did not answer is left alone for so long, */
  readonly firstRetryMs: number;
  /** twice as long after each further try, but no longer than this. */
  readonly maxRetryMs: number;
}

/**
 * A decision has 20 s, and may need several lookups. Postfix asks a server that
 * failed again after 60 s, each of its processes for itself; we are one process
 * for all, so we try sooner.
 */
export const DEFAULT_POOL_LIMITS: PoolLimits = {
  maxConnections: 8,
  maxWaiting: 500,
  connectTimeoutMs: 3_000,
  queryTimeoutMs: 4_000,
  totalTimeoutMs: 6_000,
  idleTimeoutMs: 60_000,
  firstRetryMs: 1_000,
  maxRetryMs: 10_000,
};
