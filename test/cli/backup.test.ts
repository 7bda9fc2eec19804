/** Backups taken while the store is edited, and `explain` beside a daemon. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { applied, close, dataDirectory, makeList, openTestLists, put } from '../lists/memory-lists.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';

async function postward(directory: string, ...words: string[]) {
  const terminal = new FakeTerminal(directory);
  const code = await run(['node', 'postward', ...words], terminal);
  return { code, out: terminal.output, error: terminal.errors };
}

it('a backup is of one moment, while edits go on', async () => {
  const directory = dataDirectory();
  const program = join(import.meta.dirname, '../store/edit-stream.ts');
  const stream = spawn(process.execPath, [program, join(directory, 'data'), '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    stream.kill('SIGKILL');
  });
  let output = '';
  stream.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const puts = () => output.split('\n').filter((line) => line.startsWith('put ')).length;
  while (puts() < 50) await once(stream.stdout, 'data');
  for (const at of [1, 2, 3]) {
    const before = output
      .split('\n')
      .slice(0, -1)
      .flatMap((line) => (line.startsWith('put ') ? [Number(line.slice('put '.length))] : []))
      .filter((number) => number % 3 !== 0);
    const target = join(directory, `copy${at}.db`);
    const { code, out } = await postward(directory, 'backup', `copy${at}.db`, '--data', 'data');
    expect(code).toBe(0);
    expect(out).toContain(target);
    expect(out, 'an old log would be taken for a part of the copy').toContain('remove ');
    const restored = join(directory, `restored${at}`);
    mkdirSync(restored);
    renameSync(target, join(restored, 'postward.db'));
    const opened = await openTestLists({ directory: restored });
    const table = opened.lists.looks.open('stream');
    if ('error' in table) throw new Error(table.error);
    for (const number of before) expect(table.lookup(`host${number}.example`)).toBe(`REJECT ${number}`);
    await close(opened);
    const seen = puts();
    while (puts() < seen + 10) await once(stream.stdout, 'data');
  }
  expect(stream.exitCode).toBeNull();
});

it('a backup overwrites nothing, and leaves nothing half behind', async () => {
  const directory = dataDirectory();
  await openTestLists({ directory: join(directory, 'data') });
  writeFileSync(join(directory, 'there.db'), 'mine');
  expect((await postward(directory, 'backup', 'there.db', '--data', 'data')).error).toContain(
    'exists already',
  );
  const nowhere = await postward(directory, 'backup', 'no/where.db', '--data', 'data');
  expect(nowhere.code).toBe(1);
  expect(nowhere.error).toContain('can be written');
  expect((await postward(directory, 'backup', 'x.db', '--data', 'nothing')).error).toContain(
    'there is no store',
  );
  expect((await postward(directory, 'backup', 'x.db', '--data', 'memory')).error).toContain(
    'nothing to copy',
  );
  expect(readdirSync(directory).sort()).toEqual(['data', 'there.db']);
});

it('explain reads the lists of a daemon that runs, and says when there are none', async () => {
  const directory = dataDirectory();
  writeFileSync(
    join(directory, 'mx.cf'),
    'smtpd_client_restrictions = check_client_access list:clients\nmynetworks = list:ours\nsmtpd_recipient_restrictions = reject_unauth_destination\n',
  );
  const { lists } = await openTestLists({ directory: join(directory, 'data') });
  await applied(lists, makeList('clients'), put('clients', '192.0.2.0/24', 'REJECT spam run'));
  const words = ['explain', '--policy', 'mx.cf', '--dns', '127.0.0.1:9', '--context', 'client'];
  const request = ['client_address=192.0.2.7', 'client_name=unknown'];
  const found = await postward(directory, ...words, '--data', 'data', ...request);
  expect(found.out).toContain('spam run');
  expect(found.error).toBe('');
  const empty = await postward(directory, ...words, '--data', 'memory', ...request);
  expect(empty.out).not.toContain('spam run');
  expect(empty.error).toContain('the list `clients` is taken for an empty one');
  const checked = await postward(directory, 'check', 'mx.cf');
  expect(checked.out).not.toContain('list:');
  expect(lists.lists().map(({ name }) => name)).toEqual(['clients']);
});
