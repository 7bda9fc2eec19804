/** How Redis and the sharing of lists are, for health. */
import type { HealthCheck } from './health.ts';

export interface RedisHealth {
  /** Where it is, for people. */
  readonly server: string;
  /** Why Redis does not take part in the sharing of lists; '' if it does. */
  readonly outage: string;
  /** Edits made here wait to be shared. */
  readonly hasUnshared: boolean;
  /** The lists here were found to be those in Redis. */
  readonly isSame: boolean;
  /** Why they are not, and will not be by themselves; '' for no such thing. */
  readonly trouble: string;
}

export function redisCheck({ server, outage, hasUnshared, isSame, trouble }: RedisHealth): HealthCheck {
  const name = 'redis';
  if (outage !== '') {
    const waiting = hasUnshared ? 'edits made here wait to be shared' : 'lists are decided by what is here';
    return { name, status: 'warn', reason: `${server}: ${outage}; ${waiting}` };
  }
  if (trouble !== '') return { name, status: 'warn', reason: `${server}: ${trouble}` };
  return isSame
    ? { name, status: 'pass', reason: `${server}: the lists are the same here and there` }
    : { name, status: 'pass', reason: `${server}: the lists are being compared` };
}
