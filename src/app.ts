/**
 * The composition root: the only place that constructs the resolver, the log,
 * the metrics and the sockets, and wires the parts together.
 */
import { environmentToken } from './admin/auth/environment-token.ts';
import { DaemonHealth } from './admin/daemon-health.ts';
import type { Admin } from './admin/start-admin.ts';
import { publicResolversAmong } from './dns/dnsbl-faults.ts';
import { type Dns, openDns, serversDown, serversOf, zoneMask } from './dns/open-dns.ts';
import type { ZoneMask } from './dns/zone-mask.ts';
import type { Diagnostic } from './language/diagnostic.ts';
import type { ListService } from './lists/list-service.ts';
import { openLists, openStore } from './lists/open-lists.ts';
import { ListSharing } from './lists/sharing/list-sharing.ts';
import { loadPolicies } from './load-policies.ts';
import { formatSocketAddress } from './net/socket-address.ts';
import { measureDns } from './observe/dns-metrics.ts';
import { measureDnsbl } from './observe/dnsbl-metrics.ts';
import { measureLists } from './observe/list-metrics.ts';
import { createLog, type Log } from './observe/log.ts';
import type { LogDestination } from './observe/log-destination.ts';
import { Metrics } from './observe/metrics.ts';
import { RecentDecisions } from './observe/recent-decisions.ts';
import { measureRedis, measureSharing } from './observe/redis-metrics.ts';
import { type RedisOptions, redisOptions } from './redis/redis-options.ts';
import { dnsLog } from './server/dns-log.ts';
import { checkFailAction } from './server/fail-action.ts';
import { noticeOnce } from './server/notice-once.ts';
import { observedEvents } from './server/observed-events.ts';
import { PolicyKeeper } from './server/policy-keeper.ts';
import { listen, type PolicyListener } from './server/policy-listener.ts';
import { policyService } from './server/policy-service.ts';
import { reportWiring } from './server/wiring-report.ts';
import { WiringWatch } from './server/wiring-watch.ts';
import { listenAddress } from './settings/listen-address.ts';
import type { Settings, SocketSetting } from './settings/settings.ts';
import { Decider } from './snapshot/decider.ts';

import { dnsblUses, type Snapshot } from './snapshot/snapshot.ts';
import type { ReloadResult } from './snapshot/snapshot-holder.ts';
import type { Store } from './store/store.ts';
import { VERSION } from './util/version.ts';

/** How long an edit's answer waits to say that all servers have it. */
const SHARED_WAIT_MS = 100;

/** How long running requests may take when the daemon stops. */
const DRAIN_MS = 5000;

export interface StartOptions {
  readonly log: LogDestination;
  readonly logFormat: 'json' | 'text';
  /** Names the admin token, if it is to be a certain one. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A policy file or more has mistakes, and `lenient` was not set. */
export class StartFailure extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super('the policies have errors');
    this.diagnostics = diagnostics;
  }
}

/**
 * Starts the daemon: loads, then listens.
 *
 * @throws StartFailure when the policies have errors
 * @throws OperatorError when an address cannot be bound, or the data directory not used
 */
export async function startApp(settings: Settings, options: StartOptions): Promise<App> {
  const { level, decisions } = settings.log;
  const mask = zoneMask(settings.dns.zones);
  const log = createLog({ level, decisions, format: options.logFormat, mask }, options.log);
  const app = new App(settings, log, environmentToken(options.environment ?? {}));
  app.metrics.readValue('postward_log_lines_lost_total', () => options.log.linesLost);
  try {
    await app.start();
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

export class App {
  readonly log: Log;
  readonly metrics = new Metrics(VERSION);
  readonly #settings: Settings;
  /** Hides keys in what clients and people are shown. */
  readonly #mask: ZoneMask;
  readonly #dns: Dns;
  readonly #policies: PolicyKeeper;
  readonly #decider: Decider;
  readonly #noticeContext: (context: string, policy: string) => void;
  readonly #listeners: PolicyListener[] = [];
  readonly #watch: WiringWatch;
  readonly #recent: RecentDecisions;
  #store: Store | undefined;
  #lists: ListService | undefined;
  readonly #redis: RedisOptions | undefined;
  #sharing: ListSharing | undefined;
  #endWiringReport: (() => void) | undefined;
  #admin: Admin | undefined;
  readonly #adminToken: string | undefined;

  constructor(settings: Settings, log: Log, adminToken?: string) {
    this.log = log;
    this.#adminToken = adminToken;
    this.#settings = settings;
    this.#redis = redisOptions(settings.redis);
    this.#dns = openDns(
      settings.dns,
      this.#redis,
      dnsLog(log, () => this.#dns),
    );
    this.#policies = new PolicyKeeper({
      load: (version, changes) => loadPolicies(settings, version, { lists: this.#lists?.tables, ...changes }),
      isLenient: settings.lenient,
      log,
      metrics: this.metrics,
      onSwap: (snapshot) => this.#dns.dnsbl.watch(dnsblUses(snapshot)),
    });
    this.#noticeContext = noticeOnce((policy_context, policy) =>
      log.unknown_policy_context({ policy_context, policy }),
    );
    this.#decider = this.#deciderOf(() => this.#policies.current);
    const { client } = this.#dns;
    this.#watch = new WiringWatch({
      policies: () => this.#policies.current.policies,
      publicResolvers: () => publicResolversAmong(client.servers.map(({ host }) => host)),
    });
    this.#mask = zoneMask(settings.dns.zones);
    this.#recent = new RecentDecisions(
      settings.admin.address === 'off' ? 0 : settings.admin.decisions,
      this.#mask,
    );
    this.#measure();
  }

  /** Decides by a snapshot with all that the daemon decides with. */
  #deciderOf(snapshot: () => Snapshot): Decider {
    return new Decider({
      snapshot,
      resolver: this.#dns.resolver,
      dnsbl: this.#dns.dnsbl,
      dnsblBudgetMs: this.#settings.dns.budget_ms,
      lookahead: this.#settings.dns.lookahead,
      onUnknownContext: this.#noticeContext,
    });
  }

  /** What decides now. */
  get snapshot(): Snapshot {
    return this.#policies.current;
  }

  /** The policy sockets with their addresses, as they were bound. */
  get listeners(): readonly PolicyListener[] {
    return this.#listeners;
  }

  /** Where health, metrics and the API are, as bound; undefined: nowhere. */
  get admin(): Admin | undefined {
    return this.#admin;
  }

  /** Loads the policies anew; on any error the old ones stay in force. */
  reload(): Promise<ReloadResult> {
    return this.#policies.reload();
  }

  async start(): Promise<void> {
    checkFailAction(this.#settings.decision.fail_action);
    this.#store = await openStore(this.#settings, {
      isSharing: this.#redis !== undefined,
      onCrash: ({ message }) => this.log.store_failed({ reason: message }),
    });
    const { max_entries: maxEntries, max_lists: maxLists } = this.#settings.lists;
    const classNames = () => this.#policies.classNames;
    const searchRules = () => this.#policies.searchRules;
    this.#lists = await openLists(this.#store, { classNames, searchRules, maxEntries, maxLists });
    this.#sharing = await this.#shareLists(this.#lists);
    const { isSwapped, diagnostics } = await this.#policies.start();
    if (!isSwapped) throw new StartFailure(diagnostics);
    for (const socket of this.#settings.listen) this.#listeners.push(await this.#listen(socket));
    this.#admin = await this.#openAdmin();
    this.#endWiringReport = reportWiring(this.#watch, this.log, this.metrics);
    this.log.started({ version: VERSION });
  }

  /** Lets running requests end, then closes everything. */
  async close(): Promise<void> {
    this.#endWiringReport?.();
    await Promise.all([...this.#listeners, this.#admin].map((listener) => listener?.close(DRAIN_MS)));
    this.#dns.close();
    this.#policies.holder.close();
    // What could not be sent waits in the store for the next start.
    if (this.#sharing?.status.hasUnshared === true) await this.#sharing.whenShared(SHARED_WAIT_MS);
    this.#sharing?.close();
    this.#lists?.close();
    await this.#store?.close();
  }

  /** Begins to share lists; the daemon starts without Redis just the same. */
  async #shareLists(lists: ListService): Promise<ListSharing | undefined> {
    const { metrics, log } = this;
    const dns = this.#dns.redis;
    if (this.#redis === undefined) return undefined;
    const sharing = new ListSharing({ lists, redis: this.#redis, events: log });
    measureRedis(metrics, { lists: sharing.redis, lists_log: sharing.following, ...(dns && { dns }) });
    measureSharing(metrics, sharing);
    dns?.onChange(({ state, reason }) => {
      const found = { server: dns.label, use: 'dns' };
      if (state === 'up') log.redis_up(found);
      else log.redis_down({ ...found, reason });
    });
    await sharing.start();
    return sharing;
  }

  async #listen(socket: SocketSetting): Promise<PolicyListener> {
    const { decision, limits, permit_action: permitAction } = this.#settings;
    const listener = await listen({
      address: listenAddress(socket),
      decide: policyService({
        decider: this.#decider,
        log: this.log,
        metrics: this.metrics,
        watch: this.#watch,
        recent: this.#recent,
        isDnsDown: () => this.#dns.client.servers.every(({ isDown }) => isDown),
        policy: socket.policy,
        permitAction,
        mask: this.#mask,
      }),
      events: observedEvents(this.log, this.metrics, this.#watch, decision.fail_action),
      failAction: decision.fail_action,
      limits: {
        maxConnections: limits.connections,
        idleTimeoutMs: limits.idle_seconds * 1000,
        stallTimeoutMs: limits.stall_seconds * 1000,
        decisionDeadlineMs: decision.deadline_seconds * 1000,
        maxLineBytes: limits.line_bytes,
        maxRequestBytes: limits.request_bytes,
        maxAttributes: limits.attributes,
      },
    });
    this.log.listening({ address: formatSocketAddress(listener.address), policy: socket.policy });
    return listener;
  }

  async #openAdmin(): Promise<Admin | undefined> {
    const { admin, data } = this.#settings;
    const store = this.#store;
    const lists = this.#lists;
    const sharing = this.#sharing;
    if (admin.address === 'off' || store === undefined || lists === undefined) return undefined;
    const { stats } = this.#dns.client;
    const health = new DaemonHealth({
      lastReload: () => this.#policies.holder.lastReload,
      policies: () => [...this.#policies.current.policies.keys()],
      sockets: () => this.#listeners.map(({ address }) => formatSocketAddress(address)),
      staleTables: () => this.#policies.staleTables,
      dns: () => stats,
      dnsServersDown: () => serversDown(this.#dns.client),
      dnsbls: () => Array.from(this.#dns.dnsbl.lists(), ({ list }) => list),
      wiringDoubts: () => this.#watch.doubts(),
      storeFailure: () => store.stats.lastFailure,
      redis: () => sharing && { server: sharing.redis.label, ...sharing.status },
    });
    // HTTP is half of what there is to load: only where somebody asks for it.
    const { startAdmin } = await import('./admin/start-admin.ts');
    const listener = await startAdmin({
      address: listenAddress(admin),
      settings: admin,
      dataDirectory: data === 'memory' ? undefined : data,
      version: VERSION,
      log: this.log,
      metrics: this.metrics,
      health,
      environmentToken: this.#adminToken,
      store,
      lists,
      ...(sharing && { whenShared: () => sharing.whenShared(SHARED_WAIT_MS) }),
      explain: {
        holder: this.#policies.holder,
        reload: () => this.reload(),
        defaultPolicy: this.#settings.listen[0]?.policy ?? '',
        mask: this.#mask,
        lists: lists.looks,
        deciderOf: (snapshot) => this.#deciderOf(snapshot),
        permitAction: this.#settings.permit_action,
        deadlineMs: this.#settings.decision.deadline_seconds * 1000,
      },
      recent: this.#recent,
      resolver: this.#dns.resolver,
      dnsbl: { dnsbl: this.#dns.dnsbl, serversOf: (zone) => serversOf(zone, this.#dns) },
      sockets: () =>
        this.#listeners.map(({ address }, at) => ({
          address: formatSocketAddress(address),
          policy: this.#settings.listen[at]?.policy ?? '',
        })),
    });
    this.log.admin_listening({ address: listener.address, local_socket: listener.localSocket ?? '' });
    return listener;
  }

  /** What parts count themselves is read when somebody scrapes. */
  #measure(): void {
    const { metrics } = this;
    metrics.readValue('postward_connections', () =>
      this.#listeners.reduce((sum, { connectionCount }) => sum + connectionCount, 0),
    );
    measureDns(metrics, this.#dns);
    measureDnsbl(metrics, this.#dns);
    measureLists(metrics, { lists: () => this.#lists, store: () => this.#store });
  }
}
