/** docs/guide/install.md: the settings that it has made for the service, by which alone commands find the daemon, and all commands. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../src/cli/cli.ts';
import { loadSettings } from '../src/settings/load.ts';
import { FakeTerminal } from './support/fake-terminal.ts';

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

test('it names every command, and those below', async () => {
  const guide = readFileSync(join(ROOT, 'docs/guide/install.md'), 'utf8');
  const help = async (...words: string[]) => {
    const terminal = new FakeTerminal();
    await run(['node', 'postward', ...words, '--help'], terminal);
    return terminal.output;
  };
  const commands = commandsOf(await help());
  expect(commands.length).toBeGreaterThan(10);
  for (const command of commands) {
    const row = guide
      .split('\n')
      .find((line) => line.startsWith('|') && line.includes(`postward ${command}`));
    expect(row, command).toBeDefined();
    for (const below of commandsOf(await help(command))) expect(row, command).toContain(`\`${below}\``);
  }
});

function commandsOf(help: string): string[] {
  const [, list = ''] = help.split('Commands:\n');
  return Array.from(list.matchAll(/^ {2}(\w+)/gm), ([, name = '']) => name).filter((name) => name !== 'help');
}
