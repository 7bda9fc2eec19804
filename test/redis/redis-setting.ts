/** Options of a connection for tests, made as the settings make them. */
import { type RedisOptions, type RedisSetting, redisOptions } from '../../src/redis/redis-options.ts';
import { loadSettings } from '../../src/settings/load.ts';

/** @param given what differs from the defaults */
export function optionsFor(given: Partial<RedisSetting>): RedisOptions {
  const { settings } = loadSettings({ file: undefined, environment: {}, flags: {}, directory: '/' });
  if (settings === undefined) throw new Error('the defaults are no settings');
  const options = redisOptions({ ...settings.redis, ...given });
  if (options === undefined) throw new Error('no Redis is configured');
  return options;
}
