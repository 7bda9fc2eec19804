/**
 * The configurations of old guides to Postfix, as a user pastes them, and what
 * `postward import` tells, without and with `--fix`:
 * test/fixtures/configurations/NAME/import.txt. After a change read the
 * difference as a postmaster would, then write it anew with
 * `npx vitest run test/import/configurations.test.ts --update`.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';

const CONFIGURATIONS = join(import.meta.dirname, '../fixtures/configurations');
const POSTFIX = '/etc/postfix';
const GOLDENS = ['check.txt', 'import.txt'];

const names = readdirSync(CONFIGURATIONS);

test('there is one for each section, A to H', () => {
  expect(new Set(names.map((name) => name[0]))).toEqual(new Set('abcdefgh'));
});

test.each(names)('%s', async (name) => {
  // As long as the real one, so that nothing in the output moves when it is put back.
  const directory = mkdtempSync('/tmp/p');
  try {
    cpSync(join(CONFIGURATIONS, name), directory, { recursive: true });
    for (const golden of GOLDENS) rmSync(join(directory, golden), { force: true });
    for (const file of readdirSync(directory)) {
      const text = readFileSync(join(directory, file), 'utf8');
      writeFileSync(join(directory, file), text.replaceAll(POSTFIX, directory));
    }
    const words = [join(directory, 'main.cf')];
    if (existsSync(join(directory, 'master.cf'))) words.push('--master', join(directory, 'master.cf'));
    const transcripts: string[] = [];
    for (const flags of [[], ['--fix']]) {
      const terminal = new FakeTerminal(directory);
      const status = await run(['node', 'postward', 'import', ...words, ...flags], terminal);
      expect(terminal.errors).toBe('');
      const command = ['postward import', ...words, ...flags].join(' ');
      transcripts.push(`$ ${command}\n${terminal.output}$ echo $?\n${status}\n`);
    }
    const golden = transcripts.join('\n').replaceAll(directory, POSTFIX);
    await expect(golden).toMatchFileSnapshot(join(CONFIGURATIONS, name, 'import.txt'));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
