/**
 * `/metrics`: the exposition for Prometheus.
 */
import { Type } from 'typebox';
import type { Access } from '../auth/scope.ts';
import type { Routes } from '../server.ts';

export interface Exposition {
  readonly contentType: string;
  exposition(): Promise<string>;
}

/** @param access setting admin.metrics: `open`, or a token that may read */
export function metricsRoutes(metrics: Exposition, access: Access = 'open'): Routes {
  return (server) => {
    server.get(
      '/metrics',
      {
        config: { access, rateLimit: false },
        schema: {
          tags: ['status'],
          summary: 'The metrics, for Prometheus.',
          produces: ['text/plain'],
          response: { 200: Type.String() },
        },
        serializerCompiler: () => (text) => String(text),
      },
      async (_request, reply) => {
        reply.type(metrics.contentType);
        return metrics.exposition();
      },
    );
  };
}
