/** The settings that docs/guide/install.md has made for the service: commands find the daemon by them alone. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadSettings } from '../src/settings/load.ts';

const ROOT = join(import.meta.dirname, '..');
const DIRECTORY = '/etc/postward';

test('the settings of the service name its policies and its data', () => {
  const directory = mkdtempSync(join(tmpdir(), 'postward-install-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const guide = readFileSync(join(ROOT, 'docs/guide/install.md'), 'utf8');
  const unit = readFileSync(join(ROOT, 'config/postward.service'), 'utf8');
  const commands = /^ {4}mkdir -p \/etc\/postward .*\n {4}sed (?:.*\\\n)*.*$/m.exec(guide)?.[0] ?? '';
  expect(commands).toContain('postward.yaml');
  execFileSync('sh', ['-euc', commands.replaceAll(DIRECTORY, directory)], { cwd: ROOT });
  const file = join(directory, 'postward.yaml');
  const { settings } = loadSettings({ file, environment: {}, flags: {}, directory: '/' });
  const [, data] = /--data (\S+)/.exec(unit) ?? [];
  expect(settings).toMatchObject({ policies: join(directory, 'policies'), data });
  expect(unit).toContain(`--config ${DIRECTORY}/postward.yaml`);
});
