/**
 * Who may use a route. Every route says so in its config, and a route that
 * does not say cannot be registered. `open` is for everybody who reaches the
 * address; every other scope needs a token that has it.
 */
import type { FastifyInstance } from 'fastify';
import { PROBLEM_TYPE, problem } from './problem.ts';

export type Access = 'open' | 'read' | 'lists' | 'policies' | 'admin';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
}

/** Adds the check to all routes registered from now on. */
export function guardRoutes(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) {
      throw new Error(`the route ${String(route.method)} ${route.url} does not say who may use it`);
    }
  });
  // There are no tokens yet, so what is not open is closed.
  server.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config.access;
    if (request.is404 || access === 'open') return;
    await reply
      .code(401)
      .header('www-authenticate', 'Bearer')
      .type(PROBLEM_TYPE)
      .send(problem(401, 'a token is needed'));
  });
}
