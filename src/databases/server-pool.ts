/**
 * Several servers that hold the same, and connections to them, as Postfix's
 * SQL clients use their `hosts`: those connected first, then any other, local
 * ones before remote ones, among equals at random. LDAP's library takes the
 * first of those listed instead. A server that refuses or fails a query leaves
 * it to the next.
 *
 * Every query ends within its time, with an answer or a NoAnswer; never rejects.
 */
import { Turns } from '../util/turns.ts';
import { type Connect, NoAnswer, type ServerAddress } from './connection.ts';
import type { PoolLimits } from './pool-limits.ts';
import { PooledServer } from './pooled-server.ts';

/** Which of several servers that are as good as each other. */
export type ServerChoice = 'random' | 'first-listed';

export class ServerPool<S extends ServerAddress, Q, A> {
  readonly #servers: readonly PooledServer<S, Q, A>[];
  readonly #limits: PoolLimits;
  readonly #choice: ServerChoice;
  readonly #turns: Turns;
  #isClosed = false;

  /** Connects to nobody yet. */
  constructor(
    addresses: readonly S[],
    connect: Connect<S, Q, A>,
    limits: PoolLimits,
    choice: ServerChoice = 'random',
  ) {
    this.#servers = addresses.map((address) => new PooledServer(address, connect, limits));
    this.#limits = limits;
    this.#choice = choice;
    this.#turns = new Turns(limits.maxConnections, limits.maxWaiting);
  }

  async ask(query: Q): Promise<A | NoAnswer> {
    const { maxConnections, totalTimeoutMs } = this.#limits;
    // Not a moment of waiting for servers that are all known to be down.
    if (this.#choose(new Set()) === undefined) return this.#nobody();
    const deadlineMs = performance.now() + totalTimeoutMs;
    if (!(await this.#turns.take(totalTimeoutMs))) {
      return new NoAnswer(`too many queries wait for one of ${maxConnections} connections`);
    }
    try {
      return await this.#askServers(query, deadlineMs);
    } finally {
      this.#turns.release();
    }
  }

  /** Closes what rests; what is in use when it is done. */
  close(): void {
    this.#isClosed = true;
    this.#turns.cancel();
    for (const server of this.#servers) server.close();
  }

  async #askServers(query: Q, deadlineMs: number): Promise<A | NoAnswer> {
    const tried = new Set<PooledServer<S, Q, A>>();
    let answer: A | NoAnswer | undefined;
    for (;;) {
      const server = this.#choose(tried);
      if (server === undefined || performance.now() >= deadlineMs) return answer ?? this.#nobody();
      tried.add(server);
      answer = await server.ask(query, deadlineMs);
      if (!(answer instanceof NoAnswer)) return answer;
    }
  }

  #choose(tried: ReadonlySet<PooledServer<S, Q, A>>): PooledServer<S, Q, A> | undefined {
    if (this.#isClosed) return undefined;
    let best: PooledServer<S, Q, A>[] = [];
    let bestRank = 0;
    for (const server of this.#servers) {
      if (tried.has(server) || !server.isAvailable) continue;
      const rank = 1 + (server.isConnected ? 2 : 0) + (server.address.isLocal ? 1 : 0);
      if (rank > bestRank) {
        best = [];
        bestRank = rank;
      }
      if (rank === bestRank) best.push(server);
    }
    return best[this.#choice === 'random' ? Math.floor(Math.random() * best.length) : 0];
  }

  #nobody(): NoAnswer {
    if (this.#isClosed) return new NoAnswer('it is no longer in use');
    const outages = this.#servers.map(({ outage }) => outage).filter((outage) => outage !== '');
    return new NoAnswer(`${outages.join('; ') || 'no server'} (not asked again for a while)`);
  }
}
