/** `npm run durability -- KILLS`: see durability.test.ts. Default 500. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killOnce } from './kill-and-check.ts';

const kills = Number(process.argv[2] ?? 500);
const directory = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'postward-durability-'));
let next = 0;
let acknowledged = 0;
for (let kill = 1; kill <= kills; kill++) {
  const report = await killOnce(directory, next);
  next = report.next;
  acknowledged += report.acknowledged;
  if (kill % 50 === 0) console.log(`${kill} kills, ${acknowledged} acknowledged edits, none lost`);
}
rmSync(directory, { recursive: true });
console.log(`${kills} kills, ${acknowledged} acknowledged edits, none lost`);
