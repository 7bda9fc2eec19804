/** The commands that edit lists, while the other servers cannot have it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { ApiDaemon } from '../admin/api-daemon.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';
import { freePort } from '../support/private-server.ts';

test('what other servers do not have yet is told by every command that edits', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postward-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const settings = { REDIS__URL: `redis://127.0.0.1:${await freePort()}` };
  const daemon = await ApiDaemon.start({ data: join(directory, 'data'), settings });
  onTestFinished(() => daemon.stop());
  writeFileSync(join(directory, 'file.csv'), 'key,action\n192.0.2.2,REJECT\n');
  for (const command of [
    'list create night',
    'list add night 192.0.2.1 REJECT',
    'list import night file.csv',
    'list rm night 192.0.2.1',
    'list drop night',
  ]) {
    const terminal = new FakeTerminal(directory);
    const exitCode = await run(['node', 'postward', ...command.split(' '), '--data', 'data'], terminal);
    expect({ command, exitCode, errors: terminal.errors }).toEqual({
      command,
      exitCode: 0,
      errors:
        'postward: in force here; the other servers do not have it yet, see `redis` in `postward health`\n',
    });
  }
});
