/**
 * `/healthz`: the process is alive and its event loop turns. `/readyz`: it can
 * decide, with the reasons; 503 when it cannot.
 */
import { Type } from 'typebox';
import { type HealthReporter, worstStatus } from '../health.ts';
import type { Routes } from '../server.ts';

const STATUS = Type.Enum(['pass', 'warn', 'fail']);

export const HEALTH_REPORT = Type.Object(
  {
    status: STATUS,
    version: Type.String(),
    checks: Type.Array(
      Type.Object(
        { name: Type.String(), status: STATUS, reason: Type.String() },
        { additionalProperties: false },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: 'The worst of the checks. `warn`: it decides, and somebody should see to something.',
  },
);

export function healthRoutes(reporter: HealthReporter, version: string): Routes {
  return (server) => {
    const config = { access: 'open', isLenient: true, rateLimit: false } as const;
    server.get(
      '/healthz',
      {
        config,
        schema: {
          tags: ['status'],
          summary: 'Is the process alive?',
          response: { 200: Type.Object({ status: Type.Literal('pass') }, { additionalProperties: false }) },
        },
      },
      async () => ({ status: 'pass' as const }),
    );
    server.get(
      '/readyz',
      {
        config,
        schema: {
          tags: ['status'],
          summary: 'Can it decide, and what is wrong?',
          response: { 200: HEALTH_REPORT, 503: HEALTH_REPORT },
        },
      },
      async (_request, reply) => {
        const checks = reporter.checks();
        const status = worstStatus(checks);
        reply.code(status === 'fail' ? 503 : 200);
        return { status, version, checks: [...checks] };
      },
    );
  };
}
