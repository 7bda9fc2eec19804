/**
 * Lists that are dropped at one server while Redis is away, wiped, or another
 * server edits them: all servers come to the same, and what is in force can be
 * taken out.
 */
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { PrivateServer } from '../../support/private-server.ts';
import { askRedis, startRedis, until } from '../../support/redis.ts';
import { requirement } from '../../support/requirements.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { converged, later, SharingServer, storeDirectory } from './sharing-server.ts';

const TIMEOUT_MS = 500;

describe.skipIf(!requirement('redis').isMet)('a shared list', () => {
  let redis: PrivateServer;

  beforeEach(async () => {
    redis = await startRedis();
    return () => redis.stop();
  });

  const at = (port: number, directory?: string) =>
    SharingServer.start({
      redis: { url: `redis://127.0.0.1:${port}`, timeout_ms: TIMEOUT_MS },
      ...(directory !== undefined && { directory }),
    });

  async function pair(): Promise<[SharingServer, SharingServer]> {
    const [one, two] = [await at(redis.port), await at(redis.port)];
    for (const server of [one, two]) await server.isSame();
    await one.apply({ operation: 'describe', list: 'bad', fields: { kind: 'client' } });
    await one.put('bad', 'old.example', 'REJECT old');
    await converged(one, two);
    return [one, two];
  }

  const drop = (server: SharingServer) => server.apply({ operation: 'drop', list: 'bad' });

  /** Records of entries and drops that Redis has of the list. */
  async function kept(): Promise<string[]> {
    const keys = (await askRedis(redis.port, 'KEYS', 'postward:{lists}:entries:bad:*')) as string[];
    const fields = await Promise.all(keys.map((key) => askRedis(redis.port, 'HKEYS', key)));
    return (fields as string[][]).flat().sort();
  }

  test('is-dropped-while-another-server-adds-to-it: the entry stays, and everybody can remove it', async () => {
    const [one, two] = await pair();
    await redis.pause();
    await drop(one);
    await later();
    await two.put('bad', 'new.example', 'REJECT new');
    await redis.resume();
    await converged(one, two);
    for (const server of [one, two]) {
      await until('in force', () => server.found('new.example') === 'REJECT new');
      expect(server.found('old.example')).toBeUndefined();
      expect(server.lists.list('bad')).toMatchObject({ kind: 'client', entries: 1 });
    }
    expect(await kept()).toEqual(['list dropped', 'new.example']);
    await one.put('bad', 'new.example', 'REJECT newer');
    await until('in force', () => two.found('new.example') === 'REJECT newer');
    await two.remove('bad', 'new.example');
    await until('out of force', () => one.found('new.example') === undefined);
    await converged(one, two);
    for (const server of [one, two]) expect(server.lists.list('bad')).toBeUndefined();
  });

  test('is-dropped-after-another-server-has-added-to-it, behind a cut: the entry goes', async () => {
    const proxy = await TcpProxy.start(redis.port);
    onTestFinished(() => proxy.stop());
    const [here, there] = [await at(redis.port), await at(proxy.port)];
    await here.make('bad');
    await converged(here, there);
    await proxy.cut();
    await until('found down', () => !there.sharing.redis.isUp);
    await there.put('bad', 'there.example', 'REJECT there');
    await later();
    await drop(here);
    await here.isShared();
    await proxy.mend();
    await converged(here, there);
    for (const server of [here, there]) {
      expect(server.found('there.example')).toBeUndefined();
      expect(server.lists.list('bad')).toBeUndefined();
    }
    expect(await kept()).toEqual(['list dropped']);
  });

  test('is-dropped-with-10000-entries: Redis and the other server have one record of it', async () => {
    const [one, two] = await pair();
    await one.fill('bad', 10_000);
    await converged(one, two);
    await drop(one);
    await until('dropped', () => two.lists.list('bad') === undefined);
    expect(two.found('h9999.example')).toBeUndefined();
    await converged(one, two);
    expect(await kept()).toEqual(['list dropped']);
    expect(await askRedis(redis.port, 'HLEN', 'postward:{lists}:buckets:bad')).toBe(1);
    for (const server of [one, two]) {
      const page = await server.store.audit.query({ list: 'bad', limit: 3 });
      expect('records' in page && page.records[0]).toMatchObject({
        operation: 'list.drop',
        before: JSON.stringify({ kind: 'client', description: '', entries: 10_001 }),
      });
      await server.lists.buried();
    }
    expect(two.sharing.status.hasUnshared).toBe(false);
    const late = await at(redis.port);
    await converged(one, two, late);
    expect(late.lists.list('bad')).toBeUndefined();
  });

  test('is-dropped, and Redis is wiped: the drop is put back before anything older', async () => {
    const [one, two] = await pair();
    await drop(one);
    await converged(one, two);
    await askRedis(redis.port, 'FLUSHALL');
    for (const server of [one, two]) server.sharing.compareNow();
    for (const server of [one, two]) await server.isSame();
    expect(await kept()).toEqual(['list dropped']);
    await one.make('bad');
    await one.put('bad', 'new.example', 'REJECT new');
    await until('in force', () => two.found('new.example') === 'REJECT new');
  });

  test('is-dropped while a server is away that has its entries: they do not come back with it', async () => {
    const directory = await storeDirectory();
    const one = await at(redis.port);
    const away = await at(redis.port, directory);
    await one.make('bad');
    await one.fill('bad', 2500);
    await converged(one, away);
    await away.close();
    await drop(one);
    await one.make('bad');
    await one.put('bad', 'new.example', 'REJECT new');
    await converged(one);
    const back = await at(redis.port, directory);
    expect(back.found('h7.example')).toBe('REJECT 7');
    await converged(one, back);
    for (const server of [one, back]) {
      expect(server.found('h7.example')).toBeUndefined();
      expect(server.found('new.example')).toBe('REJECT new');
      expect(server.lists.list('bad')?.entries).toBe(1);
    }
    expect(await kept()).toEqual(['', 'list dropped', 'new.example']);
  });

  test('that-a-policy-names is made again where another server has dropped it', async () => {
    const [one, two] = await pair();
    const table = two.lists.tables.open('bad');
    if ('error' in table) throw new Error(table.error);
    await drop(one);
    await until('out of force', () => table.lookup('old.example') === undefined);
    await until('made again', () => one.lists.list('bad') !== undefined);
    await two.put('bad', 'new.example', 'REJECT new');
    await until('in force', () => one.found('new.example') === 'REJECT new');
    await converged(one, two);
    expect(one.lists.list('bad')).toMatchObject({ createdBy: 'policy', entries: 1 });
  });

  test('that-is-new-here comes with one audit record for what is beyond the first thousand', async () => {
    const one = await at(redis.port);
    await one.make('bad');
    await one.fill('bad', 3000);
    await converged(one);
    const two = await at(redis.port);
    await two.isSame();
    await converged(one, two);
    const told = async (operation: string) => {
      const page = await two.store.audit.query({ list: 'bad', operation, limit: 1000 });
      return 'records' in page ? page.records : [];
    };
    expect(await told('entry.put')).toHaveLength(1000);
    expect(await told('list.fill')).toMatchObject([
      { actor: 'sharing', before: null, after: '{"entries":2000}', origin: 'redis' },
    ]);
  });
});

describe.skipIf(!requirement('redis').isMet)('an entry that is put as it is', () => {
  test('is-removed-elsewhere before that, behind a cut: the later of the two counts', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const proxy = await TcpProxy.start(redis.port);
    onTestFinished(() => proxy.stop());
    const start = (port: number) =>
      SharingServer.start({ redis: { url: `redis://127.0.0.1:${port}`, timeout_ms: TIMEOUT_MS } });
    const [here, there] = [await start(redis.port), await start(proxy.port)];
    await here.make('bad');
    await here.put('bad', 'a.example', 'REJECT');
    await converged(here, there);
    const made = await here.entry('bad', 'a.example');
    await proxy.cut();
    await there.remove('bad', 'a.example');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const again = await here.lists.apply(
      [{ operation: 'put', list: 'bad', key: 'a.example', fields: { action: 'REJECT' } }],
      { actor: 'test' },
    );
    expect(again).toMatchObject({ results: [{ outcome: 'unchanged' }] });
    await proxy.mend();
    await converged(here, there);
    for (const server of [here, there]) expect(server.found('a.example')).toBe('REJECT');
    // It was said again, and says the same: who made it, and when, has not changed.
    const { version: _version, ...kept } = (await there.entry('bad', 'a.example')) ?? {};
    const { version: _before, ...before } = made ?? {};
    expect(kept).toEqual(before);
    const page = await here.store.audit.query({ list: 'bad', subject: 'a.example' });
    expect(page).toMatchObject({ records: [{ operation: 'entry.put' }] });
  });
});
