/** Killed while it drops a list or deletes its rows: what was acknowledged stays, and the rest goes on. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { close, dataDirectory, openTestLists } from '../lists/memory-lists.ts';
import { outputUntilKilled } from './until-killed.ts';

const KILLS = 6;
const ENTRIES = 12_000;
const PROGRAM = join(import.meta.dirname, 'drop-stream.ts');

function rowCount(directory: string): number {
  const database = new DatabaseSync(join(directory, 'postward.db'), { readOnly: true });
  const row = database.prepare('SELECT count(*) AS count FROM entry').get();
  database.close();
  return Number(row?.['count']);
}

it(`a list that was dropped stays so over ${KILLS} kills, and its rows are deleted by the next process`, async () => {
  const directory = dataDirectory();
  let [round, left] = [0, 0];
  for (let kill = 0; kill < KILLS; kill++) {
    const args = [PROGRAM, directory, String(round), String(ENTRIES)];
    const output = await outputUntilKilled(args, 'dropped', 300);
    const [last = '', number = ''] = (output.split('\n').at(-2) ?? '').split(' ');
    round = Number(number);
    const rows = rowCount(directory);
    const opened = await openTestLists({ directory });
    const { lists } = opened;
    const entries = lists.list('stream')?.entries ?? 0;
    const found = (key: string) => {
      const matches = lists.match(key);
      return 'error' in matches ? [] : matches.map(({ action }) => action);
    };
    if (rows > entries) left += 1;
    if (last === 'dropped') expect(entries).toBeLessThanOrEqual(1);
    if (last === 'made') expect(found(`kept${round}.example`)).toEqual([`REJECT ${round}`]);
    if (last !== 'filled') {
      for (const at of [0, ENTRIES - 1]) expect(found(`h${at}.example`)).not.toContain(`REJECT ${round}`);
    }
    await lists.buried();
    expect(lists.list('stream')?.entries ?? 0).toBe(entries);
    expect(rowCount(directory)).toBe(entries);
    await close(opened);
    round += 1;
  }
  // Else nothing was left to go on with.
  expect(left).toBeGreaterThan(0);
}, 600_000);
