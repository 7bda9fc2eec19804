/** What mysql_table(5) and pgsql_table(5) have in common beside the query: `hosts` and times. */
import type { PoolLimits } from '../../databases/pool-limits.ts';
import { quote } from '../../language/quote.ts';
import type { MapFile } from '../map-file/map-file.ts';

export const SERVER_PARAMETERS = [
  'hosts',
  'user',
  'password',
  'dbname',
  'idle_interval',
  'retry_interval',
] as const;

/** The words of `hosts`, `localhost` when there is none. */
export function serverWords(file: MapFile): string[] {
  const words = file
    .text('hosts')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  return words.length === 0 ? ['localhost'] : words;
}

/** `host:port`, `[address]:port` or `host`. */
export function portOf(word: string, byDefault: number, file: MapFile): { host: string; port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(word);
  const host = found?.[1] ?? found?.[2] ?? '';
  const port = found?.[3] === undefined ? byDefault : Number(found[3]);
  if (host !== '' && port > 0 && port < 65_536) return { host, port };
  const help = 'write `inet:host:port`, `host`, or `unix:/path`';
  file.error('hosts', 'map-file-value', `${quote(word.replace(/^.*@/, '…@'))} is not a server`, help);
  return { host: 'localhost', port: byDefault };
}

/** idle_interval and retry_interval are Postfix's, 3.9 and later, in seconds. */
export function poolLimitsOf(file: MapFile, limits: PoolLimits): PoolLimits {
  const seconds = (name: string, byDefaultMs: number): number => {
    const value = file.integer(name, byDefaultMs / 1000);
    if (value > 0) return value * 1000;
    file.error(name, 'map-file-value', `${quote(name)} is not positive`, 'write a number of seconds');
    return byDefaultMs;
  };
  return {
    ...limits,
    idleTimeoutMs: seconds('idle_interval', limits.idleTimeoutMs),
    maxRetryMs: Math.min(limits.maxRetryMs, seconds('retry_interval', limits.maxRetryMs)),
  };
}
