/** `npm run durability -- KILLS` does any number of these. */
import { expect, it } from 'vitest';
import { dataDirectory } from '../lists/memory-lists.ts';
import { killOnce } from './kill-and-check.ts';

const KILLS = 20;

it(`no acknowledged edit is lost in ${KILLS} kills, and the store opens after each`, async () => {
  const directory = dataDirectory();
  let next = 0;
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const report = await killOnce(directory, next);
    next = report.next;
    acknowledged += report.acknowledged;
  }
  expect(acknowledged).toBeGreaterThan(KILLS);
}, 600_000);
