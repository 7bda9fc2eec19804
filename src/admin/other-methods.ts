/** Answers methods that an address does not have with 405 and those it has, RFC 9110 section 15.5.6. */
import type { FastifyInstance } from 'fastify';
import { ProblemError } from './problem.ts';

/** Holds for all routes registered from now on. */
export function refuseOtherMethods(server: FastifyInstance): void {
  const routes = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    const methods = routes.get(url) ?? new Set();
    routes.set(url, methods);
    for (const one of [method].flat()) methods.add(one);
  });
  // Before its body is looked at: what that is to hold is known for no such method.
  server.addHook('onRequest', async ({ is404, url, method }, reply) => {
    if (!is404) return;
    const path = url.replace(/\?.*/s, '');
    const methods = new Set([...routes].flatMap(([route, its]) => (isOf(route, path) ? [...its] : [])));
    if (methods.size === 0) return;
    const allowed = [...methods].sort().join(', ');
    reply.header('allow', allowed);
    throw new ProblemError(405, `this address takes ${allowed}, not ${method}`);
  });
}

/** `/v1/lists/:list`: a parameter stands for one part of the path. */
function isOf(route: string, path: string): boolean {
  const [expected, parts] = [route.split('/'), path.split('/')];
  return (
    parts.length === expected.length &&
    expected.every((part, at) => (part.startsWith(':') ? parts[at] !== '' : parts[at] === part))
  );
}
