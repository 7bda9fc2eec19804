import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { WireClient, type WireClientOptions } from '../../src/dns/wire-client.ts';
import { type FixtureDns, startFixtureDns } from '../support/fixture-dns.ts';

const GOOD = '*.test A 192.0.2.1';
const fixtures: FixtureDns[] = [];
const clients: WireClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(fixtures.splice(0).map((fixture) => fixture.stop()));
});

async function server(zone: string, address = '127.0.0.1'): Promise<FixtureDns> {
  const fixture = await startFixtureDns({ zone, address });
  fixtures.push(fixture);
  return fixture;
}

function client(servers: readonly FixtureDns[], options: Partial<WireClientOptions> = {}): WireClient {
  const made = new WireClient({ servers: servers.map((each) => each.server), timeoutMs: 100, ...options });
  clients.push(made);
  return made;
}

describe('several servers', () => {
  it('the first alone is asked while it answers', async () => {
    const [first, second] = [await server(GOOD), await server(GOOD)];
    const resolver = client([first, second]);
    for (let index = 0; index < 10; index += 1) await resolver.lookup(`n${index}.test`, 'A');
    expect([first.received, second.received]).toEqual([10, 0]);
  });

  it.each(['SERVFAIL', 'REFUSED', 'GARBAGE', 'REFERRAL'])('%s-then-next-server', async (failure) => {
    const [first, second] = [await server(`*.test !${failure}`), await server(GOOD)];
    const answer = await client([first, second]).lookup('host.test', 'A');
    expect(answer).toMatchObject({ status: 'found', records: [{ data: '192.0.2.1' }] });
    expect([first.received, second.received]).toEqual([1, 1]);
  });

  it('timeout-then-next-server', async () => {
    const [first, second] = [await server('*.test !TIMEOUT'), await server(GOOD)];
    expect((await client([first, second]).lookup('host.test', 'A')).status).toBe('found');
  });

  it.each([1, 2, 3])('silence: all of them are asked in turn, %i times', async (attempts) => {
    const all = [await server('*.test !TIMEOUT'), await server('*.test !TIMEOUT')];
    const resolver = client(all, { timeoutMs: 40, attempts, totalMs: 60_000 });
    expect(await resolver.lookup('host.test', 'A')).toMatchObject({ status: 'tempfail', reason: 'timeout' });
    expect(all.map(({ received }) => received)).toEqual([attempts, attempts]);
  });

  it('of a second round only those that were silent are part, and the first answer ends it', async () => {
    const [first, second] = [await server('*.test !TIMEOUT'), await server(GOOD)];
    second.pause();
    const resolver = client([first, second], { timeoutMs: 80, attempts: 10, totalMs: 60_000 });
    const answer = resolver.lookup('host.test', 'A');
    await expect.poll(() => first.received).toBeGreaterThan(1);
    second.resume();
    expect((await answer).status).toBe('found');
    expect(first.received).toBeLessThan(10);
  });

  it('a closed port is passed over at once', async () => {
    const [first, second] = [await server(GOOD), await server(GOOD)];
    await first.stop();
    const resolver = client([first, second], { timeoutMs: 20_000 });
    expect((await resolver.lookup('host.test', 'A')).status).toBe('found');
    expect(resolver.stats).toMatchObject({ networkErrors: 1, timeouts: 0 });
    // Known to be down, so the next lookup does not go there.
    expect((await resolver.lookup('host2.test', 'A')).status).toBe('found');
    expect(resolver.stats.networkErrors).toBe(1);
  });

  it('truncation at a server whose TCP port is closed: the next server', async () => {
    const [first, second] = [await server('*.test !TRUNCATE\n*.test !GARBAGE'), await server(GOOD)];
    expect((await client([first, second]).lookup('host.test', 'A')).status).toBe('found');
    expect(first.queries.map((query) => query.transport)).toEqual(['udp', 'tcp']);
  });

  it('all fail: what a server said is the reason, not that another was silent', async () => {
    const [first, second] = [await server('*.test !TIMEOUT'), await server('*.test !REFUSED')];
    const answer = await client([first, second]).lookup('host.test', 'A');
    expect(answer).toMatchObject({ status: 'tempfail', reason: 'REFUSED' });
    expect([first.received, second.received]).toEqual([1, 1]);
  });

  it('NXDOMAIN is an answer, no reason to ask another', async () => {
    const [first, second] = [await server('a.test A 192.0.2.1'), await server(GOOD)];
    expect((await client([first, second]).lookup('b.test', 'A')).status).toBe('nxdomain');
    expect(second.received).toBe(0);
  });

  it('a silent server is set behind the others, tried again, and back when it answers', async () => {
    const [first, second] = [await server(GOOD), await server(GOOD)];
    let nowMs = 0;
    const resolver = client([first, second], { timeoutMs: 20, totalMs: 60_000, now: () => nowMs });
    first.pause();
    for (let index = 0; index < 10; index += 1) await resolver.lookup(`n${index}.test`, 'A');
    expect([first.received, second.received]).toEqual([4, 10]);
    nowMs += 5_000;
    first.clearQueries();
    for (let index = 0; index < 10; index += 1) await resolver.lookup(`n${index}.test`, 'A');
    expect(first.received).toBe(1);
    nowMs += 5_000;
    first.clearQueries();
    second.clearQueries();
    first.resume();
    for (let index = 0; index < 10; index += 1) await resolver.lookup(`n${index}.test`, 'A');
    expect([first.received, second.received]).toEqual([10, 0]);
  });
});

describe('one server', () => {
  it('server dies and returns', async () => {
    const only = await server(GOOD);
    const resolver = client([only]);
    expect((await resolver.lookup('a.test', 'A')).status).toBe('found');
    await only.stop();
    expect(await resolver.lookup('b.test', 'A')).toMatchObject({
      status: 'tempfail',
      reason: 'ECONNREFUSED',
    });
    await only.start();
    expect((await resolver.lookup('c.test', 'A')).status).toBe('found');
  });

  it('listens on IPv6', async () => {
    const only = await server(GOOD, '::1');
    expect((await client([only]).lookup('a.test', 'A')).status).toBe('found');
  });

  it('others from now on: what is on its way ends at the old ones, which are asked nothing more', async () => {
    const [old, kept, next] = [await server(GOOD), await server(GOOD), await server('*.test A 192.0.2.2')];
    const resolver = client([old, kept], { timeoutMs: 2_000 });
    old.setZone(`*.test !DELAY 100\n${GOOD}`);
    const onItsWay = resolver.lookup('a.test', 'A');
    resolver.useServers([next.server, kept.server]);
    expect(resolver.servers.map(({ port }) => port)).toEqual([next.port, kept.port]);
    expect((await resolver.lookup('b.test', 'A')).records).toMatchObject([{ data: '192.0.2.2' }]);
    expect((await onItsWay).records).toMatchObject([{ data: '192.0.2.1' }]);
    await next.stop();
    expect((await resolver.lookup('c.test', 'A')).records).toMatchObject([{ data: '192.0.2.1' }]);
    expect([old.received, kept.received]).toEqual([1, 1]);
  });

  it('an open lookup keeps a process alive, idle sockets do not', async () => {
    const only = await server('*.test !DELAY 50\n*.test A 192.0.2.1');
    const script = `
      const { WireClient } = await import(process.argv[1]);
      const client = new WireClient({ servers: [{ host: '127.0.0.1', port: Number(process.argv[2]) }] });
      console.log((await client.lookup('a.test', 'A')).status);
    `;
    const file = join(import.meta.dirname, '../../src/dns/wire-client.ts');
    const args = ['--input-type=module', '-e', script, file, String(only.port)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    expect(stdout).toBe('found\n');
  });
});

describe('the state of servers', () => {
  const changes: string[] = [];
  const onServerChange: WireClientOptions['onServerChange'] = ({ isDown }, reason) =>
    changes.push(isDown ? `down: ${reason}` : 'up');

  it('is told once a change, not once a question', async () => {
    changes.length = 0;
    const only = await server(GOOD);
    const resolver = client([only], { attempts: 1, timeoutMs: 50, onServerChange });
    only.pause();
    const ask = (n: number) => resolver.lookup(`n${n}.test`, 'A');
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(ask));
    await expect.poll(() => changes).toEqual(['down: it does not answer']);
    await Promise.all([11, 12, 13].map(ask));
    only.resume();
    await expect.poll(async () => (await ask(20)).status).toBe('found');
    expect(changes).toEqual(['down: it does not answer', 'up']);
    await only.stop();
    await Promise.all([21, 22, 23].map(ask));
    await expect.poll(() => changes.at(-1)).toBe('down: ECONNREFUSED');
  });

  it('is not down because one zone is dead, however often it is asked for', async () => {
    changes.length = 0;
    const only = await server(`${GOOD}\n*.dead.test !TIMEOUT\n`);
    const resolver = client([only], { attempts: 1, timeoutMs: 50, onServerChange });
    await Promise.all(Array.from({ length: 12 }, (_, n) => resolver.lookup(`n${n}.dead.test`, 'A')));
    await expect.poll(() => only.count('com', 'NS')).toBeGreaterThan(0);
    await resolver.lookup('host.test', 'A');
    expect(changes).toEqual([]);
  });
});
