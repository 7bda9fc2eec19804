/**
 * The admin server: HTTP on an address of its own, for health, metrics and
 * administration. Owns what holds for all routes: bounds, errors as problem
 * details, what a request may hold, who may make it. Knows no route itself;
 * they are handed in.
 *
 * A slow or broken admin client costs no decision: bodies, headers,
 * connections, times and rates are bounded.
 */
import type { RequestListener, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RouteOptions,
} from 'fastify';
import { Type } from 'typebox';
import { isTooDeep } from '../util/json-depth.ts';
import { repeatedField } from '../util/repeated-field.ts';
import { clientOf, type GuardOptions, guardRoutes } from './auth/guard.ts';
import { PERCENT_ENCODED, refuseOtherCodings } from './codings.ts';
import { addIdempotency } from './idempotency.ts';
import { describeApi } from './openapi.ts';
import { refuseOtherMethods } from './other-methods.ts';
import {
  BusyError,
  bodyText,
  depthProblem,
  type FieldProblem,
  fieldProblem,
  noJsonProblem,
  PROBLEM_TYPE,
  ProblemError,
  problem,
  repeatedFieldProblem,
} from './problem.ts';
import { compileValidation, InvalidRequest } from './validation.ts';

const MAX_CONNECTIONS = 256;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
/** A key of 512 bytes, each percent-encoded. */
const MAX_PARAM_LENGTH = 1536;
/** The network `192.0.2.0/24` as somebody wrote it who did not encode it. */
const KEY_WITH_SLASH = /^\/v1\/lists\/[^/?]+\/entries\/[^/?]+\/[^/?]/;
/** Clients whose requests are counted at a time. */
const MAX_COUNTED = 5000;

export type AdminInstance = FastifyInstance<
  Server,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Adds its routes to the server. */
export type Routes = (server: AdminInstance) => void;

export interface AdminFault {
  readonly method: string;
  /** The route as registered, never the URL as sent. */
  readonly route: string;
  readonly error: unknown;
}

export interface AdminLimits {
  /** Of one request. */
  readonly bodyBytes: number;
  /** Of one token, or of one address without; 0: no limit. */
  readonly requestsPerMinute: number;
}

export const DEFAULT_ADMIN_LIMITS: AdminLimits = Object.freeze({
  bodyBytes: 4_194_304,
  requestsPerMinute: 1200,
});

export interface AdminServerOptions {
  readonly routes: readonly Routes[];
  readonly version: string;
  readonly guard: GuardOptions;
  readonly limits: AdminLimits;
  /** Whose word about the client's address counts: the proxy's that stands before us. */
  readonly isBehindProxy: boolean;
  /** Makes the server that is listened with: with TLS, or without. */
  readonly createServer?: ((handler: RequestListener) => Server) | undefined;
  /** A fault of ours, answered with a bare 500. */
  readonly onFault: (fault: AdminFault) => void;
  /** Told of every answer. */
  readonly onAnswer?: (route: string, method: string, status: number) => void;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route may be asked with parameters that it does not know: probes must not fail for them. */
    isLenient?: boolean;
    /** The route heeds If-Match and If-None-Match. */
    hasVersions?: boolean;
    /** Its answer holds a secret, and is not kept to be given again. */
    isSecret?: boolean;
  }
}

export async function createAdminServer(options: AdminServerOptions): Promise<AdminInstance> {
  const { routes, limits, onFault, onAnswer, createServer } = options;
  const settings: FastifyHttpOptions<Server> = {
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: KEEP_ALIVE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    // The last address that the header names is the one that the proxy itself has seen.
    trustProxy: options.isBehindProxy ? (_address, hop) => hop === 0 : false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    ...(createServer === undefined ? {} : { serverFactory: (handler) => createServer(handler) }),
    frameworkErrors: (error, request, reply) => {
      const status = error.statusCode ?? 400;
      const errors = status === 400 ? [fieldProblem('path', request.url, PERCENT_ENCODED)] : undefined;
      sendProblem(reply as unknown as FastifyReply, status, error.message, errors);
    },
    clientErrorHandler: answerBrokenRequest,
  };
  const bare: FastifyInstance<Server> = fastify(settings);
  const server = bare.withTypeProvider<TypeBoxTypeProvider>();
  boundServer(server.server);
  server.setValidatorCompiler(({ schema, httpPart }) => compileValidation({ schema, httpPart }));
  // What a route gives is what is sent: a schema that leaves something out is a mistake that tests find.
  server.setSerializerCompiler(() => (value) => JSON.stringify(value));
  server.removeContentTypeParser('text/plain');
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = bodyText(body as Buffer);
    if (typeof text !== 'string') return done(text);
    if (isTooDeep(text)) return done(depthProblem('body'));
    void parseJson(request, text, (error, value) => {
      const field = error === null ? repeatedField(text) : undefined;
      if (error !== null) done(noJsonProblem(text));
      else if (field !== undefined) done(repeatedFieldProblem('body', field));
      else done(null, value);
    });
  });
  server.setNotFoundHandler((request, reply) => {
    const hint = KEY_WITH_SLASH.test(request.url) ? '; the slash in a key is written `%2F`' : '';
    sendProblem(reply, 404, `there is nothing at this address${hint}`);
  });
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const cause = error instanceof InvalidRequest ? error : undefined;
    if (cause !== undefined) return sendProblem(reply, 400, cause.message, cause.errors);
    if (error instanceof ProblemError) {
      const { statusCode, message, errors, members } = error;
      if (error instanceof BusyError) reply.header('retry-after', String(error.retryAfterSeconds));
      return sendProblem(reply, statusCode, message, errors, members);
    }
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) {
      return sendProblem(reply, status, error.message, problemsOfFramework(status, request, limits));
    }
    onFault({ method: request.method, route: request.routeOptions.url ?? '', error });
    return sendProblem(reply, 500);
  });
  server.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
  });
  if (onAnswer !== undefined) {
    server.addHook('onResponse', async ({ routeOptions, method }, { statusCode }) => {
      onAnswer(routeOptions.url ?? '', method, statusCode);
    });
  }
  server.addHook('onRoute', refuseUnknown);
  guardRoutes(bare, options.guard);
  if (limits.requestsPerMinute > 0) {
    await bare.register(rateLimit, {
      max: limits.requestsPerMinute,
      timeWindow: 60_000,
      cache: MAX_COUNTED,
      keyGenerator: (request) => request.principal?.key ?? `address:${clientOf(request)}`,
      allowList: (request) => request.principal?.key === 'local',
      errorResponseBuilder: (_request, { after }) =>
        new ProblemError(429, `too many requests; wait ${after}`),
      addHeadersOnExceeding: {
        'x-ratelimit-limit': false,
        'x-ratelimit-remaining': false,
        'x-ratelimit-reset': false,
      },
    });
  }
  refuseOtherMethods(bare);
  refuseOtherCodings(bare);
  await describeApi(bare, options.version);
  server.addHook('preValidation', async (request) => {
    const { config, schema } = request.routeOptions;
    if (request.is404) return;
    const hasBody = request.body !== undefined && request.body !== null;
    if (hasBody && schema?.body === undefined) {
      const errors = [fieldProblem('body', request.body, 'nothing')];
      throw new ProblemError(400, 'nothing is expected in the body', errors);
    }
    refuseConditions(request, config.hasVersions === true);
  });
  addIdempotency(server);
  for (const add of routes) add(server);
  return server;
}

/** What Fastify says of a body in a sentence, by its parts. */
function problemsOfFramework(
  status: number,
  { headers, routeOptions }: FastifyRequest,
  { bodyBytes }: AdminLimits,
): FieldProblem[] | undefined {
  if (status === 413) return [fieldProblem('body', undefined, `at most ${bodyBytes} bytes`)];
  if (status !== 415) return undefined;
  const types = routeOptions.schema?.consumes ?? ['application/json'];
  return [fieldProblem('headers/content-type', headers['content-type'], types.join(' or '))];
}

/** What holds for every server that hands requests on. */
export function boundServer(server: Server): void {
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.timeout = KEEP_ALIVE_MS;
}

/** An edit that was to be made only if something is so must not be made without a look. */
function refuseConditions({ headers, method }: FastifyRequest, hasVersions: boolean): void {
  const isReading = method === 'GET' || method === 'HEAD';
  if (!hasVersions) refuseHeader(headers, 'if-match', 'nothing: what this address stands for has no version');
  if (isReading) return;
  if (!hasVersions) {
    refuseHeader(headers, 'if-none-match', 'nothing: what this address stands for has no version');
  }
  refuseHeader(headers, 'if-unmodified-since', 'nothing: send the version with If-Match');
}

function refuseHeader(headers: FastifyRequest['headers'], name: string, expected: string): void {
  if (headers[name] === undefined) return;
  const errors = [fieldProblem(`headers/${name}`, headers[name], expected)];
  throw new ProblemError(400, `the header ${name} means nothing here`, errors);
}

/** A query parameter that a route does not know is a mistake, not nothing. */
function refuseUnknown(route: RouteOptions): void {
  if (route.config?.isLenient === true) return;
  route.schema ??= {};
  route.schema.querystring ??= Type.Object({}, { additionalProperties: false });
}

/** What is not even HTTP. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const body = JSON.stringify(problem(status));
  socket.end(
    `HTTP/1.1 ${status} ${problem(status).title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function sendProblem(
  reply: FastifyReply,
  status: number,
  detail?: string,
  errors?: readonly FieldProblem[],
  members: Readonly<Record<string, unknown>> = {},
): FastifyReply {
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send({ ...problem(status, detail, errors), ...members });
}
