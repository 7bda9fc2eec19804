/**
 * `node --expose-gc bench/lists.ts [ENTRIES]`: managed lists of a million entries: how long
 * they take to load, what they take of memory, how long a lookup takes, and
 * how long it is from an edit to its effect.
 *
 * Half of the entries are IPv4 addresses and networks, a quarter mail addresses,
 * a quarter domains; one in ten expires.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Edit } from '../src/lists/edit.ts';
import { MAX_EDITS } from '../src/lists/list-changes.ts';
import { ListService } from '../src/lists/list-service.ts';
import { STORE_FILE } from '../src/store/open-database.ts';
import { Store } from '../src/store/store.ts';
import { StoreFailure } from '../src/store/store-failure.ts';
import { median } from './median.ts';

const LIST = 'reject_client';
const LOOKUPS = 1_000_000;
const EDITS = 200;
const expires = Date.now() + 30 * 86_400_000;

function ipv4(index: number): string {
  const value = (index * 2_654_435_761) >>> 0;
  return `${(value >>> 24) % 223 || 1}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function keyOf(index: number): string {
  if (index % 4 === 1) return `user${index}@mail${index % 5000}.example.com`;
  if (index % 4 === 3) return `host${index}.example${index % 500}.net`;
  return index % 100 === 0 ? `${ipv4(index).replace(/\.\d+$/, '')}.0/24` : ipv4(index);
}

function edit(index: number): Edit {
  return {
    operation: 'put',
    list: LIST,
    key: keyOf(index),
    fields: {
      action: `REJECT spam run ${index % 100}`,
      comment: 'seen by the trap',
      ...(index % 10 === 0 ? { expires } : {}),
    },
  };
}

async function open(directory: string): Promise<{ store: Store; lists: ListService }> {
  const store = await Store.open({ directory });
  const lists = await ListService.open({ store });
  if (lists instanceof StoreFailure) throw new Error(lists.message);
  return { store, lists };
}

async function fill(directory: string, entries: number): Promise<void> {
  const { store, lists } = await open(directory);
  await lists.apply([{ operation: 'describe', list: LIST, fields: { kind: 'any' } }], { actor: 'bench' });
  for (let start = 0; start < entries; start += MAX_EDITS) {
    const count = Math.min(MAX_EDITS, entries - start);
    const edits = Array.from({ length: count }, (_, at) => edit(start + at));
    const result = await lists.apply(edits, { actor: 'bench' });
    if (result.kind !== 'applied') throw new Error(JSON.stringify(result));
  }
  lists.close();
  await store.close();
}

function used(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Milliseconds of processor time of all threads: what a busy machine does not make longer. */
function processor(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const round = (value: number, digits = 0) => value.toFixed(digits);

async function main(entries: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'postward-bench-'));
  try {
    const filling = performance.now();
    const fillingCpu = processor();
    await fill(directory, entries);
    const filled = performance.now() - filling;
    const size = statSync(join(directory, STORE_FILE)).size;
    console.log(
      `fill       ${round(filled)} ms (${round(processor() - fillingCpu)} ms processor) in transactions of ${MAX_EDITS}, ${round(size / 1e6)} MB on disk`,
    );

    const before = used();
    const loading = performance.now();
    const loadingCpu = processor();
    const loadingHere = process.threadCpuUsage();
    const { store, lists } = await open(directory);
    const loaded = performance.now() - loading;
    const { user, system } = process.threadCpuUsage(loadingHere);
    const { entries: count } = lists.stats;
    // The store reads beside the main thread: the longer of the two is what a quiet machine needs.
    console.log(
      `load       ${round(loaded)} ms (${round(processor() - loadingCpu)} ms processor, ${round((user + system) / 1000)} ms of it in the main thread) for ${count} entries`,
    );
    console.log(`memory     ${round((used() - before) / count)} bytes an entry`);

    const table = lists.tables.open(LIST);
    if ('error' in table) throw new Error(table.error);
    const keys = Array.from({ length: 4096 }, (_, at) => [
      keyOf((at * 7919) % entries).replace(/0\/24$/, '77'),
      `mail.unknown${at}.test`,
      ipv4(at * 31 + 5),
    ]).flat();
    for (let at = 0; at < LOOKUPS / 5; at++) void table.lookup(keys[at % keys.length] ?? '');
    let hits = 0;
    const lookingUp = performance.now();
    const lookingUpCpu = processor();
    for (let at = 0; at < LOOKUPS; at++) if (table.lookup(keys[at % keys.length] ?? '') !== undefined) hits++;
    const lookedUp = performance.now() - lookingUp;
    const lookupCpu = ((processor() - lookingUpCpu) * 1e6) / LOOKUPS;
    console.log(
      `lookup     ${round((lookedUp * 1e6) / LOOKUPS)} ns (${round(lookupCpu)} ns processor), ${round((100 * hits) / LOOKUPS)} % found`,
    );

    const times: number[] = [];
    let longestPause = 0;
    let last = performance.now();
    const pulse = setInterval(() => {
      longestPause = Math.max(longestPause, performance.now() - last - 1);
      last = performance.now();
    }, 1);
    for (let at = 0; at < EDITS; at++) {
      const key = `198.51.${at % 256}.${(at * 7) % 256}`;
      const began = performance.now();
      await lists.apply([{ operation: 'put', list: LIST, key, fields: { action: 'REJECT now' } }], {
        actor: 'bench',
      });
      if (table.lookup(key) !== 'REJECT now') throw new Error('the edit is not in force');
      times.push(performance.now() - began);
    }
    clearInterval(pulse);
    console.log(
      `edit       ${round(median(times), 2)} ms to effect (median), ${round(Math.max(...times), 2)} ms (worst of ${EDITS}), longest pause of the event loop ${round(longestPause, 1)} ms`,
    );
    lists.close();
    await store.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

await main(Number(process.argv[2] ?? 1_000_000));
