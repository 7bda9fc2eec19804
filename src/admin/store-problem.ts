/** What the store could not do, as the caller is told: without the names of our files. */
import { StoreFailure } from '../store/store-failure.ts';
import { ProblemError } from './problem.ts';

const DETAILS: Readonly<Record<StoreFailure['code'], readonly [number, string]>> = {
  full: [507, 'there is no space left to keep this; nothing has been changed'],
  unwritable: [503, 'what is kept cannot be written or read now; nothing has been changed'],
  corrupt: [503, 'what is kept makes no sense; nothing has been changed'],
  closed: [503, 'the daemon is stopping; nothing has been changed'],
};

/**
 * The value, if there is one.
 *
 * @param onFailure is told what went wrong, for the log
 * @throws ProblemError for a StoreFailure
 */
export function stored<T>(value: T | StoreFailure, onFailure: (failure: StoreFailure) => void): T {
  if (!(value instanceof StoreFailure)) return value;
  onFailure(value);
  throw new ProblemError(...DETAILS[value.code]);
}
