/** Which server is asked, how often, and what a failure costs: with servers that do what the test says. */
import { describe, expect, it, vi } from 'vitest';
import { type Connection, NoAnswer, type ServerAddress } from '../../src/databases/connection.ts';
import { DEFAULT_POOL_LIMITS } from '../../src/databases/pool-limits.ts';
import { ServerPool } from '../../src/databases/server-pool.ts';
import { SharedPools } from '../../src/databases/shared-pools.ts';

class FakeServer implements ServerAddress {
  readonly label: string;
  readonly isLocal: boolean;
  connected = 0;
  closed = 0;
  asked = 0;
  /** How it answers. */
  behaviour: 'answer' | 'refuse connections' | 'refuse queries' | 'lose connections' | 'silent' = 'answer';

  constructor(label: string, isLocal = false) {
    this.label = label;
    this.isLocal = isLocal;
  }

  async connect(): Promise<Connection<string, string>> {
    this.connected++;
    if (this.behaviour === 'refuse connections') throw new Error('connection refused');
    return {
      ask: (query) => this.#answer(query),
      close: () => {
        this.closed++;
      },
    };
  }

  #answer(query: string): Promise<string | NoAnswer> {
    this.asked++;
    switch (this.behaviour) {
      case 'refuse queries':
        return Promise.resolve(new NoAnswer('syntax error'));
      case 'lose connections':
        return Promise.reject(new Error('reset'));
      case 'silent':
        return new Promise(() => {});
      default:
        return Promise.resolve(`${this.label}: ${query}`);
    }
  }
}

const pool = (servers: readonly FakeServer[], limits = {}) =>
  new ServerPool(servers, (server) => server.connect(), { ...DEFAULT_POOL_LIMITS, ...limits });

describe('a pool', () => {
  it('prefers who is connected, then who is on this machine', async () => {
    const [remote, local] = [new FakeServer('remote'), new FakeServer('local', true)];
    const both = pool([remote, local]);
    expect(await both.ask('a')).toBe('local: a');
    local.behaviour = 'refuse queries';
    expect(await both.ask('b')).toBe('remote: b');
    local.behaviour = 'answer';
    expect(await both.ask('c')).toBe('local: c');
    expect([remote.connected, local.connected]).toEqual([1, 1]);
    both.close();
    expect([remote.closed, local.closed]).toEqual([1, 1]);
  });

  it('says why the last of the servers refused a query, and asks them again', async () => {
    const server = new FakeServer('only');
    server.behaviour = 'refuse queries';
    const one = pool([server]);
    expect(await one.ask('a')).toEqual(new NoAnswer('syntax error'));
    server.behaviour = 'answer';
    expect(await one.ask('a')).toBe('only: a');
    expect(server.connected).toBe(1);
  });

  it('leaves a server alone that failed, and comes back to it', async () => {
    const server = new FakeServer('only');
    server.behaviour = 'refuse connections';
    const one = pool([server], { firstRetryMs: 200, maxRetryMs: 200 });
    expect(await one.ask('a')).toEqual(new NoAnswer('only: connection refused'));
    expect(await Promise.all([one.ask('b'), one.ask('c')])).toEqual([
      new NoAnswer('only: connection refused (not asked again for a while)'),
      new NoAnswer('only: connection refused (not asked again for a while)'),
    ]);
    expect(server.connected).toBe(1);
    server.behaviour = 'answer';
    await vi.waitFor(async () => expect(await one.ask('d')).toBe('only: d'));
    expect(server.connected).toBe(2);
  });

  it('lets one query try a server that failed, and no others meanwhile', async () => {
    const server = new FakeServer('only');
    server.behaviour = 'refuse connections';
    const one = pool([server], { firstRetryMs: 1, maxRetryMs: 1, queryTimeoutMs: 300 });
    await one.ask('a');
    server.behaviour = 'silent';
    await new Promise((resolve) => setTimeout(resolve, 20));
    const answers = await Promise.all([one.ask('b'), one.ask('c'), one.ask('d')]);
    expect(server.asked).toBe(1);
    expect(answers).toEqual([
      new NoAnswer('only: no answer within 0.3 s'),
      new NoAnswer('only: connection refused (not asked again for a while)'),
      new NoAnswer('only: connection refused (not asked again for a while)'),
    ]);
  });

  it('goes to another server at once when one is silent, within the time for all', async () => {
    const [silent, other] = [new FakeServer('silent', true), new FakeServer('other')];
    silent.behaviour = 'silent';
    const both = pool([silent, other], { queryTimeoutMs: 100 });
    expect(await both.ask('a')).toBe('other: a');
    expect(await both.ask('b')).toBe('other: b');
    expect(silent.asked).toBe(1);
  });

  it('replaces connections that were lost while they rested, and fails on a second loss', async () => {
    const server = new FakeServer('only');
    const one = pool([server]);
    await Promise.all([one.ask('a'), one.ask('b')]);
    expect(server.connected).toBe(2);
    server.behaviour = 'lose connections';
    expect(await one.ask('c')).toEqual(new NoAnswer('only: reset'));
    expect([server.connected, server.closed]).toEqual([3, 3]);
  });

  it('answers nobody any more when it is closed', async () => {
    const one = pool([new FakeServer('only')]);
    one.close();
    expect(await one.ask('a')).toEqual(new NoAnswer('it is no longer in use'));
  });
});

it('shared pools are closed by the last who leaves', () => {
  const pools = new SharedPools();
  const close = vi.fn();
  const leases = [
    pools.lease('a', () => ({ close })),
    pools.lease('a', () => ({ close: () => expect.unreachable() })),
  ];
  expect(leases[0]?.pool).toBe(leases[1]?.pool);
  leases[0]?.release();
  expect(close).not.toHaveBeenCalled();
  leases[1]?.release();
  expect(close).toHaveBeenCalledOnce();
  expect(pools.lease('a', () => ({ close })).pool).not.toBe(leases[0]?.pool);
});
