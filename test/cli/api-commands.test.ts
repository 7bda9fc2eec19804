/** The commands that ask a running daemon, over its local socket and over its address. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/cli.ts';
import { expiryOf, sinceOf } from '../../src/cli/expiry.ts';
import { ADMIN_TOKEN, ApiDaemon } from '../admin/api-daemon.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';
import { requirement } from '../support/requirements.ts';

let directory: string;
let daemon: ApiDaemon;
let terminal: FakeTerminal;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'postward-cli-'));
  daemon = await ApiDaemon.start({ data: join(directory, 'data') });
});

afterAll(async () => {
  await daemon.stop();
  rmSync(directory, { recursive: true });
});

beforeEach(() => {
  terminal = new FakeTerminal(directory);
});

const typed = (...words: string[]) => run(['node', 'postward', ...words, '--data', 'data'], terminal);

/** What a command printed, when it went well. */
async function printed(...words: string[]): Promise<string> {
  terminal.output = '';
  const exitCode = await typed(...words);
  expect({ exitCode, errors: terminal.errors }).toMatchObject({ exitCode: 0 });
  return terminal.output;
}

test('what a postmaster types at night takes effect, and can be taken back', async () => {
  const entry = ['reject_client', '192.0.2.0/24'];
  expect(await printed('list', 'add', ...entry, 'REJECT', 'spam run', '--expires', '7d')).toMatch(
    /^reject_client: 192\.0\.2\.0\/24 REJECT spam run, until \d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\n$/,
  );
  const request = { client_address: '192.0.2.77', recipient: 'a@dest.test', helo_name: 'mail.client.test' };
  expect(await daemon.decide(request)).toContain('spam run');
  expect(await printed('list', 'match', '192.0.2.77')).toBe(
    'LIST           KEY           ACTION\nreject_client  192.0.2.0/24  REJECT spam run\n',
  );
  for (const filter of [
    ['--client', '192.0.2.0/24'],
    ['--list', 'reject_client'],
    ['--list', 'client'],
  ]) {
    expect(await printed('decisions', ...filter)).toContain('NOQUEUE: reject: RCPT from');
  }
  expect(await printed('decisions', '--list', 'other')).toBe('');
  expect(await typed('decisions', '--list', 'client list')).toBe(1);
  expect(terminal.errors).toContain('or the name of a managed list, not `client list`');
  expect(await printed('list', 'rm', ...entry)).toBe('reject_client: 192.0.2.0/24 removed\n');
  expect(await daemon.decide(request)).not.toContain('spam run');
  expect(await typed('list', 'match', '192.0.2.77')).toBe(1);
  expect(await printed('audit', '--list', 'reject_client')).toMatch(
    /entry\.put\s+reject_client 192\.0\.2\.0\/24\s+REJECT spam run\n.*entry\.remove\s+reject_client 192\.0\.2\.0\/24\s+was REJECT spam run\n/,
  );
});

test('decisions are chosen by every filter, the policy among them', async () => {
  await daemon.decide({ client_address: '203.0.113.90', sender: 'x@s.test', recipient: 'y@elsewhere.test' });
  const filters = {
    client: ['203.0.113.90', '203.0.113.91'],
    sender: ['s.test', '<>'],
    recipient: ['y@elsewhere.test', 'dest.test'],
    verdict: ['reject', 'discard'],
    restriction: ['reject_unauth_destination', 'reject'],
    list: ['recipient', 'data'],
    policy: ['mx', 'other'],
  };
  const asked = (which: 0 | 1, names: readonly string[]) =>
    Object.entries(filters).flatMap(([name, values]) => [
      `--${name}`,
      values[names.includes(name) ? which : 0] ?? '',
    ]);
  expect(await printed('decisions', ...asked(0, []))).toContain('203.0.113.90');
  for (const name of Object.keys(filters)) expect(await printed('decisions', ...asked(1, [name]))).toBe('');
});

test('decisions to come have no beginning and no number', async () => {
  for (const flag of [
    ['--since', '1h'],
    ['--limit', '5'],
  ]) {
    terminal.errors = '';
    expect(await typed('decisions', '--follow', ...flag)).toBe(2);
    expect(terminal.errors).toContain(`option '--follow' cannot be used with option '${flag[0]}`);
  }
});

test('the audit trail tells what of an entry was changed', async () => {
  await printed('list', 'create', 'told');
  const add = (...words: string[]) => printed('list', 'add', 'told', '192.0.2.1', ...words);
  await add('REJECT');
  await add('REJECT', '--expires', '2080-01-01');
  await add('REJECT', '--expires', '2080-01-01', '--comment', 'ticket 7');
  await add('OK', '--comment', 'ticket 7');
  const lines = (await printed('audit', '--list', 'told', '--key', '192.0.2.1'))
    .trimEnd()
    .split('\n')
    .slice(1);
  expect(lines.map((line) => line.split(/ {2,}/).at(-1))).toEqual([
    'REJECT',
    'REJECT; until further notice → 2080-01-01T00:00:00Z',
    'REJECT; comment none → `ticket 7`',
    'REJECT → OK; until 2080-01-01T00:00:00Z → further notice',
  ]);
});

test('lists are made, shown, searched and dropped', async () => {
  expect(await printed('list', 'create', 'night', '--kind', 'sender', '--description', 'by hand')).toBe(
    'night: sender\n',
  );
  await printed('list', 'add', 'night', 'spam.example', 'REJECT', '--comment', 'ticket 4711');
  await printed('list', 'add', 'night', 'bob@spam.example', 'OK');
  expect(await printed('list', 'ls')).toMatch(/^NAME .*\nnight +sender +2 +0 +no +by hand\nreject_client +/);
  const shown = await printed('list', 'show', 'night', '--contains', '4711');
  expect(shown).toMatch(
    /^KEY +ACTION +EXPIRES +CHANGED +COMMENT\nspam\.example +REJECT +never +\S+ local\S* +ticket 4711\n$/,
  );
  expect(JSON.parse(await printed('list', 'show', 'night', 'bob@spam.example', '--json'))).toMatchObject({
    key: 'bob@spam.example',
    action: 'OK',
  });
  expect(JSON.parse(await printed('list', 'show', 'night', '--prefix', 'bob', '--json'))).toHaveLength(1);
  await printed('list', 'drop', 'night');
  expect(await printed('list', 'ls')).not.toContain('night');
});

test('entries whose time is over, and entries that are not shown, are told', async () => {
  await printed('list', 'create', 'brief');
  await printed('list', 'add', 'brief', '192.0.2.1', 'REJECT', '--expires', '1s');
  await printed('list', 'add', 'brief', '192.0.2.2', 'REJECT', '--expires', '2080-01-01');
  await setTimeout(2000);
  const shown = await printed('list', 'show', 'brief');
  expect(shown).toMatch(/^192\.0\.2\.1 +REJECT +expired \d{4}-\S+Z +\d{4}-/m);
  expect(shown).toMatch(/^192\.0\.2\.2 +REJECT +2080-01-01T00:00:00Z +\d{4}-/m);
  expect(terminal.errors).toBe('');
  expect(await printed('list', 'show', 'brief', '--limit', '1')).not.toContain('192.0.2.2');
  expect(terminal.errors).toContain('postward: brief has more entries than these');
});

test('an entry that is not there is told, and keeps no other in its list', async () => {
  await printed('list', 'create', 'thin');
  for (const key of ['192.0.2.1', '192.0.2.3']) await printed('list', 'add', 'thin', key, 'REJECT');
  expect(await typed('list', 'rm', 'thin', '192.0.2.1', '192.0.2.2', '192.0.2.3')).toBe(1);
  expect(terminal.output).toMatch(/thin: 192\.0\.2\.1 removed\nthin: 192\.0\.2\.3 removed\n$/);
  expect(terminal.errors).toContain('there is no entry `192.0.2.2` in the list `thin`');
});

test('what takes something away tells programs what, too', async () => {
  await printed('list', 'create', 'brief');
  for (const key of ['192.0.2.1', '192.0.2.2']) await printed('list', 'add', 'brief', key, 'REJECT');
  const removed = await printed('list', 'rm', 'brief', '192.0.2.1', '192.0.2.2', '--json');
  expect(
    removed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { key: '192.0.2.1', action: 'REJECT' },
    { key: '192.0.2.2', action: 'REJECT' },
  ]);
  expect(JSON.parse(await printed('list', 'drop', 'brief', '--json'))).toMatchObject({ outcome: 'removed' });
  const { id } = JSON.parse(await printed('token', 'create', 'brief', '--json'));
  expect(JSON.parse(await printed('token', 'rm', 'brief', '--json'))).toMatchObject({ id, name: 'brief' });
});

describe('import and export', () => {
  const table = (entries: number) =>
    Array.from(
      { length: entries },
      (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255} REJECT no ${i}\n`,
    ).join('');

  test('a table of access(5) goes in, comes out, and is what it was', async () => {
    await printed('list', 'create', 'bulk', '--kind', 'client');
    writeFileSync(join(directory, 'table'), table(5_100));
    expect(await printed('list', 'import', 'bulk', 'table')).toBe(
      'bulk: 5100 created, 0 changed, 0 unchanged, 0 removed\n',
    );
    await printed('list', 'export', 'bulk', '--output', 'out');
    const lines = readFileSync(join(directory, 'out'), 'utf8').split('\n');
    expect(lines.filter((line) => /^10\./.test(line))).toHaveLength(5_100);
    expect(await printed('list', 'import', 'bulk', 'out')).toContain('0 created, 0 changed, 5100 unchanged');
    for (const format of ['csv', 'ndjson']) {
      await printed('list', 'export', 'bulk', '--format', format, '--output', `out.${format}`);
      expect(await printed('list', 'import', 'bulk', `out.${format}`)).toContain('5100 unchanged');
    }
  });

  test('an export tells what no table can say, and leaves out what is over', async () => {
    await printed('list', 'create', 'odd', '--kind', 'helo');
    await printed('list', 'add', 'odd', '"abc', 'REJECT', '--comment', 'private');
    await printed('list', 'add', 'odd', '#tag', 'REJECT');
    await printed('list', 'add', 'odd', 'victim.example', 'REJECT', 'forever');
    await printed('list', 'create', 'copy', '--kind', 'helo');
    await printed('list', 'export', 'odd', '--output', 'odd');
    expect(terminal.errors).toBe(
      'postward: 2 entries are left out: no table can have such a key; `--format csv` writes all\n',
    );
    terminal.errors = '';
    expect(await printed('list', 'import', 'copy', 'odd')).toContain('1 created');
    expect(JSON.parse(await printed('list', 'show', 'copy', '--json'))).toMatchObject([
      { key: 'victim.example', comment: '' },
    ]);
    await printed('list', 'export', 'odd', '--format', 'csv', '--output', 'odd.csv');
    expect(terminal.errors).toBe('');
    expect(await printed('list', 'import', 'odd', 'odd.csv')).toContain('3 unchanged');
  });

  test('what is in force already is told when a later part is refused', async () => {
    const full = await ApiDaemon.start({
      data: join(directory, 'full'),
      settings: { LISTS__MAX_ENTRIES: '5500' },
    });
    writeFileSync(join(directory, 'table'), table(6000));
    const words = ['node', 'postward', 'list', 'import', 'reject_client', 'table', '--data', 'full'];
    expect(await run(words, terminal)).toBe(1);
    await full.stop();
    expect(terminal.errors).toMatch(
      /^postward: reject_client: 5000 created, 0 changed, 0 unchanged, 0 removed; and then:\npostward: .*5500/,
    );
  });

  test('--replace removes what the file does not have; --dry-run changes nothing', async () => {
    await printed('list', 'create', 'few');
    writeFileSync(join(directory, 'table'), table(10));
    await printed('list', 'import', 'few', 'table');
    writeFileSync(join(directory, 'table'), table(3).replace('no 1', 'never'));
    const told = 'few: 0 created, 1 changed, 2 unchanged, 7 removed';
    expect(await printed('list', 'import', 'few', 'table', '--replace', '--dry-run')).toBe(
      `${told} (nothing was changed: --dry-run)\n`,
    );
    expect(JSON.parse(await printed('list', 'show', 'few', '--json'))).toHaveLength(10);
    expect(await printed('list', 'import', 'few', 'table', '--replace')).toBe(`${told}\n`);
    expect(JSON.parse(await printed('list', 'show', 'few', '--json'))).toHaveLength(3);
  });

  test('--replace with an empty file removes nothing unless that is meant', async () => {
    await printed('list', 'create', 'kept');
    writeFileSync(join(directory, 'empty'), '# nothing\n');
    expect(await printed('list', 'import', 'kept', 'empty', '--replace')).toContain('0 removed');
    writeFileSync(join(directory, 'table'), table(3));
    await printed('list', 'import', 'kept', 'table');
    expect(await typed('list', 'import', 'kept', 'empty', '--replace')).toBe(1);
    expect(terminal.errors).toContain(
      '`empty` has no entries: --replace would remove all 3 entries of `kept`\nhelp: add --force',
    );
    terminal.errors = '';
    expect(await printed('list', 'import', 'kept', 'empty', '--replace', '--dry-run')).toContain('3 removed');
    expect(JSON.parse(await printed('list', 'show', 'kept', '--json'))).toHaveLength(3);
    expect(await printed('list', 'import', 'kept', 'empty', '--replace', '--force')).toContain('3 removed');
  });

  test('a file with mistakes changes nothing, and each is told with its line', async () => {
    writeFileSync(join(directory, 'broken'), '192.0.2.1 REJECT\n192.0.2.2\n');
    await printed('list', 'create', 'other', '--kind', 'client');
    writeFileSync(join(directory, 'twice'), '192.0.2.1 REJECT\n192.0.2.2 OK\n192.0.2.1 OK\n192.0.2.2 OK\n');
    expect(await typed('list', 'import', 'other', 'twice')).toBe(2);
    expect(terminal.errors).toMatch(/^twice:3: line 1 has another entry for `192\.0\.2\.1`\n/);
    terminal.errors = '';
    expect(await typed('list', 'import', 'other', 'broken')).toBe(2);
    expect(terminal.errors).toMatch(/^broken:2: .*\n {2}help: .*\npostward: nothing was changed\n$/s);
    writeFileSync(
      join(directory, 'latin1'),
      Buffer.from('192.0.2.1 OK\n192.0.2.2 REJECT Gr\xfc\xdfe\n', 'latin1'),
    );
    await expect(printed('list', 'import', 'other', 'latin1')).rejects.toThrow();
    expect(terminal.errors).toContain('line 2 of `latin1` is not UTF-8');
    writeFileSync(join(directory, 'large'), '');
    truncateSync(join(directory, 'large'), 600 * 2 ** 20);
    terminal.errors = '';
    expect(await typed('list', 'import', 'other', 'large')).not.toBe(0);
    expect(terminal.errors).toMatch(/large` has more than 524288000 bytes/);
    const spelt = [
      '2001:db8::7 REJECT',
      '2001:0db8::7 OK',
      '192.0.2.9/32 REJECT',
      '192.0.2.9 OK',
      '192.0.2.8/32 OK',
      '192.0.2.8 OK',
    ];
    writeFileSync(join(directory, 'twice'), `${spelt.join('\n')}\n`);
    terminal.errors = '';
    expect(await typed('list', 'import', 'other', 'twice')).toBe(2);
    expect(terminal.errors.match(/^twice:.*$/gm)).toEqual([
      'twice:2: line 1 has another entry for `2001:0db8::7`, as `2001:db8::7`',
      'twice:4: line 3 has another entry for `192.0.2.9`, as `192.0.2.9/32`',
    ]);
    writeFileSync(join(directory, 'broken'), `${table(5050)}not/a/key REJECT\n`);
    terminal.errors = '';
    expect(await typed('list', 'import', 'other', 'broken')).toBe(2);
    expect(terminal.errors).toMatch(
      /^broken:5051: .*`not\/a\/key`\n {2}help: .*\npostward: nothing was changed\n$/,
    );
    writeFileSync(join(directory, 'broken'), '# night\n192.0.2.1 OK\n\n192.0.2.2 REJCT\n192.0.2.3/24 OK\n');
    for (const dryRun of [['--dry-run'], []]) {
      terminal.errors = '';
      expect(await typed('list', 'import', 'other', 'broken', ...dryRun)).toBe(2);
      expect(terminal.errors.match(/^broken:\d+: \w+: |^ {2}help: .*/gm)).toEqual([
        'broken:4: action: ',
        '  help: did you mean `REJECT`?',
        'broken:5: key: ',
        '  help: write `192.0.2.0/24` for the network, or `192.0.2.3` for the one address',
      ]);
    }
    expect(JSON.parse(await printed('list', 'show', 'other', '--json'))).toEqual([]);
  });
});

describe('tokens', () => {
  test('are made, used at the address, shown and revoked', async () => {
    await printed('list', 'create', 'shift');
    const token = (
      await printed(
        'token',
        'create',
        'night shift',
        '--scope',
        'lists',
        '--list',
        'shift',
        '--expires',
        '1d',
      )
    ).trim();
    expect(token).toMatch(/^pw_/);
    expect(terminal.errors).toContain('cannot be shown again');
    const remote = new FakeTerminal(directory);
    remote.environment = { POSTWARD_TOKEN: token };
    const typedRemotely = (...words: string[]) =>
      run(['node', 'postward', ...words, '--api', daemon.url], remote);
    expect(await typedRemotely('list', 'add', 'shift', '203.0.113.9', 'REJECT')).toBe(0);
    expect(await typedRemotely('list', 'add', 'reject_client', '203.0.113.9', 'REJECT')).toBe(1);
    expect(await typedRemotely('audit')).toBe(1);
    expect(remote.errors).toContain('`postward token create --scope` makes one');
    expect(await printed('token', 'ls')).toMatch(/night shift +lists +shift +\d{4}-\d{2}-\d{2} +\S+Z +\S+Z/);
    await printed('token', 'rm', 'night shift');
    expect(await typedRemotely('list', 'ls')).toBe(1);
    expect(remote.errors).toContain('the token is not known, or its time is over');
  });

  test('may be held to actions', async () => {
    await printed('list', 'create', 'held');
    const words = ['--scope', 'lists', '--list', 'held', '--action', 'reject', '5nn'];
    const token = (await printed('token', 'create', 'robot', ...words)).trim();
    expect(await printed('token', 'ls')).toMatch(/robot +lists +held .* REJECT,5NN$/m);
    const remote = new FakeTerminal(directory);
    remote.environment = { POSTWARD_TOKEN: token };
    const add = (...action: string[]) =>
      run(['node', 'postward', 'list', 'add', 'held', '192.0.2.1', ...action, '--api', daemon.url], remote);
    expect(await add('550', 'no')).toBe(0);
    expect(await add('OK')).toBe(1);
    expect(remote.errors).toContain('body/action: one of the actions that the token is held to: REJECT, 5NN');
  });

  test('that are not there are told before any is revoked', async () => {
    await printed('token', 'create', 'stays');
    expect(await typed('token', 'rm', 'stays', 'nobody')).toBe(1);
    expect(terminal.errors).toContain('there is no token `nobody`; nothing was revoked');
    expect(await printed('token', 'ls')).toContain('stays');
  });
});

test('status tells health and sockets', async () => {
  const text = await printed('status');
  expect(text).toMatch(/^\S+ postward \d+\.\d+\.\d+, up since \d{4}-\S+Z\n/);
  expect(text).toMatch(/SOCKET +POLICY\n127\.0\.0\.1:\d+ +mx\n$/);
  expect(JSON.parse(await printed('status', '--json'))).toHaveProperty('health.checks');
});

describe('what goes wrong is told with a cure', () => {
  test('nobody there', async () => {
    expect(await run(['node', 'postward', 'list', 'ls', '--data', 'elsewhere'], terminal)).toBe(1);
    expect(terminal.errors).toContain(
      `nobody answers at \`unix:${directory}/elsewhere/admin.sock\`: no such socket`,
    );
    expect(terminal.errors).toContain('is the daemon running, and is this its data directory?');
  });

  test('an address without a token', async () => {
    expect(await typed('list', 'ls', '--api', daemon.url)).toBe(1);
    expect(terminal.errors).toContain('POSTWARD_TOKEN is not set');
  });

  test('a key and an action that are none, field by field', async () => {
    expect(await typed('list', 'add', 'reject_client', '192.0.2.0/33', 'REJECT')).toBe(1);
    expect(terminal.errors).toContain('params/key');
    expect(await typed('list', 'add', 'reject_client', '192.0.2.1', 'FILTER')).toBe(1);
    expect(terminal.errors).toContain('body/action');
    expect(await typed('list', 'add', 'reject_client', '192.0.2.1', 'REJECT', '--expires', 'soon')).toBe(1);
    expect(terminal.errors).toContain('`soon` is no time');
    expect(await typed('list', 'add', 'reject_client', '192.0.2.1', 'REJCT')).toBe(1);
    expect(terminal.errors.match(/`REJCT`/g), 'said once').toHaveLength(1);
    expect(terminal.errors).toContain('body/action: did you mean `REJECT`?');
  });
});

test('a token of the environment is used at the address', async () => {
  terminal.environment = { POSTWARD_TOKEN: ADMIN_TOKEN, POSTWARD_API: daemon.url };
  expect(await printed('list', 'ls')).toContain('NAME');
});

test('times: how long from now, or until when', () => {
  const now = Date.parse('2026-11-22T10:00:00Z');
  expect(expiryOf('7d', now)).toBe('2026-11-29T10:00:00.000Z');
  expect(expiryOf('7d', now + 1)).toBe('2026-11-29T10:00:01.000Z');
  expect(expiryOf('2026-12-31', now)).toBe('2026-12-31T00:00:00.000Z');
  expect(expiryOf('2026-12-31T08:00Z', now)).toBe('2026-12-31T08:00:00.000Z');
  expect(sinceOf('1h', now)).toBe('2026-11-22T09:00:00.000Z');
  for (const unclear of ['7', '7month', '3months', '1.5h', '-1h', '']) {
    expect(() => expiryOf(unclear, now)).toThrow(`\`${unclear}\` is no time`);
    expect(() => sinceOf(unclear, now)).toThrow(`\`${unclear}\` is no time`);
  }
  expect(() => expiryOf('2026-13-31', now)).toThrow('`2026-13-31` is no time');
  expect(() => expiryOf('2026-02-30', now)).toThrow('`2026-02-30` is no time');
});

describe('completion', () => {
  const zsh = requirement('zsh');
  const SHELLS = [
    { shell: 'bash', before: '', isHere: true },
    // As its completion runs functions of bash: zshcompsys(1), bashcompinit.
    { shell: 'zsh', before: 'autoload -U compinit; compinit -D; setopt ksh_arrays\n', isHere: zsh.isMet },
  ];

  test.each(SHELLS.filter(({ isHere }) => isHere))(
    'for $shell knows commands, flags and values',
    async ({ shell, before }) => {
      await run(['node', 'postward', 'completion', shell], terminal);
      const complete = (...words: string[]) => {
        const asked = `COMP_WORDS=(postward ${words.join(' ')})\nCOMP_CWORD=${words.length}\n_postward\necho "\${COMPREPLY[@]}"`;
        const { stdout, stderr } = spawnSync(shell, ['-c', `${before}${terminal.output}\n${asked}`], {
          encoding: 'utf8',
        });
        expect(stderr).toBe('');
        return stdout.trim().split(' ');
      };
      // zsh leaves it to whoever called to pick those that begin so.
      expect(complete('li')).toContain('list');
      expect(complete('list', 'im')).toContain('import');
      expect(complete('list', 'import', 'x', 'y', '--r')).toContain('--replace');
      expect(complete('decisions', '--verdict', 'rej')).toContain('reject');
      expect(complete('decisions', '--verdict', 'rej')).not.toContain('--verdict');
      expect(complete('completion', '""')).toContain('zsh');
      // A file, or whatever one likes.
      expect(complete('serve', '--config', '""')).toEqual(['']);
      expect(complete('list', 'add', 'x', 'y', 'REJECT', '--expires', '""')).toEqual(['']);
    },
  );
});
