/**
 * The health of the daemon, read off its parts: are policies loaded, are the
 * policy sockets open, did the last reload work, does the DNS answer.
 */
import type { ReloadResult } from '../snapshot/snapshot-holder.ts';
import type { HealthCheck, HealthReporter } from './health.ts';

export interface DaemonParts {
  readonly lastReload: () => ReloadResult | undefined;
  /** Names of the policies in force; empty before the first load. */
  readonly policies: () => readonly string[];
  /** Addresses of the policy sockets that are open. */
  readonly sockets: () => readonly string[];
  /** Lookups since the start, and how many of them failed for now. */
  readonly dns: () => { readonly lookups: number; readonly failures: number };
  /** Milliseconds that never go back. Default performance.now. */
  readonly now?: () => number;
}

/** DNS failures are judged over at least this long, and this many lookups. */
const DNS_PERIOD_MS = 15_000;
const DNS_LOOKUPS = 10;

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
    return [this.#policies(), this.#sockets(), this.#reload(), this.#dns()];
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
    if (last.isSwapped) {
      return { name: 'reload', status: 'pass', reason: `version ${last.version} in force since ${at}` };
    }
    const errors = last.diagnostics.filter(({ severity }) => severity === 'error');
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    return {
      name: 'reload',
      status: 'warn',
      reason: `failed at ${at}, version ${last.version} stays in force: ${errors[0]?.message ?? 'no reason given'}${more}`,
    };
  }

  /** Judged anew once a period has passed and there was enough to judge by. */
  #dns(): HealthCheck {
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
