/**
 * `npm run bench:dns`: what the DNS costs a decision, beside real Postfix
 * where it is installed, with and without a Redis; and a day simulated.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nextLoopbackAddress } from '../../test/support/loopback-address.ts';
import { requirement } from '../../test/support/requirements.ts';
import { crowd } from './crowd.ts';
import { type DayResult, simulateDay } from './day.ts';
import { nineLists, nineListsOfPostfix } from './nine-lists.ts';
import { pausedRedis, twoDaemons } from './with-redis.ts';
import { row, startDaemon, startWorld } from './world.ts';

const HELP = `npm run bench:dns -- [options]
  --quick            a smoke test
  --only PART,…      of lists, postfix, crowd, redis, day (which takes minutes)
  --connections N    of the day, default 500000
`;

const { values: options } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'lists,postfix,crowd,redis,day' },
    connections: { type: 'string' },
  },
});

const parts = new Set(options.only.split(','));

async function figures(directory: string): Promise<void> {
  const postfix = requirement('postfix');
  const redis = requirement('redis');
  const address = postfix.isMet ? nextLoopbackAddress() : undefined;
  const world = await startWorld(directory, address);
  try {
    const daemon = await startDaemon(world);
    try {
      if (parts.has('lists')) await nineLists(world, daemon, options.quick ? 3 : 40);
      if (parts.has('postfix')) {
        if (address === undefined) console.log(`\nno Postfix beside it: ${postfix.complaint}`);
        else await nineListsOfPostfix(world, daemon, address, options.quick ? 3 : 20);
      }
      if (parts.has('crowd')) await crowd(world, daemon);
    } finally {
      await daemon.stop();
    }
    if (!parts.has('redis')) return;
    if (redis.isMet) {
      await twoDaemons(world, options.quick ? 5 : 100);
      await pausedRedis(world, options.quick ? 0.5 : 10);
    } else console.log(`\nno Redis: ${redis.complaint}`);
  } finally {
    await world.dns.stop();
  }
}

async function day(connections: number): Promise<void> {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  console.log(`\nA day: ${connections} connections to two servers, eleven lookups each`);
  console.log(row('', 'clients', 'memory', 'Redis', 'DNS', 'saved', 'entries', 'MB', 'keys', 'noon mem'));
  const show = (name: string, result: DayResult): void => {
    const { lookups, memoryHits, sharedHits, queries } = result;
    const shares = [memoryHits, sharedHits, queries].map((count) => percent(count / lookups));
    const sizes = [result.maxEntries, (result.maxBytes / 1e6).toFixed(1), result.maxSharedKeys].map(String);
    const noon = percent(result.noonMemoryShare);
    console.log(row(name, String(result.clients), ...shares, percent(1 - queries / lookups), ...sizes, noon));
  };
  const alone = await simulateDay({ connections, isShared: false, floodPerSecond: 0 });
  show('two servers, each for itself', alone);
  const shared = await simulateDay({ connections, isShared: true, floodPerSecond: 0 });
  show('with one Redis', shared);
  const flooded = await simulateDay({ connections, isShared: true, floodPerSecond: 300 });
  show('the same, flooded from noon to one', flooded);
  console.log('\nShare of DNSBL questions that were not sent, by the TTL of the list (with Redis)');
  for (const [ttlSeconds, share] of shared.savedByTtl) console.log(row(`${ttlSeconds} s`, percent(share)));
}

if (options.help) {
  console.log(HELP);
} else {
  const directory = mkdtempSync(join(tmpdir(), 'postward-bench-'));
  try {
    if (['lists', 'postfix', 'crowd', 'redis'].some((part) => parts.has(part))) await figures(directory);
    if (parts.has('day')) await day(Number(options.connections ?? (options.quick ? 5_000 : 500_000)));
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
