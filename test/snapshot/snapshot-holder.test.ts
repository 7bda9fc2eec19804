import { expect, test } from 'vitest';
import { PolicyServiceSet } from '../../src/chain/policy-service-set.ts';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { Snapshot } from '../../src/snapshot/snapshot.ts';
import { SnapshotHolder } from '../../src/snapshot/snapshot-holder.ts';
import { TableSet } from '../../src/tables/table-set.ts';

const MISTAKE: Diagnostic = { severity: 'error', code: 'test', message: 'a mistake' };

/** A holder whose loads have the mistakes given, in turn, and a note of which snapshots were closed. */
function holderOf(isLenient: boolean, ...loads: readonly (readonly Diagnostic[])[]) {
  const closed: number[] = [];
  let next = 0;
  const holder = new SnapshotHolder({
    isLenient,
    load: async (version) => {
      const diagnostics = loads[next++] ?? [];
      const tables = new TableSet();
      tables.close = () => closed.push(version);
      const policyServices = new PolicyServiceSet();
      return {
        snapshot: new Snapshot({ version, policies: new Map(), tables, policyServices }),
        diagnostics,
      };
    },
  });
  return { holder, closed };
}

test('a reload with mistakes leaves what is in force', async () => {
  const { holder, closed } = holderOf(false, [], [MISTAKE], []);
  expect((await holder.reload()).isSwapped).toBe(true);
  expect((await holder.reload()).isSwapped).toBe(false);
  expect(holder.current.version).toBe(1);
  expect((await holder.reload()).isSwapped).toBe(true);
  expect(holder.current.version).toBe(2);
  expect(closed).toEqual([2, 1]);
});

test('leniency starts with mistakes, but never puts them in the place of a policy without', async () => {
  const { holder } = holderOf(true, [MISTAKE], [MISTAKE], [], [MISTAKE]);
  const swapped: boolean[] = [];
  for (let i = 0; i < 4; i++) swapped.push((await holder.reload()).isSwapped);
  expect(swapped).toEqual([true, true, true, false]);
  expect(holder.current.version).toBe(3);
});

test('a snapshot is closed when its last request has ended', async () => {
  const { holder, closed } = holderOf(false, [], []);
  await holder.reload();
  const first = holder.current;
  first.pin();
  await holder.reload();
  expect(closed).toEqual([]);
  first.unpin();
  expect(closed).toEqual([1]);
});

test('calls that come while one runs are served by one more', async () => {
  const { holder } = holderOf(false, [], [], []);
  await holder.reload();
  const [a, b, c] = await Promise.all([holder.reload(), holder.reload(), holder.reload()]);
  expect(a.version).toBe(2);
  expect(b.version).toBe(3);
  expect(c.version).toBe(3);
});
