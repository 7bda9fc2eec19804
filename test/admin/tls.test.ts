import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAdmin } from '../../src/admin/admin-listener.ts';
import { healthRoutes } from '../../src/admin/routes/health-routes.ts';
import { Tls } from '../../src/admin/tls.ts';
import { ADMIN_OPTIONS } from '../support/admin-options.ts';
import { requirement } from '../support/requirements.ts';

const openssl = requirement('openssl');
const directory = mkdtempSync(join(tmpdir(), 'postward-tls-'));
const file = (name: string): string => join(directory, name);

function makeCertificate(name: string, key = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', ...key, '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)],
    ],
    { stdio: 'ignore' },
  );
}

function use(name: string): void {
  copyFileSync(file(`${name}.key`), file('key'));
  copyFileSync(file(`${name}.pem`), file('certificate'));
}

const files = { certificate: file('certificate'), key: file('key') };

/** The name in the certificate that is shown, and the answer's status. */
function ask(address: string): Promise<[string | undefined, number | undefined]> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve, reject) => {
    request({ host, port, path: '/healthz', agent: false, rejectUnauthorized: false }, (answer) => {
      const name = (answer.socket as TLSSocket).getPeerCertificate().subject.CN;
      answer.resume();
      resolve([Array.isArray(name) ? name[0] : name, answer.statusCode]);
    })
      .on('error', reject)
      .end();
  });
}

describe.skipIf(!openssl.isMet)('the certificate of the admin address', () => {
  beforeAll(() => {
    makeCertificate('first');
    makeCertificate('second');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('is shown; a new one is shown to new connections, a broken one to nobody', async () => {
    use('first');
    const events: string[] = [];
    const listener = await openAdmin(
      { kind: 'tcp', host: '127.0.0.1', port: 0 },
      {
        ...ADMIN_OPTIONS,
        routes: [healthRoutes({ checks: () => [] }, '1')],
        tls: files,
        tlsLookEveryMs: 20,
        onTlsReload: () => events.push('reload'),
        onTlsFailure: (reason) => events.push(reason),
      },
    );
    expect(await ask(listener.address)).toEqual(['first', 200]);
    use('second');
    while (!events.includes('reload')) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await ask(listener.address)).toEqual(['second', 200]);

    events.length = 0;
    writeFileSync(files.key, 'nonsense');
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(events[0]).toMatch(/^`.*certificate` and `.*key` are no certificate and key/);
    expect(await ask(listener.address)).toEqual(['second', 200]);
    await expect(fetch(`http://${listener.address}/healthz`)).rejects.toThrow('fetch failed');
    await listener.close(1000);
    await expect(ask(listener.address)).rejects.toThrow('ECONNREFUSED');
  });

  test('a handshake that was begun holds up no end', async () => {
    use('first');
    const listener = await openAdmin(
      { kind: 'tcp', host: '127.0.0.1', port: 0 },
      { ...ADMIN_OPTIONS, routes: [healthRoutes({ checks: () => [] }, '1')], tls: files },
    );
    const [host = '', port = ''] = listener.address.split(':');
    const silent = connect(Number(port), host).on('error', () => {});
    await once(silent, 'connect');
    // So that the server has accepted it, too.
    await ask(listener.address);
    await listener.close(50);
    silent.destroy();
  });

  test('and its key must be there, and belong together', async () => {
    const open = (certificate: string, key: string) =>
      Tls.open({ files: { certificate, key }, onReload: () => {}, onFailure: () => {} });
    await expect(open(file('first.pem'), file('second.key'))).rejects.toThrow(
      `\`${file('second.key')}\` is not the key of \`${file('first.pem')}\``,
    );
    makeCertificate('rsa', ['rsa:2048']);
    await expect(open(file('rsa.pem'), file('second.key'))).rejects.toThrow(
      `\`${file('second.key')}\` is not the key of \`${file('rsa.pem')}\``,
    );
    await expect(open(file('missing'), file('first.key'))).rejects.toThrow(/cannot read `.*missing`/);
    await expect(open(file('first.key'), file('first.pem'))).rejects.toThrow('are no certificate and key');
  });
});
