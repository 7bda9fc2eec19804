/** The load at start: every entry in force comes through it, in chunks of any size, with the key and action it was given. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ListMemory } from '../../src/lists/list-memory.ts';
import { loadEntries } from '../../src/store/entry-load.ts';
import { openForWriting } from '../../src/store/open-database.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const IN_FORCE = [null, NOW_MS + 1000];

const key = fc.oneof(
  fc.ipV4(),
  fc.ipV4().map((address) => `${address.replace(/\d+$/, '0')}/24`),
  fc.constantFrom('192.0.2', '2001:db8', '2001:db8::/32', '2001:db8::1', '.example.de', '<>'),
  fc.stringMatching(/^[a-zäж😀0-9]{1,12}@[a-f0-9]{1,6}\.example$/u),
  fc.domain().map((domain) => domain.toLowerCase()),
);
const entry = fc.record({
  action: fc.constantFrom('REJECT', 'REJECT grüße', 'OK'),
  expires: fc.constantFrom(null, NOW_MS, NOW_MS + 1000),
  isDeleted: fc.boolean(),
});

test('loads what is in force, whatever the size of the chunks', () => {
  fc.assert(
    fc.property(
      fc.dictionary(key, entry, { maxKeys: 30 }),
      fc.integer({ min: 1, max: 9 }),
      (written, limit) => {
        const { raw, database, close } = openForWriting(undefined, false);
        const insert = raw.prepare(
          "INSERT INTO entry VALUES (?, ?, 'text', ?, '', '', ?, 0, '', 0, '', '', ?, 0)",
        );
        for (const [name, { action, expires, isDeleted }] of Object.entries(written)) {
          insert.run('mine', name, action, expires, isDeleted ? 1 : 0);
          insert.run('other', name, 'DUNNO', null, 0);
        }
        const memory = new ListMemory(() => NOW_MS);
        let chunks = 0;
        for (let after: string | undefined = ''; after !== undefined; ) {
          const chunk = loadEntries(database, { list: 'mine', after, nowMs: NOW_MS, limit });
          expect(chunk.ends.length).toBeLessThanOrEqual(limit);
          memory.load('mine', chunk);
          after = chunk.next;
          chunks += 1;
        }
        close();
        const inForce = Object.entries(written).filter(
          ([, { expires, isDeleted }]) => !isDeleted && IN_FORCE.includes(expires),
        );
        expect(memory.entries).toBe(inForce.length);
        expect(chunks).toBe(Math.floor(inForce.length / limit) + 1);
        const { index } = memory.list('mine');
        for (const [name, { action }] of inForce) {
          if (!name.includes('/')) expect([name, index.lookup(name)]).toEqual([name, action]);
        }
      },
    ),
  );
});
