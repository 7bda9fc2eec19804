/**
 * The pools of one set of tables. Tables that ask the same servers in the same
 * way share one, so that a server that is down is found out once.
 */

interface Closable {
  close(): void;
}

interface Shared {
  readonly pool: Closable;
  users: number;
}

export interface PoolLease<P> {
  readonly pool: P;
  /** To be called once; the last one closes the pool. */
  readonly release: () => void;
}

export class SharedPools {
  readonly #shared = new Map<string, Shared>();

  /** @param key says all that `create` depends on, its type included; never shown to anybody */
  lease<P extends Closable>(key: string, create: () => P): PoolLease<P> {
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = { pool: create(), users: 0 };
      this.#shared.set(key, shared);
    }
    const { pool } = shared;
    shared.users++;
    const release = (): void => {
      if (--shared.users > 0) return;
      this.#shared.delete(key);
      pool.close();
    };
    return { pool: pool as P, release };
  }
}
