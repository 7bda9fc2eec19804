/** Which settings of `redis` go together. */
import type { Report } from '../language/diagnostic.ts';
import type { Span } from '../language/source.ts';
import { parseRedisUrl } from '../net/redis-url.ts';
import type { Settings } from './settings.ts';

export function checkRedis(
  { url, sentinel, cluster, username, password, password_file }: Settings['redis'],
  spans: ReadonlyMap<string, Span>,
  report: Report,
): void {
  const error = (name: string, message: string, help: string): void =>
    report({ severity: 'error', code: 'redis-settings', message, span: spans.get(name), help });

  const ways = [
    ...(url === undefined ? [] : ['redis.url']),
    ...(sentinel.nodes.length === 0 ? [] : ['redis.sentinel']),
    ...(cluster.length === 0 ? [] : ['redis.cluster']),
  ];
  if (ways.length > 1) {
    const names = ways.map((name) => `\`${name}\``).join(' and ');
    error(ways.at(-1) ?? '', `${names} cannot both be used`, 'say in one way where Redis is');
  }
  if (password !== undefined && password_file !== undefined) {
    error(
      'redis.password_file',
      '`redis.password` and `redis.password_file` are both set',
      'set one of them',
    );
  }
  const inUrl = url === undefined ? undefined : parseRedisUrl(url);
  if (inUrl === undefined) return;
  const isTwice =
    (inUrl.username !== '' && username !== undefined) ||
    (inUrl.password !== '' && (password ?? password_file) !== undefined);
  if (isTwice) {
    error(
      password_file === undefined ? 'redis.password' : 'redis.password_file',
      '`redis.url` already holds a user or a password',
      'set them in one place',
    );
  }
}
