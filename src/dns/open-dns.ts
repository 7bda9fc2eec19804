/** The resolver as the settings describe it: servers, memory, and the store that servers share. */
import { parseServerAddress } from '../net/socket-address.ts';
import { RedisConnection } from '../redis/redis-connection.ts';
import type { RedisOptions } from '../redis/redis-options.ts';
import { CachingResolver } from './caching-resolver.ts';
import type { DnsServerAddress } from './dns-server.ts';
import { RedisStore } from './redis-store.ts';
import { readResolvConf } from './resolv-conf.ts';
import { SharedAnswers } from './shared-answers.ts';
import { WireClient } from './wire-client.ts';

/** `dns` of the settings, see settings/settings.ts. */
export interface DnsSetting {
  readonly servers: readonly string[];
  readonly timeout_ms: number;
  readonly attempts: number;
  readonly total_ms: number;
  readonly cache_entries: number;
  readonly cache_bytes: number;
  readonly shared_cache: boolean;
  readonly ttl_floor_seconds: number;
  readonly ttl_ceiling_seconds: number;
  readonly negative_ttl_floor_seconds: number;
  readonly negative_ttl_ceiling_seconds: number;
  readonly revalidate_seconds: number;
  readonly stale_seconds: number;
}

export interface Dns {
  readonly resolver: CachingResolver;
  readonly client: WireClient;
  /** Undefined where answers are not shared. */
  readonly shared: SharedAnswers | undefined;
  /** The connection for shared answers; it reconnects by itself. */
  readonly redis: RedisConnection | undefined;
  close(): void;
}

/** The highest ceiling that settings allow: no server shares an answer for longer. */
const MAX_SHARED_TTL_SECONDS = 604_800;

/** @param redis undefined: answers stay with this server */
export function openDns(setting: DnsSetting, redis: RedisOptions | undefined): Dns {
  const client = new WireClient({
    servers: dnsServers(setting),
    timeoutMs: setting.timeout_ms,
    attempts: setting.attempts,
    totalMs: setting.total_ms,
  });
  const connection =
    redis === undefined || !setting.shared_cache ? undefined : new RedisConnection(redis, { name: 'dns' });
  void connection?.open();
  const shared = connection && new SharedAnswers(new RedisStore(connection), MAX_SHARED_TTL_SECONDS);
  const resolver = new CachingResolver(client, {
    maxEntries: setting.cache_entries,
    maxBytes: setting.cache_bytes,
    minTtlSeconds: setting.ttl_floor_seconds,
    maxTtlSeconds: setting.ttl_ceiling_seconds,
    minNegativeTtlSeconds: setting.negative_ttl_floor_seconds,
    maxNegativeTtlSeconds: setting.negative_ttl_ceiling_seconds,
    revalidateSeconds: setting.revalidate_seconds,
    staleSeconds: setting.stale_seconds,
    ...(shared && { shared }),
  });
  return {
    resolver,
    client,
    shared,
    redis: connection,
    close() {
      client.close();
      connection?.close();
    },
  };
}

/** The servers that are set, or those of the system. */
export function dnsServers({ servers }: Pick<DnsSetting, 'servers'>): readonly DnsServerAddress[] {
  const named = servers.flatMap((text) => parseServerAddress(text) ?? []);
  return named.length > 0 ? named : readResolvConf().servers;
}
