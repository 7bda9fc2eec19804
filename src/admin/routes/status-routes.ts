/** `/v1/status`: the daemon at a glance, for `postward status` and for people. */
import { Type } from 'typebox';
import { closed, isoTime, timeOf } from '../closed.ts';
import { type HealthReporter, worstStatus } from '../health.ts';
import type { Routes } from '../server.ts';
import { HEALTH_REPORT } from './health-routes.ts';

export interface StatusPort {
  readonly version: string;
  readonly health: HealthReporter;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** The policy sockets that are open, each with its policy. */
  readonly sockets: () => readonly { readonly address: string; readonly policy: string }[];
}

const STATUS = closed({
  started_at: timeOf(),
  health: HEALTH_REPORT,
  sockets: Type.Array(closed({ address: Type.String(), policy: Type.String() })),
});

export function statusRoutes({ version, health, startedAtMs, sockets }: StatusPort): Routes {
  return (server) => {
    server.get(
      '/v1/status',
      {
        config: { access: ['read'] },
        schema: { tags: ['status'], summary: 'The daemon at a glance.', response: { 200: STATUS } },
      },
      async () => {
        const checks = [...health.checks()];
        return {
          started_at: isoTime(startedAtMs),
          health: { status: worstStatus(checks), version, checks },
          sockets: sockets().map(({ address, policy }) => ({ address, policy })),
        };
      },
    );
  };
}
