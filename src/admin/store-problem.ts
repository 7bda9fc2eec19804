/** What the store could not do, as the caller is told: without the names of our files. */
import { StoreFailure, type StoreFailureCode } from '../store/store-failure.ts';
import { BusyError, ProblemError } from './problem.ts';

const DETAILS: Readonly<Record<StoreFailureCode, readonly [number, string]>> = {
  full: [507, 'there is no space left to keep this; nothing has been changed'],
  unwritable: [503, 'what is kept cannot be written or read now; nothing has been changed'],
  corrupt: [503, 'what is kept makes no sense; nothing has been changed'],
  closed: [503, 'nothing can be kept or read: the daemon is stopping, or has to be started again'],
  busy: [503, 'too many searches wait already; try again in a few seconds'],
  slow: [503, 'the search took too long; narrow it, by the beginning of the keys say'],
};

/**
 * The value, if there is one.
 *
 * @param onFailure is told what went wrong, for the log
 * @throws ProblemError for a StoreFailure
 */
export function stored<T>(value: T | StoreFailure, onFailure: (failure: StoreFailure) => void): T {
  if (!(value instanceof StoreFailure)) return value;
  const [status, detail] = DETAILS[value.code];
  if (value.code === 'busy') throw new BusyError(detail);
  // A search that is asked for too much says nothing about the store.
  if (value.code !== 'slow') onFailure(value);
  throw new ProblemError(status, detail);
}
