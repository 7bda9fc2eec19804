/**
 * The configurations of old guides to Postfix, as a user pastes them, and what
 * `postward check` tells: test/fixtures/configurations/NAME/check.txt. After a
 * change read the difference as a postmaster would, then write it anew with
 * `npx vitest run test/policy/lint/configurations.test.ts --update`.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../../src/cli/cli.ts';
import { FakeTerminal } from '../../support/fake-terminal.ts';

const CONFIGURATIONS = join(import.meta.dirname, '../../fixtures/configurations');
const POSTFIX = '/etc/postfix';

const names = readdirSync(CONFIGURATIONS);

test('there are some', () => {
  expect(names.length).toBeGreaterThan(10);
});

test.each(names)('%s', async (name) => {
  // As long as the real one, so that nothing in the output moves when it is put back.
  const directory = mkdtempSync('/tmp/p');
  expect(directory).toHaveLength(POSTFIX.length);
  try {
    cpSync(join(CONFIGURATIONS, name), directory, { recursive: true });
    rmSync(join(directory, 'check.txt'), { force: true });
    for (const file of readdirSync(directory)) {
      const text = readFileSync(join(directory, file), 'utf8');
      writeFileSync(join(directory, file), text.replaceAll(POSTFIX, directory));
    }
    const terminal = new FakeTerminal(directory);
    const status = await run(['node', 'postward', 'check', join(directory, 'main.cf')], terminal);
    expect(terminal.errors).toBe('');
    const output = terminal.output.replaceAll(directory, POSTFIX);
    await expect(`$ postward check ${POSTFIX}/main.cf\n${output}$ echo $?\n${status}\n`).toMatchFileSnapshot(
      join(CONFIGURATIONS, name, 'check.txt'),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.each(['mx.cf', 'submission.cf'])('the shipped %s has no mistakes and no doubts', async (name) => {
  const terminal = new FakeTerminal('/');
  const file = join(import.meta.dirname, '../../../policies', name);
  expect(await run(['node', 'postward', 'check', '--strict', file], terminal)).toBe(0);
  expect(terminal.output).toMatch(/: no errors, no warnings\n$/);
});
