/** The resolver as the settings describe it: servers, memory, and the store that servers share. */
import { formatSocketAddress, parseServerAddress } from '../net/socket-address.ts';
import { RedisConnection } from '../redis/redis-connection.ts';
import type { RedisOptions } from '../redis/redis-options.ts';
import { CachingResolver } from './caching-resolver.ts';
import type { DnsServerAddress, ServerChange } from './dns-server.ts';
import { DnsblHealth } from './dnsbl-health.ts';
import { RedisStore } from './redis-store.ts';
import { followResolvConf, readResolvConf } from './resolv-conf.ts';
import { SharedAnswers } from './shared-answers.ts';
import type { WatchEvents } from './watched-zone.ts';
import { WireClient } from './wire-client.ts';
import { ZoneMap } from './zone-map.ts';
import { ZoneMask } from './zone-mask.ts';
import { ZoneRouter } from './zone-router.ts';

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
  readonly zones: Readonly<Record<string, ZoneSetting>>;
  readonly dnsbl: DnsblSetting;
}

/** One of `dns.zones`. */
export interface ZoneSetting {
  readonly servers?: readonly string[];
  readonly prefetch?: boolean;
  readonly private?: boolean;
}

/** `dns.dnsbl` of the settings. */
export interface DnsblSetting {
  readonly probe_seconds: number;
  readonly retry_seconds: number;
  readonly confirm_seconds: number;
  readonly slow_ms: number;
  readonly allow_grace_hours: number;
}

/** Told of what happens to servers and lists. */
export interface DnsEvents {
  readonly serverChanged: ServerChange;
  readonly dnsbl: WatchEvents;
}

export interface Dns {
  readonly resolver: CachingResolver;
  readonly client: WireClient;
  /** The clients of zones with servers of their own, by zone. */
  readonly zoneClients: ReadonlyMap<string, WireClient>;
  /** The health of the DNSBLs that are asked; nothing is watched before somebody says what. */
  readonly dnsbl: DnsblHealth;
  /** Undefined where answers are not shared. */
  readonly shared: SharedAnswers | undefined;
  /** The connection for shared answers; it reconnects by itself. */
  readonly redis: RedisConnection | undefined;
  close(): void;
}

const QUIET: DnsEvents = {
  serverChanged: () => {},
  dnsbl: { setAside: () => {}, returned: () => {}, unproven: () => {}, doubted: () => {} },
};

/** The highest ceiling that settings allow: no server shares an answer for longer. */
const MAX_SHARED_TTL_SECONDS = 604_800;

/** @param redis undefined: answers stay with this server */
export function openDns(
  setting: DnsSetting,
  redis: RedisOptions | undefined,
  events: DnsEvents = QUIET,
): Dns {
  const clientFor = (
    servers: readonly DnsServerAddress[],
    isOfDnsbl?: (name: string) => boolean,
  ): WireClient =>
    new WireClient({
      servers,
      timeoutMs: setting.timeout_ms,
      attempts: setting.attempts,
      totalMs: setting.total_ms,
      onServerChange: events.serverChanged,
      isOfDnsbl,
    });
  const client = clientFor(dnsServers(setting), (name) => dnsbl.isWatched(name));
  const unfollow =
    setting.servers.length > 0 ? undefined : followResolvConf((servers) => client.useServers(servers));
  const zones = Object.entries(setting.zones);
  const zoneClients = new Map(
    zones.flatMap(([zone, { servers }]) =>
      servers === undefined || servers.length === 0 ? [] : [[zone, clientFor(dnsServers({ servers }))]],
    ),
  );
  const prefetch = new ZoneMap(
    zones.flatMap(([zone, { prefetch }]) => (prefetch === undefined ? [] : [[zone, prefetch] as const])),
  );
  const router = new ZoneRouter(client, zoneClients);
  const { dnsbl: watch } = setting;
  const dnsbl = new DnsblHealth({
    resolver: { lookup: (name, type) => router.route(name).lookupAtOnce(name, type) },
    events: { ...events.dnsbl, believed: (answer) => shared?.release(answer) },
    probeMs: watch.probe_seconds * 1000,
    retryMs: watch.retry_seconds * 1000,
    confirmMs: watch.confirm_seconds * 1000,
    slowMs: watch.slow_ms,
    minHoldMs: setting.ttl_floor_seconds * 1000,
    graceMs: watch.allow_grace_hours * 3_600_000,
    hasOwnServers: (zone) => router.route(zone) !== client,
    noPrefetch: { has: (zone) => prefetch.get(zone) === false },
    peek: (name, type) => resolver.peek(name, type),
    now: () => performance.now(),
  });
  const connection =
    redis === undefined || !setting.shared_cache ? undefined : new RedisConnection(redis, { name: 'dns' });
  void connection?.open();
  const shared =
    connection &&
    new SharedAnswers(new RedisStore(connection), MAX_SHARED_TTL_SECONDS, (name, type, answer) =>
      dnsbl.isUnproven(name, type, answer),
    );
  const resolver = new CachingResolver(dnsbl.observed(router), {
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
    zoneClients,
    dnsbl,
    shared,
    redis: connection,
    close() {
      unfollow?.();
      dnsbl.close();
      client.close();
      for (const zoneClient of zoneClients.values()) zoneClient.close();
      connection?.close();
    },
  };
}

/** The servers that are set, or those of the system. */
function dnsServers({ servers }: Pick<DnsSetting, 'servers'>): readonly DnsServerAddress[] {
  const named = servers.flatMap((text) => parseServerAddress(text) ?? []);
  return named.length > 0 ? named : readResolvConf().servers;
}

/** Those of a client that do not answer, as `HOST:PORT`. */
export function serversDown({ servers }: Pick<WireClient, 'servers'>): string[] {
  return servers
    .filter(({ isDown }) => isDown)
    .map(({ host, port }) => formatSocketAddress({ kind: 'tcp', host, port }));
}

/** The servers that a zone is asked through. */
export function serversOf(
  zone: string,
  { client, zoneClients }: Pick<Dns, 'client' | 'zoneClients'>,
): string[] {
  return new ZoneRouter(client, zoneClients).route(zone).servers.map(({ host }) => host);
}

/** Hides the keys of customers, in the names of zones that are known to have them or are set `private`. */
export function zoneMask(zones: DnsSetting['zones']): ZoneMask {
  return new ZoneMask(Object.keys(zones).filter((zone) => zones[zone]?.private === true));
}
