import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAdmin } from '../../src/admin/admin-listener.ts';
import { healthRoutes } from '../../src/admin/routes/health-routes.ts';
import { parseSocketAddress, type SocketAddress } from '../../src/net/socket-address.ts';

const ANY_PORT: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

const options = { routes: [healthRoutes({ checks: () => [] }, '1')], onFault: () => {} };

test('listens on a port, and no longer after it is closed', async () => {
  const listener = await openAdmin(ANY_PORT, options);
  const url = `http://${listener.address}/healthz`;
  expect(await (await fetch(url)).json()).toEqual({ status: 'pass' });
  await listener.close(1000);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('closes though a request does not end', async () => {
  const stuck = (server: Parameters<(typeof options.routes)[0]>[0]) => {
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
