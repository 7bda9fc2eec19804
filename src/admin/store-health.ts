/** How the store is, for health: mail is decided whatever becomes of it. */
import type { StoreFailure } from '../store/store-failure.ts';
import type { HealthCheck } from './health.ts';

/** @param failure why the last write failed, or none can be made any more; undefined when it did not */
export function storeCheck(failure: StoreFailure | undefined): HealthCheck {
  const name = 'store';
  if (failure === undefined) return { name, status: 'pass', reason: 'edits are kept' };
  return { name, status: 'warn', reason: `edits cannot be kept: ${failure.message}; ${failure.help}` };
}
