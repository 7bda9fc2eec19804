/**
 * The health of the daemon, read off its parts: are policies loaded, are the
 * policy sockets open, did the last reload work, are the tables those on disk,
 * does the DNS answer, does the store take edits.
 */
import type { WatchedList } from '../dns/watched-list.ts';
import type { ReloadResult } from '../snapshot/snapshot-holder.ts';
import type { StoreFailure } from '../store/store-failure.ts';
import type { HealthCheck, HealthReporter } from './health.ts';
import { type RedisHealth, redisCheck } from './redis-health.ts';
import { storeCheck } from './store-health.ts';

export interface DaemonParts {
  readonly lastReload: () => ReloadResult | undefined;
  /** Names of the policies in force; empty before the first load. */
  readonly policies: () => readonly string[];
  /** Tables whose file has changed to something that cannot be used, and why. */
  readonly staleTables: () => ReadonlyMap<string, string>;
  /** Addresses of the policy sockets that are open. */
  readonly sockets: () => readonly string[];
  /** Lookups since the start, and how many of them failed for now. */
  readonly dns: () => { readonly lookups: number; readonly failures: number };
  /** The DNS servers that do not answer. */
  readonly dnsServersDown: () => readonly string[];
  /** The DNSBLs under watch. */
  readonly dnsbls: () => readonly ListHealth[];
  /** What looks wrong about how Postfix asks. */
  readonly wiringDoubts: () => readonly { readonly message: string; readonly help: string }[];
  /** Why the store takes no edits; undefined: it does. */
  readonly storeFailure: () => StoreFailure | undefined;
  /** Undefined where no Redis shares the lists. */
  readonly redis?: () => RedisHealth | undefined;
  /** Milliseconds that never go back. Default performance.now. */
  readonly now?: () => number;
}

/** DNS failures are judged over at least this long, and this many lookups. */
const DNS_PERIOD_MS = 15_000;
const DNS_LOOKUPS = 10;

/** What is told of a DNSBL; see dns/watched-list.ts. */
type ListHealth = Pick<WatchedList, 'shown' | 'state' | 'fault' | 'doubts'>;

export class DaemonHealth implements HealthReporter {
  readonly #parts: DaemonParts;
  readonly #now: () => number;
  #since: { atMs: number; lookups: number; failures: number };
  #dnsCheck: HealthCheck = { name: 'dns', status: 'pass', reason: 'no failures noticed' };

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
    this.#since = { atMs: this.#now(), lookups: 0, failures: 0 };
  }

  checks(): HealthCheck[] {
    const redis = this.#parts.redis?.();
    return [
      this.#policies(),
      this.#sockets(),
      this.#reload(),
      this.#tables(),
      this.#dns(),
      this.#dnsbls(),
      storeCheck(this.#parts.storeFailure()),
      ...(redis === undefined ? [] : [redisCheck(redis)]),
      this.#wiring(),
    ];
  }

  #policies(): HealthCheck {
    const names = this.#parts.policies();
    return names.length === 0
      ? { name: 'policies', status: 'fail', reason: 'no policy is loaded' }
      : { name: 'policies', status: 'pass', reason: names.join(', ') };
  }

  #sockets(): HealthCheck {
    const addresses = this.#parts.sockets();
    return addresses.length === 0
      ? { name: 'policy_sockets', status: 'fail', reason: 'no policy socket is open' }
      : { name: 'policy_sockets', status: 'pass', reason: addresses.join(', ') };
  }

  #reload(): HealthCheck {
    const last = this.#parts.lastReload();
    if (last === undefined) return { name: 'reload', status: 'fail', reason: 'nothing has been loaded yet' };
    const at = last.at.toISOString();
    const errors = last.diagnostics.filter(({ severity }) => severity === 'error');
    if (last.isSwapped && errors.length === 0) {
      return { name: 'reload', status: 'pass', reason: `version ${last.version} in force since ${at}` };
    }
    const result = last.isSwapped
      ? `version ${last.version} in force since ${at} in spite of mistakes`
      : `failed at ${at}, version ${last.version} stays in force`;
    const mistakes = firstAndMore(errors.map(({ message }) => message));
    return { name: 'reload', status: 'warn', reason: `${result}: ${mistakes}` };
  }

  #tables(): HealthCheck {
    const stale = Array.from(this.#parts.staleTables(), ([table, reason]) => `${table}: ${reason}`);
    return stale.length === 0
      ? { name: 'tables', status: 'pass', reason: 'as on disk' }
      : {
          name: 'tables',
          status: 'warn',
          reason: `what was read before stays in force: ${firstAndMore(stale)}`,
        };
  }

  #wiring(): HealthCheck {
    const doubts = this.#parts.wiringDoubts();
    return doubts.length === 0
      ? { name: 'wiring', status: 'pass', reason: 'nothing looks wrong' }
      : {
          name: 'wiring',
          status: 'warn',
          // All of them: each is something else to see to, and stays until somebody does.
          reason: doubts.map(({ message, help }) => `${message}; ${help}`).join(' | '),
        };
  }

  #dnsbls(): HealthCheck {
    const lists = this.#parts.dnsbls();
    if (lists.length > 1 && lists.every(({ state }) => state === 'unproven')) {
      const reason = 'no list has its test entry: the resolver is refused, or keeps the answers back';
      return { name: 'dnsbls', status: 'warn', reason };
    }
    const ill = lists.flatMap(({ shown, state, fault, doubts }) => {
      if (fault !== undefined) return [`${shown} ${fault.reason}`];
      const missing = state === 'unproven' ? [`${shown} has no test entry, and may be dead`] : [];
      return [...doubts.map(({ reason }) => `${shown} ${reason}`), ...missing];
    });
    return ill.length === 0
      ? { name: 'dnsbls', status: 'pass', reason: `${lists.length} in use` }
      : { name: 'dnsbls', status: 'warn', reason: firstAndMore(ill) };
  }

  /** Judged anew once a period has passed and there was enough to judge by. */
  #dns(): HealthCheck {
    const down = this.#parts.dnsServersDown();
    if (down.length > 0) return { name: 'dns', status: 'warn', reason: `no answer from ${down.join(', ')}` };
    const { lookups, failures } = this.#parts.dns();
    const atMs = this.#now();
    const asked = lookups - this.#since.lookups;
    const failed = failures - this.#since.failures;
    if (atMs - this.#since.atMs < DNS_PERIOD_MS || asked < DNS_LOOKUPS) return this.#dnsCheck;
    this.#since = { atMs, lookups, failures };
    this.#dnsCheck =
      failed * 2 > asked
        ? { name: 'dns', status: 'warn', reason: `${failed} of the last ${asked} lookups failed` }
        : {
            name: 'dns',
            status: 'pass',
            reason: `${asked - failed} of the last ${asked} lookups were answered`,
          };
    return this.#dnsCheck;
  }
}

function firstAndMore(texts: readonly string[]): string {
  const more = texts.length > 1 ? ` (and ${texts.length - 1} more)` : '';
  return `${texts[0] ?? 'no reason given'}${more}`;
}
