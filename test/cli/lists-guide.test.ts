/** The commands of docs/guide/lists.md, as they stand there, one after the other against a daemon. */

import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ApiDaemon } from '../admin/api-daemon.ts';
import { COMPILE_CACHE, MAIN } from '../support/daemon.ts';

const run = promisify(execFile);
const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/lists.md'), 'utf8');
const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map((found) => found[1] ?? '');

test('the commands of the guide do what it says', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postward-guide-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const daemon = await ApiDaemon.start({ data: join(directory, 'data') });
  onTestFinished(() => daemon.stop());
  writeFileSync(join(directory, 'postward'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(join(directory, 'postward'), 0o755);

  const outputs: string[] = [];
  for (const block of blocks) {
    const { stdout } = await run('sh', ['-euc', block], {
      cwd: directory,
      env: { ...process.env, PATH: `${directory}:/usr/bin:/bin`, NODE_COMPILE_CACHE: COMPILE_CACHE },
    }).catch((error: Error & { stdout: string }) => {
      throw new Error(`${block}\n${error.stdout}${error.message}`);
    });
    outputs.push(stdout);
    if (block.includes('spam run')) {
      expect(await daemon.decide({ client_address: '192.0.2.77' })).toContain('spam run');
    }
  }
  expect(await daemon.decide({ client_address: '192.0.2.77' })).not.toContain('spam run');
  expect(await daemon.decide({ client_address: '203.0.113.9' })).toBe('550 5.7.1 not today');
  const said = outputs.join('\n');
  for (const part of [
    'clients that nobody wants',
    'reject_client: 192.0.2.0/24 REJECT spam run, until ',
    'reject_client  192.0.2.0/24  REJECT spam run',
    'NOQUEUE: reject: RCPT from mail.client.test[192.0.2.77]',
    'reject_client: 192.0.2.0/24 removed',
    'was REJECT spam run',
    '2 created, 0 changed, 0 unchanged, 0 removed (nothing was changed: --dry-run)',
    'reject_client: 2 created',
  ]) {
    expect(said).toContain(part);
  }
  expect(said).toMatch(/^203\.0\.113\.0\/24\s+550 5\.7\.1 not today$/m);
  expect(blocks.length).toBeGreaterThan(4);
});
