/** The store and the lists as the settings want them. */
import { Store, type StoreOptions } from '../store/store.ts';
import { StoreFailure } from '../store/store-failure.ts';
import { OperatorError } from '../util/operator-error.ts';
import { ListService, type ListServiceOptions } from './list-service.ts';

/**
 * @param data a directory, or `memory`
 * @throws OperatorError when the directory cannot be used
 */
export function openStore(
  { data }: { readonly data: string },
  options: Omit<StoreOptions, 'directory'> = {},
): Promise<Store> {
  return Store.open({ ...options, directory: data === 'memory' ? undefined : data });
}

/** @throws OperatorError when the lists cannot be read */
export async function openLists(
  store: Store,
  options: Omit<ListServiceOptions, 'store'> = {},
): Promise<ListService> {
  const lists = await ListService.open({ store, ...options });
  if (!(lists instanceof StoreFailure)) return lists;
  await store.close();
  throw new OperatorError('store', lists.message, lists.help);
}
