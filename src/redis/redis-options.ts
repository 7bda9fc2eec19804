/**
 * What the settings say of Redis, made ready for connecting: files read, the
 * three ways to name servers brought to one form.
 */
import { readFileSync } from 'node:fs';
import { formatHostPort, type HostPort, parseHostPort } from '../net/host-port.ts';
import { parseRedisUrl, type RedisUrl, showRedisUrl } from '../net/redis-url.ts';
import { OperatorError } from '../util/operator-error.ts';
import { systemErrorReason } from '../util/system-error.ts';

export type RedisTarget =
  | { readonly kind: 'single'; readonly server: RedisUrl['server']; readonly database: number }
  | {
      readonly kind: 'sentinel';
      readonly name: string;
      readonly nodes: readonly HostPort[];
      readonly username: string | undefined;
      readonly password: string | undefined;
    }
  | { readonly kind: 'cluster'; readonly nodes: readonly HostPort[] };

export interface RedisTls {
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly serverName: string | undefined;
}

export interface RedisOptions {
  readonly target: RedisTarget;
  /** The target for people; without credentials. */
  readonly label: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: RedisTls | undefined;
  readonly keyPrefix: string;
  readonly timeoutMs: number;
}

/** `redis` of the settings, see settings/settings.ts. */
export interface RedisSetting {
  readonly url?: string;
  readonly sentinel: {
    readonly name: string;
    readonly nodes: readonly string[];
    readonly username?: string;
    readonly password?: string;
  };
  readonly cluster: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly password_file?: string;
  readonly tls: {
    readonly enabled: boolean;
    readonly ca_file?: string;
    readonly certificate_file?: string;
    readonly key_file?: string;
    readonly server_name?: string;
  };
  readonly key_prefix: string;
  readonly timeout_ms: number;
}

/**
 * undefined when no Redis is configured.
 *
 * @throws OperatorError when a file that is named cannot be read
 */
export function redisOptions(setting: RedisSetting): RedisOptions | undefined {
  const url = setting.url === undefined ? undefined : parseRedisUrl(setting.url);
  const target = targetOf(setting, url);
  if (target === undefined) return undefined;
  const password =
    setting.password_file === undefined ? setting.password : read(setting.password_file).trim();
  return {
    target,
    label: url === undefined ? labelOf(target) : showRedisUrl(url),
    username: setting.username ?? (url?.username || undefined),
    password: password ?? (url?.password || undefined),
    tls: setting.tls.enabled || url?.isTls === true ? tlsOf(setting.tls) : undefined,
    keyPrefix: setting.key_prefix,
    timeoutMs: setting.timeout_ms,
  };
}

function targetOf({ sentinel, cluster }: RedisSetting, url: RedisUrl | undefined): RedisTarget | undefined {
  if (url !== undefined) return { kind: 'single', server: url.server, database: url.database };
  if (sentinel.nodes.length > 0) {
    const { name, username, password } = sentinel;
    return { kind: 'sentinel', name, nodes: hostPorts(sentinel.nodes), username, password };
  }
  return cluster.length > 0 ? { kind: 'cluster', nodes: hostPorts(cluster) } : undefined;
}

function hostPorts(texts: readonly string[]): HostPort[] {
  return texts.flatMap((text) => parseHostPort(text) ?? []);
}

function labelOf(target: RedisTarget): string {
  if (target.kind === 'single') return '';
  const nodes = target.nodes.map(formatHostPort).join(', ');
  return target.kind === 'cluster' ? `cluster ${nodes}` : `sentinel ${target.name} at ${nodes}`;
}

function tlsOf(tls: RedisSetting['tls']): RedisTls {
  const text = (file: string | undefined) => (file === undefined ? undefined : read(file));
  return {
    ca: text(tls.ca_file),
    certificate: text(tls.certificate_file),
    key: text(tls.key_file),
    serverName: tls.server_name,
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(
      'redis-file',
      `cannot read \`${file}\`: ${systemErrorReason(error)}`,
      'check the path in the settings of `redis`, and that the user Postward runs as may read it',
      { cause: error },
    );
  }
}
