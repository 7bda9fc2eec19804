/**
 * What a postmaster is told about each mistake. A directory here is one
 * mistake: its files, the command in `command` (default: check policy.cf), and
 * the whole answer of the real `postward` in `expected`, with the directory as
 * DIR and a port that somebody else has as PORT.
 *
 * Rewritten by `npx vitest run test/bad-config --update`; read the diff.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { COMPILE_CACHE, MAIN } from '../support/daemon.ts';

/** Tests run side by side here, and clean up each for itself. */
type OnTestFinished = TestContext['onTestFinished'];

const cases = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe.concurrent('a mistake', () => {
  test.for(cases)('%s', async (name, { expect, onTestFinished }) => {
    const transcript = await transcribe(join(import.meta.dirname, name), onTestFinished);
    expect(transcript).not.toMatch(/\n\s+at /);
    for (const complaint of complaints(transcript)) {
      expect(complaint, 'what to do').toMatch(/^(?: {2})?help: \S|`--help`| must be /m);
    }
    await expect(transcript).toMatchFileSnapshot(join(import.meta.dirname, name, 'expected'));
  });
});

test('each of them is here', () => {
  expect(cases.length).toBeGreaterThan(30);
});

/** Runs a case's command on a copy of its files. */
async function transcribe(source: string, onTestFinished: OnTestFinished): Promise<string> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'postward-bad-config-')));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const commandFile = join(source, 'command');
  const command = existsSync(commandFile) ? readFileSync(commandFile, 'utf8').trim() : 'check policy.cf';
  cpSync(source, directory, {
    recursive: true,
    filter: (path) => path !== commandFile && path !== join(source, 'expected'),
  });
  const port = command.includes('PORT') ? String(await takenPort(onTestFinished)) : 'no port';
  const child = spawn(process.execPath, [MAIN, ...command.replaceAll('PORT', port).split(' ')], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      NO_COLOR: '1',
      POSTWARD_LOG__LEVEL: 'error',
      NODE_COMPILE_CACHE: COMPILE_CACHE,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const [code] = await once(child, 'close');
  const anonymous = (text: string) => text.replaceAll(directory, 'DIR').replaceAll(port, 'PORT');
  const section = (title: string, text: string) => (text === '' ? '' : `\n── ${title}\n${anonymous(text)}`);
  return `$ postward ${command}\nexit code ${code}\n${section('standard output', output)}${section('standard error', errors)}`;
}

/** Each diagnostic and operator error with the lines that belong to it. */
function complaints(transcript: string): string[] {
  const found: string[] = [];
  for (const line of transcript.split('\n')) {
    if (/(?:^|: )(?:error|warning)\[|^postward: /.test(line)) found.push('');
    if (found.length > 0) found.push(`${found.pop()}${line}\n`);
  }
  return found;
}

/** A port that somebody listens on until the test ends. */
async function takenPort(onTestFinished: OnTestFinished): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
