/** What a Redis does when its memory is full. */
import type { RedisConnection } from './redis-connection.ts';

/**
 * The policy by which it would throw out keys that nobody wants gone (INFO,
 * `maxmemory_policy`): one of `allkeys-…` together with a limit. '' when it
 * does not, or does not tell. A `volatile-…` policy throws out only keys that
 * expire anyway.
 */
export async function forgetfulPolicy(redis: RedisConnection): Promise<string> {
  const info = await redis.ask('INFO', ['memory'], 1000);
  if (typeof info !== 'string') return '';
  const limit = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0);
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? '';
  return limit > 0 && policy.startsWith('allkeys-') ? policy : '';
}
