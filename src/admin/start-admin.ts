/**
 * Puts the admin server together: its tokens, its routes, its addresses.
 */
import { isLoopback, type SocketAddress } from '../net/socket-address.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Settings } from '../settings/settings.ts';
import { type AdminListener, openAdmin } from './admin-listener.ts';
import { DenialLog } from './auth/denial-log.ts';
import { type TokenKeeper, Tokens } from './auth/tokens.ts';
import type { HealthReporter } from './health.ts';
import { localSocketPath } from './local-socket.ts';
import { healthRoutes } from './routes/health-routes.ts';
import { metricsRoutes } from './routes/metrics-routes.ts';
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
  readonly tokenKeeper: TokenKeeper;
  /** The admin token that the environment names, if it does. */
  readonly environmentToken: string | undefined;
  readonly routes: readonly Routes[];
}

export interface Admin extends AdminListener {
  /** The text of the admin token that had to be made, since nobody could have administered. */
  readonly firstToken: string | undefined;
}

/** @throws OperatorError (rejects) when the address cannot be bound, or the certificate not be used */
export async function startAdmin(parts: AdminParts): Promise<Admin> {
  const { address, settings, log, metrics, version } = parts;
  const tokens = new Tokens({ keeper: parts.tokenKeeper, environmentToken: parts.environmentToken });
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
      ...parts.routes,
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

/** The first start, or all admin tokens are over: somebody must be able to go on. */
async function firstToken(tokens: Tokens): Promise<string | undefined> {
  if (tokens.hasAdmin()) return undefined;
  const made = await tokens.create(
    { name: 'made at start', scopes: ['admin'], lists: null, expires: null },
    'start',
  );
  return typeof made === 'object' && 'text' in made ? made.text : undefined;
}

/** A page in somebody's browser on this machine can reach a loopback address, under a name of its own. */
function hostsOf({ hosts }: Settings['admin'], address: SocketAddress): ReadonlySet<string> | undefined {
  if (hosts === undefined && !(address.kind === 'tcp' && isLoopback(address))) return undefined;
  return new Set(hosts?.map((name) => name.toLowerCase()));
}
