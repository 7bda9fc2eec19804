/**
 * How the daemon is, in checks by name. `warn` is something a person should
 * see to while mail is decided all the same (a reload that failed, a DNS
 * server down); `fail` means that it cannot decide.
 */
export type HealthStatus = 'pass' | 'warn' | 'fail';

export interface HealthCheck {
  /** `policies`, `policy_sockets`, `reload`, `dns` … */
  readonly name: string;
  readonly status: HealthStatus;
  /** Why, in a sentence; for `pass` what was found. */
  readonly reason: string;
}

export interface HealthReporter {
  /** Cheap: answered from what is known, without asking anything. */
  checks(): readonly HealthCheck[];
}

export interface HealthReport {
  readonly status: HealthStatus;
  readonly version: string;
  readonly checks: readonly HealthCheck[];
}

/** The worst of the checks. */
export function worstStatus(checks: readonly HealthCheck[]): HealthStatus {
  if (checks.some(({ status }) => status === 'fail')) return 'fail';
  return checks.some(({ status }) => status === 'warn') ? 'warn' : 'pass';
}
