/** Tokens of a daemon that keeps nothing: they last as long as it runs. */
import type { TokenRecord } from '../../store/token-records.ts';
import type { TokenKeeper } from './tokens.ts';

export function memoryTokens(): TokenKeeper {
  return {
    all: async () => [] as readonly TokenRecord[],
    add: async () => undefined,
    remove: async () => undefined,
    touch: async () => undefined,
  };
}
