/**
 * Stands before every route: is this address meant, is it a browser of another
 * site that asks, who asks, and may they. Every route says in its config who
 * may use it, and one that does not say cannot be registered.
 *
 * What a token needs is checked before a body is read, after limits are
 * counted.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseIpAddress } from '../../net/ip-address.ts';
import { type FieldProblem, fieldProblem, ProblemError } from '../problem.ts';
import { authorize, type Principal } from './principal.ts';
import type { Access } from './scope.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route: `open`, or the scopes of which one is enough. */
    access?: Access;
    /** The route is about lists alone, and tells of no list that its token may not see. */
    isAboutLists?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; undefined: nobody we know. */
    principal: Principal | undefined;
  }
}

export interface Denial {
  readonly method: string;
  /** As registered, never as sent. */
  readonly route: string;
  readonly client: string;
  readonly status: number;
  readonly detail: string;
}

export interface GuardOptions {
  /** Who shows this token; undefined: nobody. */
  readonly identify: (token: string) => Principal | undefined;
  /** True for a connection that the file system has let in: the local socket's. */
  readonly isLocal: (socket: object) => boolean;
  /** Names the API is asked by, beside addresses and localhost, in lower case; undefined: any. */
  readonly hosts: ReadonlySet<string> | undefined;
  readonly onDenial: (denial: Denial) => void;
}

/** Who sits at the local socket may say under which name it is to be remembered. */
export const USER_HEADER = 'postward-user';
const USER = /^[A-Za-z0-9._@-]{1,64}$/;

/** Adds the checks to all routes registered from now on. */
export function guardRoutes(server: FastifyInstance, options: GuardOptions): void {
  server.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) {
      throw new Error(`the route ${String(route.method)} ${route.url} does not say who may use it`);
    }
  });
  server.decorateRequest('principal', undefined);
  server.addHook('onRequest', async (request) => {
    const isLocal = options.isLocal(request.raw.socket);
    if (!isLocal && !isMeant(request.headers.host, options.hosts)) {
      const detail = 'this server does not answer to that name; setting admin.hosts names more';
      const expected = 'an address, `localhost` or a name in admin.hosts';
      throw denied(
        request,
        options,
        421,
        detail,
        fieldProblem('headers/host', request.headers.host, expected),
      );
    }
    if (isForeign(request)) {
      throw denied(request, options, 403, 'pages of other sites may not use this API');
    }
    request.principal = isLocal ? localPrincipal(request) : identify(request, options);
  });
  server.addHook('preParsing', async (request, reply) => {
    const { access = [], isAboutLists = false } = request.routeOptions.config;
    if (request.is404) return;
    const user = request.headers[USER_HEADER];
    if (user !== undefined && access !== 'open') {
      if (request.principal?.tokenId !== undefined || request.principal === undefined) {
        const detail = `${USER_HEADER} is for the local socket only`;
        throw denied(request, options, 400, detail, fieldProblem(`headers/${USER_HEADER}`, user, 'nothing'));
      }
      if (!USER.test(String(user))) {
        const detail = `${USER_HEADER} must be the name of a user`;
        const expected = 'up to 64 letters, digits and `._@-`';
        throw denied(request, options, 400, detail, fieldProblem(`headers/${USER_HEADER}`, user, expected));
      }
    }
    const refusal = authorize(request.principal, access, isAboutLists ? listOf(request) : undefined);
    if (refusal === undefined) return;
    const isWrong = refusal.status === 401 && request.headers.authorization !== undefined;
    if (refusal.status === 401) {
      reply.header('www-authenticate', isWrong ? 'Bearer error="invalid_token"' : 'Bearer');
    }
    const detail = isWrong ? 'the token is not known, or its time is over' : refusal.detail;
    throw denied(request, options, refusal.status, detail);
  });
}

function denied(
  request: FastifyRequest,
  options: GuardOptions,
  status: number,
  detail: string,
  ...errors: FieldProblem[]
): ProblemError {
  const { method, routeOptions } = request;
  options.onDenial({ method, route: routeOptions.url ?? '', client: clientOf(request), status, detail });
  return new ProblemError(status, detail, errors.length === 0 ? undefined : errors);
}

/** The list that the address names; '' for lists in general. */
function listOf({ params }: FastifyRequest): string {
  return (params as { readonly list?: string }).list ?? '';
}

/** The address that asks; a UNIX-domain socket has none. */
export function clientOf(request: FastifyRequest): string {
  return request.ip ?? 'unix';
}

function identify({ headers }: FastifyRequest, options: GuardOptions): Principal | undefined {
  // RFC 9110 §11.1: the scheme is case-insensitive.
  const token = /^bearer +([^ ]+) *$/i.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? undefined : options.identify(token);
}

function localPrincipal({ headers }: FastifyRequest): Principal {
  const user = headers[USER_HEADER];
  const actor = typeof user === 'string' && USER.test(user) ? `local:${user}` : 'local';
  return { actor, key: 'local', scopes: ['admin'], lists: undefined, tokenId: undefined };
}

/**
 * A page whose name its owner makes point to our address reaches us under that
 * name (DNS rebinding). Addresses cannot be made to point elsewhere.
 */
function isMeant(host: string | undefined, hosts: ReadonlySet<string> | undefined): boolean {
  if (hosts === undefined) return true;
  // HTTP/1.0 may leave it out (RFC 9112 §3.2); browsers do not.
  if (host === undefined) return true;
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return name === 'localhost' || hosts.has(name) || parseIpAddress(name) !== undefined;
}

/** A browser says from which page a request comes. */
function isForeign({ headers, method }: FastifyRequest): boolean {
  const { origin, host } = headers;
  if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate') return true;
  if (origin === undefined || method === 'GET' || method === 'HEAD') return false;
  return URL.parse(origin)?.host !== host;
}
