/** What the API keeps over a restart, and what a first start makes. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiDaemon } from './api-daemon.ts';

test('the first start makes an admin token; tokens, uses, lists and audit outlive a restart', async () => {
  const data = mkdtempSync(join(tmpdir(), 'postward-data-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const start = async () => {
    const daemon = await ApiDaemon.start({ data, hasToken: false });
    onTestFinished(() => daemon.stop());
    return daemon;
  };
  const first = await start();
  const token = first.app.admin?.firstToken ?? '';
  expect(token).toMatch(/^pw_/);
  expect(JSON.stringify(first.log)).not.toContain(token);
  expect((await first.ask('GET', '/v1/me', { token })).json.scopes).toEqual(['admin']);
  await first.ask('PUT', '/v1/lists/reject_client/entries/192.0.2.10', {
    token,
    body: { action: 'REJECT kept' },
  });

  const socketPath = first.app.admin?.localSocket ?? '';
  expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  const actor = await new Promise<string>((done, fail) => {
    request({ socketPath, path: '/v1/me', headers: { 'postward-user': 'alice' } }, (answer) => {
      answer.setEncoding('utf8').on('data', done);
    })
      .on('error', fail)
      .end();
  });
  expect(JSON.parse(actor)).toEqual({ actor: 'local:alice', scopes: ['admin'] });
  await first.stop();

  const second = await start();
  expect(second.app.admin?.firstToken).toBeUndefined();
  const [kept] = (await second.ask('GET', '/v1/tokens', { token })).json.tokens;
  expect(Date.parse(kept.last_used_at)).toBeGreaterThan(Date.parse(kept.created_at) - 1);
  expect(await second.decide()).toBe('554 5.7.1 kept');
  const { records } = (await second.ask('GET', '/v1/audit?operation=entry.put', { token })).json;
  expect(records).toMatchObject([{ subject: '192.0.2.10', after: { action: 'REJECT kept' } }]);

  await second.ask('DELETE', `/v1/tokens/${kept.id}`, { token });
  await second.stop();
  const third = await start();
  expect(third.app.admin?.firstToken).toMatch(/^pw_/);
  expect(third.app.admin?.firstToken).not.toBe(token);
});
