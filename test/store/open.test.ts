/** What the operator is told when the data directory cannot be used. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openLists, openStore } from '../../src/lists/open-lists.ts';
import { backupStore } from '../../src/store/backup.ts';
import { migrate, SCHEMA_VERSION } from '../../src/store/schema.ts';
import { Store } from '../../src/store/store.ts';
import { OperatorError } from '../../src/util/operator-error.ts';
import { applied, close, dataDirectory, makeList, openTestLists, put } from '../lists/memory-lists.ts';

/** Message and help, for one assertion. */
async function refusal(directory: string): Promise<string> {
  try {
    const store = await openStore({ data: directory });
    const lists = await openLists(store);
    await close({ store, lists });
  } catch (error) {
    if (error instanceof OperatorError) return `${error.message}; ${error.help}`;
    throw error;
  }
  throw new Error('it was opened');
}

async function filledDirectory(entries = 3000): Promise<string> {
  const directory = dataDirectory();
  const opened = await openTestLists({ directory });
  const edits = Array.from({ length: entries }, (_, at) => put('a', `host${at}.example`, `REJECT ${at}`));
  await applied(opened.lists, makeList('a'), ...edits);
  await close(opened);
  return directory;
}

describe('the store', () => {
  it('is made in a directory that is not there yet, for its owner only, and leaves one file', async () => {
    const directory = join(dataDirectory(), 'deep', 'data');
    const opened = await openTestLists({ directory });
    await applied(opened.lists, makeList('a'));
    await close(opened);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'postward.db')).mode & 0o777).toBe(0o600);
  });

  it('is for its owner only in a directory that others may read, as are its lock and what is beside it', async () => {
    const directory = dataDirectory();
    chmodSync(directory, 0o755);
    const modes = () =>
      new Map(readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]));
    const first = await openTestLists({ directory });
    await applied(first.lists, makeList('a'));
    const names = ['lock', 'postward.db', 'postward.db-shm', 'postward.db-wal'];
    expect([...modes().keys()]).toEqual(expect.arrayContaining(names));
    expect(new Set(modes().values())).toEqual(new Set([0o600]));
    const copies = dataDirectory();
    for (const name of names) copyFileSync(join(directory, name), join(copies, name));
    await close(first);
    // As a copy that was put back leaves them, or an earlier version.
    for (const name of names) {
      copyFileSync(join(copies, name), join(directory, name));
      chmodSync(join(directory, name), 0o644);
    }
    const again = await openTestLists({ directory });
    expect([...modes().keys()]).toEqual(expect.arrayContaining(names));
    expect(new Set(modes().values())).toEqual(new Set([0o600]));
    expect(again.lists.list('a')).toBeDefined();
  });

  it('is copied for its owner only', async () => {
    const directory = await filledDirectory(1);
    const target = join(dataDirectory(), 'backup.db');
    backupStore(directory, target);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    copyFileSync(target, join(directory, 'postward.db'));
    const { lists } = await openTestLists({ directory });
    expect(lists.list('a')?.entries).toBe(1);
  });

  it('is not used by two at a time', async () => {
    const directory = dataDirectory();
    await openTestLists({ directory });
    const answer = await refusal(directory);
    expect(answer).toContain(`another Postward is using the data directory \`${directory}\``);
    expect(answer).toContain('setting `data`');
  });

  it('is not used by two processes at a time', async () => {
    const directory = dataDirectory();
    await openTestLists({ directory });
    const program = `const { Store } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/store/store.ts'))});
      await Store.open({ directory: ${JSON.stringify(directory)} }).then(() => console.log('opened'), (error) => console.log(error.message));
      process.exit();`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(child.stdout).toContain('another Postward is using');
  });

  it('cannot be where a file is', async () => {
    const directory = join(dataDirectory(), 'file');
    writeFileSync(directory, '');
    const answer = await refusal(directory);
    expect(answer).toContain(`\`${directory}\``);
    expect(answer).toContain('setting `data`');
  });

  it('that an earlier Postward wrote keeps its tokens, which are held to no actions', async () => {
    const directory = dataDirectory();
    const database = new DatabaseSync(join(directory, 'postward.db'));
    migrate(database, 2);
    database.exec(
      "INSERT INTO token (id, name, hash, scopes, lists, created) VALUES ('a', 'old', 'ab', '[\"lists\"]', '[\"x\"]', 1)",
    );
    database.close();
    const { store } = await openTestLists({ directory });
    expect(await store.tokens.all()).toMatchObject([{ name: 'old', lists: ['x'], actions: null }]);
  });

  it('that a later Postward wrote is left alone', async () => {
    const directory = await filledDirectory(1);
    const file = join(directory, 'postward.db');
    const database = new DatabaseSync(file);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    database.close();
    const before = readFileSync(file);
    const answer = await refusal(directory);
    expect(answer).toContain(`written by a later Postward (its version is ${SCHEMA_VERSION + 1}`);
    expect(answer).toContain('put a backup from before it in its place');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("is no other program's database", async () => {
    const directory = dataDirectory();
    const database = new DatabaseSync(join(directory, 'postward.db'));
    database.exec('CREATE TABLE bookmarks (url TEXT)');
    database.close();
    expect(await refusal(directory)).toContain('a database of another program');
  });

  it.each([
    ['is no database', (bytes: Buffer) => bytes.fill('x', 0, 200)],
    ['has a damaged page', (bytes: Buffer) => bytes.fill(0xa5, 5 * 4096, bytes.length - 4096)],
    ['was cut off', (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2))],
  ])('that %s is reported with the cure', async (_, damage) => {
    const directory = await filledDirectory();
    const file = join(directory, 'postward.db');
    writeFileSync(file, damage(readFileSync(file)));
    const answer = await refusal(directory);
    expect(answer).toContain(`\`${file}\` is damaged`);
    expect(answer).toContain('newest backup in its place');
  });

  it('works again with a backup in the place of a damaged one', async () => {
    const directory = await filledDirectory(10);
    const file = join(directory, 'postward.db');
    const kept = join(dataDirectory(), 'kept.db');
    copyFileSync(file, kept);
    writeFileSync(file, 'rubbish');
    await refusal(directory);
    copyFileSync(kept, file);
    const { lists } = await openTestLists({ directory });
    expect(lists.list('a')?.entries).toBe(10);
  });

  it('answers with a failure when it has been closed', async () => {
    const store = await Store.open({ directory: undefined });
    await store.close();
    expect(await store.tokens.all()).toMatchObject({ kind: 'store-failure', code: 'closed' });
    expect(store.stats).toMatchObject({ writes: 0 });
  });
});

describe('a directory that cannot be written', () => {
  it('is reported', () => {
    const directory = join(dataDirectory(), 'data');
    mkdirSync(directory, { mode: 0o500 });
    const main = join(import.meta.dirname, '../../src/main.ts');
    const serve = [process.execPath, main, 'serve', '--data', directory];
    // Root may write everywhere.
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const [program = '', ...args] = process.getuid?.() === 0 ? [...asNobody, ...serve] : serve;
    const child = spawnSync(program, args, { encoding: 'utf8', cwd: '/', timeout: 60_000 });
    expect(child.stderr).toContain(`${directory}`);
    expect(child.stderr).toContain('let the user that Postward runs as');
    expect(child.status).toBe(1);
  });
});
