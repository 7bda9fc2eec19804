/** The commands of docs/guide/api.md, run one after the other against a daemon. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { requirement } from '../support/requirements.ts';
import { ADMIN_TOKEN, ApiDaemon } from './api-daemon.ts';

const run = promisify(execFile);
const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/api.md'), 'utf8');
const commands = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map((found) => found[1] ?? '');

test.skipIf(!requirement('curl').isMet)('the commands of the guide do what it says', async () => {
  const daemon = await ApiDaemon.start();
  onTestFinished(() => daemon.stop());
  await daemon.decide({ client_address: '198.51.100.9' });
  const outputs: string[] = [];
  for (const command of commands) {
    const { stdout } = await run('sh', ['-euc', command], {
      cwd: daemon.directory,
      env: { ...process.env, URL: daemon.url, TOKEN: ADMIN_TOKEN },
    }).catch((error: Error) => {
      throw new Error(`${command}\n${error.message}`);
    });
    outputs.push(stdout);
    if (command.includes('%2F24')) {
      expect(await daemon.decide({ client_address: '198.51.100.9' })).toBe('550 5.7.1 not today');
    }
  }
  const said = outputs.join('\n');
  for (const part of [
    '"token":"pw_',
    '"outcome":"created"',
    '"searched":"198.51.100.9","entry":"198.51.100.0/24"',
    '"counts":{"created":1,"changed":0,"unchanged":0,"removed":1,"absent":0}',
    '"counts":{"created":0,"changed":0,"unchanged":2,"removed":0,"absent":0}',
    '"outcome":"removed"',
    '"verdict":"reject"',
    '"errors":0',
    '"version":2',
    '"client_address":"198.51.100.9"',
    '"operation":"entry.remove"',
    '"name":"example.org"',
  ]) {
    expect(said).toContain(part);
  }
  expect(commands.length).toBeGreaterThan(10);
});
