/**
 * Puts the admin server together: its tokens, its routes, its addresses.
 */
import type { ListService } from '../lists/list-service.ts';
import { isLoopback, type SocketAddress } from '../net/socket-address.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { RecentDecisions } from '../observe/recent-decisions.ts';
import type { Settings } from '../settings/settings.ts';
import type { Store } from '../store/store.ts';
import type { StoreFailure } from '../store/store-failure.ts';
import { type AdminListener, openAdmin } from './admin-listener.ts';
import { DenialLog } from './auth/denial-log.ts';
import { Tokens } from './auth/tokens.ts';
import type { HealthReporter } from './health.ts';
import type { ListPort } from './list-port.ts';
import { localSocketPath } from './local-socket-path.ts';
import { auditRoutes } from './routes/audit-routes.ts';
import { bulkRoutes } from './routes/bulk-routes.ts';
import { decisionRoutes } from './routes/decision-routes.ts';
import { type DnsPort, dnsRoutes } from './routes/dns-routes.ts';
import { type DnsblPort, dnsblRoutes } from './routes/dnsbl-routes.ts';
import { docsRoutes } from './routes/docs-routes.ts';
import { entryRoutes } from './routes/entry-routes.ts';
import { type ExplainPort, explainRoutes } from './routes/explain-routes.ts';
import { healthRoutes } from './routes/health-routes.ts';
import { listRoutes } from './routes/list-routes.ts';
import { metricsRoutes } from './routes/metrics-routes.ts';
import { policyRoutes } from './routes/policy-routes.ts';
import { type StatusPort, statusRoutes } from './routes/status-routes.ts';
import { tokenRoutes } from './routes/token-routes.ts';
import type { Routes } from './server.ts';

/** How often it is written down when tokens were used. */
const FLUSH_EVERY_MS = 60_000;

export interface AdminParts {
  readonly address: SocketAddress;
  readonly settings: Settings['admin'];
  /** Where the local socket goes; undefined: nowhere. */
  readonly dataDirectory: string | undefined;
  readonly version: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: HealthReporter;
  /** The admin token that the environment names, if it does. */
  readonly environmentToken: string | undefined;
  readonly store: Store;
  readonly lists: ListService;
  /** See ListPort. */
  readonly whenShared?: ListPort['whenShared'];
  readonly explain: ExplainPort;
  readonly recent: RecentDecisions;
  readonly resolver: DnsPort['resolver'];
  readonly dnsbl: Pick<DnsblPort, 'dnsbl' | 'serversOf'>;
  readonly sockets: StatusPort['sockets'];
}

export interface Admin extends AdminListener {
  /** The text of the admin token that had to be made, since nobody could have administered. */
  readonly firstToken: string | undefined;
}

/** @throws OperatorError (rejects) when the address cannot be bound, or the certificate not be used */
export async function startAdmin(parts: AdminParts): Promise<Admin> {
  const { address, settings, log, metrics, version } = parts;
  const tokens = new Tokens({
    keeper: parts.store,
    environmentToken: parts.environmentToken,
  });
  const failure = await tokens.load();
  if (failure !== undefined) log.tokens_failed({ reason: failure.message });
  const denials = new DenialLog(({ method, route, client, status, detail }, count) => {
    log.admin_denied({ method, route, client, status, reason: detail, count });
  });
  const { certificate, key } = settings.tls;
  const listener = await openAdmin(address, {
    version,
    routes: [
      healthRoutes(parts.health, version),
      metricsRoutes(metrics, settings.metrics === 'open' ? 'open' : ['read']),
      ...routesOf(parts, tokens),
    ],
    guard: {
      identify: (token) => tokens.identify(token),
      hosts: hostsOf(settings, address),
      onDenial: (denial) => denials.note(denial),
    },
    limits: { bodyBytes: settings.body_bytes, requestsPerMinute: settings.requests_per_minute },
    isBehindProxy: settings.behind_proxy,
    tls: certificate === undefined || key === undefined ? undefined : { certificate, key },
    localSocket: parts.dataDirectory && localSocketPath(parts.dataDirectory),
    onFault: ({ method, route, error }) =>
      log.admin_fault({
        method,
        route,
        error: error instanceof Error ? String(error.stack) : String(error),
      }),
    onAnswer: (route, method, status) =>
      metrics.increment('postward_admin_requests_total', { route, method, status: String(status) }),
    onTlsReload: () => log.certificate_reloaded({ certificate: certificate ?? '' }),
    onTlsFailure: (reason) => log.certificate_failed({ reason }),
    onLocalSocketFailure: ({ message }) => log.local_socket_failed({ reason: message }),
  });
  const flushing = setInterval(() => void tokens.flush(), FLUSH_EVERY_MS).unref();
  return {
    ...listener,
    firstToken: failure === undefined ? await firstToken(tokens) : undefined,
    async close(deadlineMs) {
      clearInterval(flushing);
      await listener.close(deadlineMs);
      await tokens.flush();
    },
  };
}

function routesOf(parts: AdminParts, tokens: Tokens): Routes[] {
  const {
    log,
    store,
    lists,
    whenShared,
    explain,
    recent,
    resolver,
    dnsbl,
    settings,
    version,
    health,
    sockets,
  } = parts;
  const onStoreFailure = ({ message }: StoreFailure) => log.store_failed({ reason: message });
  const onDone = (actor: string, operation: string, after: object): void => {
    const record = { at: Date.now(), actor, operation, list: '', subject: '', before: null, origin: '' };
    void store.audit.add({ ...record, after: JSON.stringify(after) }).then((failure) => {
      if (failure !== undefined) log.audit_failed({ reason: failure.message });
    });
  };
  const listPort: ListPort = {
    lists,
    whenShared,
    onEdit: ({ actor, operation, list, keys, action, changes }) =>
      log.list_edited({ actor, operation, list, keys, action, changes }),
    onStoreFailure,
  };
  return [
    docsRoutes,
    statusRoutes({ version, health, sockets, startedAtMs: Date.now() }),
    policyRoutes({ ...explain, onDone }),
    explainRoutes(explain),
    decisionRoutes({ recent, maxStreams: settings.streams, holds: (principal) => tokens.holds(principal) }),
    dnsRoutes({ resolver, mask: explain.mask, onDone }),
    dnsblRoutes({ ...dnsbl, mask: explain.mask, now: () => performance.now() }),
    listRoutes(listPort),
    entryRoutes(listPort),
    bulkRoutes(listPort),
    auditRoutes({ audit: store.audit, onStoreFailure }),
    tokenRoutes({ tokens, onStoreFailure }),
  ];
}

/** The first start, or all admin tokens are over: somebody must be able to go on. */
async function firstToken(tokens: Tokens): Promise<string | undefined> {
  if (tokens.hasAdmin()) return undefined;
  const made = await tokens.create(
    {
      name: `made at start, ${new Date().toISOString()}`,
      scopes: ['admin'],
      lists: null,
      actions: null,
      expires: null,
    },
    'start',
  );
  return typeof made === 'object' && 'text' in made ? made.text : undefined;
}

/** A page in somebody's browser on this machine can reach a loopback address, under a name of its own. */
function hostsOf({ hosts }: Settings['admin'], address: SocketAddress): ReadonlySet<string> | undefined {
  if (hosts === undefined && !(address.kind === 'tcp' && isLoopback(address))) return undefined;
  return new Set(hosts?.map((name) => name.toLowerCase()));
}
