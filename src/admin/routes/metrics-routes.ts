/**
 * `/metrics`: the exposition for Prometheus.
 */
import type { Routes } from '../server.ts';

export interface Exposition {
  readonly contentType: string;
  exposition(): Promise<string>;
}

export function metricsRoutes(metrics: Exposition): Routes {
  return (server) => {
    server.get('/metrics', { config: { access: 'open' } }, async (_request, reply) => {
      reply.type(metrics.contentType);
      return metrics.exposition();
    });
  };
}
