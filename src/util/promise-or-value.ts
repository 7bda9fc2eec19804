/**
 * The project's way to be synchronous where no I/O is needed: a function that
 * may have to wait returns `PromiseOrValue`, and its caller tests for a
 * promise instead of awaiting, so that the common case allocates none.
 */
export type PromiseOrValue<T> = T | Promise<T>;

/** True for a native promise. Values of this project are never thenables of another kind. */
export function isPromise<T>(value: PromiseOrValue<T>): value is Promise<T> {
  return value instanceof Promise;
}

/** Applies `next` at once to a plain value, later to a promised one. */
export function andThen<T, U>(
  value: PromiseOrValue<T>,
  next: (value: T) => PromiseOrValue<U>,
): PromiseOrValue<U> {
  return isPromise(value) ? value.then(next) : next(value);
}
