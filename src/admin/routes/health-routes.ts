/**
 * `/healthz`: the process is alive and its event loop turns. `/readyz`: it can
 * decide, with the reasons; 503 when it cannot.
 */
import { type HealthReport, type HealthReporter, worstStatus } from '../health.ts';
import type { Routes } from '../server.ts';

export function healthRoutes(reporter: HealthReporter, version: string): Routes {
  return (server) => {
    const config = { access: 'open' } as const;
    server.get('/healthz', { config }, async () => ({ status: 'pass' }));
    server.get('/readyz', { config }, async (_request, reply): Promise<HealthReport> => {
      const checks = reporter.checks();
      const status = worstStatus(checks);
      reply.code(status === 'fail' ? 503 : 200);
      return { status, version, checks };
    });
  };
}
