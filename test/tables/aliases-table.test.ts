/** Tables of aliases(5), and postalias as the other reader of the same files. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readAliasesFile } from '../../src/tables/aliases-table.ts';
import { MapDirectory } from './map-directory.ts';
import { hasPostmap, load, PostmapDirectory } from './postmap.ts';

const TEXT = `# See aliases(5)
postmaster:    root
Root:\tada@example.test, ben
abuse :root
   security: root
list: :include:/etc/list,
   "|/usr/bin/filter -x", more
"odd name": ada
"a\\"b": ada
"at@home": ada
user@example.test: ada
user%host: ada
one,two: ada
no-colon ada
empty:
dot.ted+x_y=z: ada
root: twice
jörg: josé
/dev/null: nobody
last:root`;

const KEYS = [
  'postmaster',
  'root',
  'ROOT',
  'root:',
  'abuse',
  'security',
  'list',
  'odd name',
  '"odd name"',
  'a"b',
  'at@home',
  'user@example.test',
  'user',
  'one',
  'two',
  'no-colon',
  'empty',
  'dot.ted+x_y=z',
  'jörg',
  'JÖRG',
  '/dev/null',
  'last',
];

describe('a table of aliases', () => {
  it.skipIf(!hasPostmap)('knows the names that postalias knows', async () => {
    const maps = new MapDirectory();
    const directory = await PostmapDirectory.create();
    try {
      const path = maps.write('aliases', TEXT);
      await promisify(execFile)('postalias', ['-c', directory.path, `hash:${path}`]);
      const postfix = await directory.querySpec(`hash:${path}`, KEYS);
      const { content, diagnostics } = load(readAliasesFile, TEXT);
      const known = KEYS.filter((key) => content.lookup(key) !== undefined);
      expect(known).toEqual(KEYS.filter((_, at) => postfix[at] !== undefined));
      expect(known.length).toBeGreaterThan(8);
      expect(diagnostics.map(({ code }) => code)).toContain('duplicate-key');
    } finally {
      maps.close();
      await directory.remove();
    }
  });
});
