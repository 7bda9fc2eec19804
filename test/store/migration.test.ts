/** A store of the first version, where each entry of a dropped list had a tombstone, in the hands of this one. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { openKeptLists } from '../../src/lists/kept-lists.ts';
import { DROP_KEY, registerKey } from '../../src/store/list-records.ts';
import { registerHash, wrapDigest } from '../../src/store/register-hash.ts';
import { migrate } from '../../src/store/schema.ts';
import { applied, close, dataDirectory, makeList, openTestLists, put, sound } from '../lists/memory-lists.ts';

const stamp = (count: number) => `019aa1b2c3d4-${count.toString(16).padStart(4, '0')}-aaaaaaaa`;
const AT = Number.parseInt(stamp(0).slice(0, 12), 16);

interface FirstList {
  readonly stamp: string;
  readonly isDeleted: boolean;
  readonly entries: Readonly<Record<string, string>>;
}

/** By list: its stamp, whether it was dropped, and its entries with what they have. */
const LISTS: Readonly<Record<string, FirstList>> = {
  kept: { stamp: stamp(1), isDeleted: false, entries: { 'a.example': stamp(2), 'b.example': stamp(3) } },
  // Another server has put `f.example` into it without knowing of the drop.
  revived: { stamp: stamp(5), isDeleted: true, entries: { 'e.example': stamp(4), 'f.example': stamp(6) } },
  dropped: { stamp: stamp(9), isDeleted: true, entries: { 'c.example': stamp(8), 'd.example': stamp(8) } },
};

function writeFirstVersion(directory: string): void {
  const database = new DatabaseSync(join(directory, 'postward.db'));
  migrate(database, 1);
  const list = database.prepare(
    "INSERT INTO list VALUES (?, 'client', ?, ?, 'who', ?, 'who', ?, ?, 0, ?, ?)",
  );
  const entry = database.prepare(
    "INSERT INTO entry VALUES (?, ?, 'name', ?, '', '', NULL, ?, 'who', ?, 'who', ?, ?, 0)",
  );
  for (const [name, { stamp: of, isDeleted, entries }] of Object.entries(LISTS)) {
    let digest = registerHash(name, '', of);
    for (const [key, own] of Object.entries(entries)) {
      digest = wrapDigest(digest + registerHash(name, key, own));
      const isGone = isDeleted && own < of;
      entry.run(name, key, isGone ? '' : 'REJECT', AT, AT, own, isGone ? 1 : 0);
    }
    list.run(name, isDeleted ? '' : 'text', AT, AT, of, isDeleted ? 1 : 0, digest, 3);
  }
  database.close();
}

it('is not read by a command before a daemon has brought it up to date', () => {
  const directory = dataDirectory();
  writeFirstVersion(directory);
  const told: string[] = [];
  const kept = openKeptLists(directory, (list, reason) => told.push(`${list}: ${reason}`));
  onTestFinished(() => kept.close());
  const table = kept.tables.open('kept');
  expect('error' in table ? table.error : table.lookup('a.example')).toBeUndefined();
  expect(told).toEqual([expect.stringMatching(/^kept: an earlier Postward has written them/)]);
});

it('goes on with its lists, and has one register of each list that was dropped', async () => {
  const directory = dataDirectory();
  writeFirstVersion(directory);
  const opened = await openTestLists({ directory, now: () => AT + 1000 });
  const { lists } = opened;
  expect(lists.list('kept')).toMatchObject({ kind: 'client', description: 'text', entries: 2 });
  expect(lists.match('a.example')).toHaveLength(1);
  expect(lists.list('dropped')).toBeUndefined();
  expect(lists.list('revived')).toMatchObject({ kind: 'client', entries: 1 });
  const [register, ...others] = sound(await lists.registers('dropped', undefined, 10));
  expect(others).toEqual([]);
  expect(register).toMatchObject({ kind: 'drop', listKind: 'client', stamp: stamp(9), changedBy: 'who' });
  expect(register && registerKey(register)).toBe(DROP_KEY);

  // What it has added up is what a server has that was told all of it.
  const { lists: other } = await openTestLists({ now: () => AT + 1000 });
  for (const name of Object.keys(LISTS)) {
    await other.merge(sound(await lists.registers(name, undefined, 10)), 'elsewhere');
  }
  expect(sound(await lists.digests())).toEqual(sound(await other.digests()));
  for (const name of Object.keys(LISTS)) expect(lists.list(name)?.version).toBe(other.list(name)?.version);
  await lists.buried();
  await applied(lists, makeList('dropped'), put('dropped', 'c.example'));
  expect(sound(await lists.search({ list: 'dropped' }))).toMatchObject({ entries: [{ key: 'c.example' }] });
  await close(opened);
});
