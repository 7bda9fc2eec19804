/**
 * The admin server: HTTP on an address of its own, for health, metrics and
 * administration. Owns what holds for all routes: bounds, errors as problem
 * details, who may use them. Knows no route itself; they are handed in.
 *
 * A slow or broken admin client costs no decision: bodies, headers,
 * connections and times are bounded.
 */
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { guardRoutes } from './access.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';

const MAX_BODY_BYTES = 1_048_576;
const MAX_CONNECTIONS = 256;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;

/** Adds its routes to the server. */
export type Routes = (server: FastifyInstance) => void;

export interface AdminFault {
  readonly method: string;
  /** The route as registered, never the URL as sent. */
  readonly route: string;
  readonly error: unknown;
}

export interface AdminServerOptions {
  readonly routes: readonly Routes[];
  /** A fault of ours, answered with a bare 500. */
  readonly onFault: (fault: AdminFault) => void;
}

export function createAdminServer({ routes, onFault }: AdminServerOptions): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: KEEP_ALIVE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    // Nothing a caller sends is turned into something else, or dropped without a word.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } },
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply as unknown as FastifyReply, error.statusCode ?? 400, error.message);
    },
    clientErrorHandler: (error, socket) => {
      const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
      const body = JSON.stringify(problem(status));
      if (socket.writable) {
        socket.end(
          `HTTP/1.1 ${status} ${problem(status).title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
        );
      } else socket.destroy();
    },
  });
  server.server.maxConnections = MAX_CONNECTIONS;

  server.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'there is nothing at this address'));
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (error.validation !== undefined) {
      const where = error.validationContext ?? 'request';
      const errors = error.validation.map(({ instancePath, message }) => ({
        field: `${where}${instancePath}`,
        message: message ?? 'is not valid',
      }));
      return reply
        .code(400)
        .type(PROBLEM_TYPE)
        .send(problem(400, 'the request is not valid', errors));
    }
    if (status >= 400 && status < 500) return sendProblem(reply, status, error.message);
    onFault({ method: request.method, route: request.routeOptions.url ?? '', error });
    return sendProblem(reply, 500);
  });
  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
  });

  guardRoutes(server);
  for (const add of routes) add(server);
  return server;
}

function sendProblem(reply: FastifyReply, status: number, detail?: string): FastifyReply {
  return reply.code(status).type(PROBLEM_TYPE).send(problem(status, detail));
}
