/** The metrics of Redis and of the sharing of lists: what its parts count themselves, read when somebody scrapes. */
import type { RedisConnection } from '../redis/redis-connection.ts';
import { LATENCY_BOUNDS } from '../redis/redis-stats.ts';
import { histogramSamples } from './histogram-samples.ts';
import type { Metrics } from './metrics.ts';

/** Connections, by what each is for: `dns`, `lists`, `lists_log`. */
export type RedisConnections = Readonly<Record<string, RedisConnection>>;

export interface SharingCounts {
  readonly status: { readonly hasUnshared: boolean; readonly isSame: boolean };
  readonly stats: {
    readonly sent: number;
    readonly received: number;
    readonly repairs: number;
    readonly unusable: number;
  };
}

export function measureRedis(metrics: Metrics, connections: RedisConnections): void {
  const perUse = (value: (connection: RedisConnection) => number) => () =>
    Object.entries(connections).map(([use, connection]) => ({ labels: { use }, value: value(connection) }));
  metrics.read(
    'postward_redis_up',
    perUse(({ isUp }) => (isUp ? 1 : 0)),
  );
  metrics.read(
    'postward_redis_outages_total',
    perUse(({ stats }) => stats.outages),
  );
  metrics.read(
    'postward_redis_commands_total',
    perUse(({ stats }) => stats.answered),
  );
  metrics.read(
    'postward_redis_in_flight',
    perUse(({ stats }) => stats.inFlight),
  );
  metrics.read('postward_redis_failures_total', () =>
    Object.entries(connections).flatMap(([use, { stats }]) =>
      Object.entries(stats.failures).map(([kind, value]) => ({ labels: { use, kind }, value })),
    ),
  );
  metrics.read('postward_redis_command_duration_seconds', () =>
    Object.entries(connections).flatMap(([use, { stats }]) => [
      ...histogramSamples({ use }, stats.latencies(), stats.latencySum, LATENCY_BOUNDS),
    ]),
  );
}

export function measureSharing(metrics: Metrics, sharing: SharingCounts): void {
  metrics.readValue('postward_lists_unshared', () => (sharing.status.hasUnshared ? 1 : 0));
  metrics.readValue('postward_lists_same', () => (sharing.status.isSame ? 1 : 0));
  metrics.readValue('postward_list_registers_sent_total', () => sharing.stats.sent);
  metrics.readValue('postward_list_registers_received_total', () => sharing.stats.received);
  metrics.readValue('postward_list_repairs_total', () => sharing.stats.repairs);
  metrics.readValue('postward_redis_values_unusable_total', () => sharing.stats.unusable);
}
