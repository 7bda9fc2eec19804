import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AdminListenerOptions, openAdmin } from '../../src/admin/admin-listener.ts';
import { healthRoutes } from '../../src/admin/routes/health-routes.ts';
import type { Routes } from '../../src/admin/server.ts';
import { parseSocketAddress, type SocketAddress } from '../../src/net/socket-address.ts';
import { ADMIN_OPTIONS } from '../support/admin-options.ts';

const ANY_PORT: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

const options: AdminListenerOptions = {
  ...ADMIN_OPTIONS,
  routes: [healthRoutes({ checks: () => [] }, '1')],
};

test('listens on a port, and no longer after it is closed', async () => {
  const listener = await openAdmin(ANY_PORT, options);
  const url = `http://${listener.address}/healthz`;
  expect(await (await fetch(url)).json()).toEqual({ status: 'pass' });
  await listener.close(1000);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('closes though a request does not end', async () => {
  const stuck: Routes = (server) => {
    server.get('/stuck', { config: { access: 'open' } }, () => new Promise<never>(() => {}));
  };
  const listener = await openAdmin(ANY_PORT, { ...options, routes: [stuck] });
  const answer = fetch(`http://${listener.address}/stuck`);
  const failure = expect(answer).rejects.toThrow('fetch failed');
  await listener.close(50);
  await failure;
});

test('listens on a UNIX-domain socket', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postward-admin-'));
  const socketPath = join(directory, 'admin');
  const listener = await openAdmin({ kind: 'unix', path: socketPath }, options);
  const status = await new Promise((done, fail) => {
    request({ socketPath, path: '/readyz' }, (response) => {
      response.resume();
      done(response.statusCode);
    })
      .on('error', fail)
      .end();
  });
  expect([listener.address, status]).toEqual([`unix:${socketPath}`, 200]);
  await listener.close(1000);
  rmSync(directory, { recursive: true });
});

test('says what to do when the port is in use', async () => {
  const listener = await openAdmin(ANY_PORT, options);
  await expect(openAdmin(parseSocketAddress(listener.address) ?? ANY_PORT, options)).rejects.toMatchObject({
    code: 'address-in-use',
    message: `cannot listen on \`${listener.address}\`: address in use`,
  });
  await listener.close(1000);
});

test('whoever can open the local socket needs no token, and says who it is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postward-admin-'));
  const path = join(directory, 'admin.sock');
  const whoami: Routes = (server) => {
    server.get('/v1/me', { config: { access: ['admin'] } }, async ({ principal }) => ({
      actor: principal?.actor,
    }));
  };
  const listener = await openAdmin(ANY_PORT, { ...options, routes: [whoami], localSocket: path });
  const ask = (headers: Record<string, string>) =>
    new Promise<[number | undefined, string]>((done, fail) => {
      request({ socketPath: path, path: '/v1/me', headers }, (response) => {
        response.setEncoding('utf8').on('data', (text) => done([response.statusCode, text]));
      })
        .on('error', fail)
        .end();
    });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(listener.localSocket).toBe(path);
  expect(await ask({})).toEqual([200, '{"actor":"local"}']);
  expect(await ask({ 'postward-user': 'alice' })).toEqual([200, '{"actor":"local:alice"}']);
  expect((await ask({ 'postward-user': 'a b' }))[0]).toBe(400);
  // The same over the address is nobody.
  expect((await fetch(`http://${listener.address}/v1/me`)).status).toBe(401);
  await listener.close(1000);
  rmSync(directory, { recursive: true });
});

test('goes without a local socket that cannot be opened', async () => {
  const reasons: string[] = [];
  const listener = await openAdmin(ANY_PORT, {
    ...options,
    localSocket: '/no/such/directory/admin.sock',
    onLocalSocketFailure: ({ message }) => reasons.push(message),
  });
  expect(listener.localSocket).toBeUndefined();
  expect(reasons).toEqual([expect.stringContaining('cannot listen on `unix:/no/such/directory/admin.sock`')]);
  expect((await fetch(`http://${listener.address}/healthz`)).status).toBe(200);
  await listener.close(1000);
});
