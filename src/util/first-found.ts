import { isPromise, type PromiseOrValue } from './promise-or-value.ts';

/** The first answer that is not undefined, asking one item after another; synchronous while the answers are. */
export function firstFound<T, U>(
  items: readonly T[],
  find: (item: T) => PromiseOrValue<U | undefined>,
  from = 0,
): PromiseOrValue<U | undefined> {
  for (let i = from; i < items.length; i++) {
    const found = find(items[i] as T);
    if (isPromise(found)) return found.then((late) => late ?? firstFound(items, find, i + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
