/** Two daemons with a list and one Redis: an edit by HTTP at one decides at the other; Redis goes and comes. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { ApiDaemon, POLICY } from '../admin/api-daemon.ts';
import { startRedis, until } from '../support/redis.ts';
import { requirement } from '../support/requirements.ts';

const ENTRY = '/v1/lists/reject_client/entries/192.0.2.10';
const REJECT = '554 5.7.1 spam run';

describe.skipIf(!requirement('redis').isMet)('two daemons with one Redis', () => {
  test('an edit at one decides at the other, whatever becomes of Redis', async () => {
    const redis = await startRedis('--requirepass', 'hunter2');
    onTestFinished(() => redis.stop());
    const start = async () => {
      const settings = { REDIS__URL: `redis://:hunter2@127.0.0.1:${redis.port}`, REDIS__TIMEOUT_MS: '2000' };
      const daemon = await ApiDaemon.start({ settings });
      onTestFinished(() => daemon.stop());
      return daemon;
    };
    const [one, two] = [await start(), await start()];
    const check = async (daemon: ApiDaemon) => {
      const { json } = await daemon.ask('GET', '/readyz', { token: null });
      return json.checks.find(({ name }: { name: string }) => name === 'redis');
    };
    const decides = (daemon: ApiDaemon, action: string) =>
      until(`the action ${action}`, async () => (await daemon.decide()) === action);
    await until('compared', async () => /the same here and there/.test((await check(two)).reason));

    const put = await one.ask('PUT', ENTRY, { body: { action: 'REJECT spam run' } });
    expect(put.status).toBe(201);
    await decides(two, REJECT);
    // The answer waits for a tenth of a second only, which a busy machine may exceed.
    let edits = 1;
    await until('an answer that says it is shared', async () => {
      const body = { action: 'REJECT spam run', comment: `edit ${++edits}` };
      return (await one.ask('PUT', ENTRY, { body })).json.shared === true;
    });
    expect((await two.ask('DELETE', ENTRY)).json.outcome).toBe('removed');
    await decides(one, 'DUNNO');
    const { json } = await one.ask('GET', '/v1/audit?list=reject_client&subject=192.0.2.10');
    expect(json.records).toHaveLength(edits + 1);
    expect(json.records[0]).toMatchObject({
      operation: 'entry.remove',
      actor: 'token:environment',
      origin: 'redis',
    });
    expect(json.records[1].operation).toBe('entry.put');
    expect(json.records[1].origin).not.toBe('redis');

    await redis.kill();
    await until('known to be down', async () => (await check(one)).status === 'warn');
    const alone = await one.ask('PUT', ENTRY, { body: { action: 'REJECT spam run' } });
    expect(alone.status).toBe(201);
    expect(alone.json.shared).toBe(false);
    expect(await one.decide()).toBe(REJECT);
    expect(await two.decide()).toBe('DUNNO');
    expect((await check(one)).reason).toMatch(/; edits made here wait to be shared$/);
    const down = (await one.ask('GET', '/metrics', { token: null })).text;
    expect(down).toMatch(/^postward_redis_up\{use="lists"\} 0$/m);
    expect(down).toMatch(/^postward_lists_unshared 1$/m);

    await redis.restart();
    await decides(two, REJECT);
    await until('compared', async () => /the same here and there/.test((await check(one)).reason));
    const metrics = (await two.ask('GET', '/metrics', { token: null })).text;
    expect(metrics).toMatch(/^postward_redis_up\{use="lists"\} 1$/m);
    expect(metrics).toMatch(/^postward_redis_outages_total\{use="lists"\} 1$/m);
    expect(metrics).toMatch(/^postward_redis_command_duration_seconds_count\{use="lists"\} [1-9]/m);
    expect(metrics).toMatch(/^postward_list_registers_received_total [1-9]/m);
    const told = one.log.filter(
      ({ event, use }) => /^redis_(up|down)$/.test(String(event)) && use === 'lists',
    );
    expect(told.map(({ event }) => event)).toEqual(['redis_up', 'redis_down', 'redis_up']);
    expect(JSON.stringify([one.log, two.log, metrics])).not.toContain('hunter2');
  });

  test('a list deleted at one: entries that the other adds meanwhile can be removed, what its policy names is there', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const start = async (policy: string) => {
      const settings = { REDIS__URL: `redis://127.0.0.1:${redis.port}`, REDIS__TIMEOUT_MS: '500' };
      const daemon = await ApiDaemon.start({ settings, policy });
      onTestFinished(() => daemon.stop());
      return daemon;
    };
    const one = await start(POLICY.replace(/^.*list:reject_client\n/m, ''));
    const two = await start(POLICY);
    const status = async (daemon: ApiDaemon, method: string, path: string, body?: unknown) =>
      (await daemon.ask(method, path, body === undefined ? {} : { body })).status;
    const z = '/v1/lists/z';
    expect(await status(one, 'PUT', z, { kind: 'client' })).toBe(201);
    expect(await status(one, 'PUT', `${z}/entries/198.51.100.1`, { action: 'REJECT one' })).toBe(201);
    await until('shared', async () => (await status(two, 'GET', `${z}/entries/198.51.100.1`)) === 200);
    await redis.pause();
    expect(await status(one, 'DELETE', z)).toBe(200);
    expect(await status(two, 'PUT', `${z}/entries/198.51.100.2`, { action: 'REJECT two' })).toBe(201);
    await redis.resume();
    await until('shared', async () => (await status(one, 'GET', `${z}/entries/198.51.100.2`)) === 200);
    await until('gone', async () => (await status(two, 'GET', `${z}/entries/198.51.100.1`)) === 404);
    for (const daemon of [one, two]) {
      expect((await daemon.ask('GET', z)).json).toMatchObject({ kind: 'client', entries: 1 });
    }
    expect(await status(one, 'DELETE', `${z}/entries/198.51.100.2`)).toBe(200);
    await until('gone', async () => (await status(two, 'GET', z)) === 404);

    await status(one, 'PUT', '/v1/lists/reject_client', { kind: 'client' });
    expect(await status(one, 'PUT', ENTRY, { action: 'REJECT spam run' })).toBe(201);
    await until('in force', async () => (await two.decide()) === REJECT);
    expect(await status(one, 'DELETE', '/v1/lists/reject_client')).toBe(200);
    await until('out of force', async () => (await two.decide()) === 'DUNNO');
    expect(await status(two, 'PUT', ENTRY, { action: 'REJECT spam run' })).toBe(201);
    expect(await two.decide()).toBe(REJECT);
  });

  test('without `redis` an answer does not speak of sharing, nor does health', async () => {
    const daemon = await ApiDaemon.start();
    onTestFinished(() => daemon.stop());
    const put = await daemon.ask('PUT', ENTRY, { body: { action: 'REJECT spam run' } });
    expect(put.json).not.toHaveProperty('shared');
    const { json } = await daemon.ask('GET', '/readyz', { token: null });
    expect(json.checks.map(({ name }: { name: string }) => name)).not.toContain('redis');
  });
});
