/** Daemons with one Redis: what the second asks, and what a Redis that stops in the middle costs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '../../test/support/redis.ts';
import type { ServerProcess } from '../server-process.ts';
import { clientQueries, listZone, PolicyLink, quantile, row, startDaemon, type World } from './world.ts';

const CONNECTIONS = 20;
/** What a resolver next door takes for a name it has to ask others for, on a good day. */
const QUICK_MS = 5;
/** Decisions a second. */
const PACE = 40;

export async function twoDaemons(world: World, clients: number): Promise<void> {
  const redis = await startRedis();
  const daemons: ServerProcess[] = [];
  try {
    for (let count = 0; count < 2; count++) daemons.push(await startDaemon(world, redis.port));
    console.log('\nTwo daemons with one Redis, the same clients one after another');
    console.log(row('', 'median ms', 'p99 ms', 'queries'));
    for (const [index, daemon] of daemons.entries()) {
      const link = await PolicyLink.open(daemon);
      // Until Redis is known to be there.
      await link.ask(60_000 + index);
      await sleep(1000);
      world.dns.clearQueries();
      const samples: number[] = [];
      for (let client = 0; client < clients; client++) samples.push(await link.ask(50_000 + client));
      const queries = clientQueries(world.dns).length / clients;
      const name = index === 0 ? 'the first, clients not seen before' : 'the second';
      console.log(row(name, quantile(samples, 0.5), quantile(samples, 0.99), queries));
      link.close();
    }
  } finally {
    for (const daemon of daemons) await daemon.stop();
    await redis.stop();
  }
}

export async function pausedRedis(world: World, seconds: number): Promise<void> {
  const redis = await startRedis();
  world.dns.setZone(listZone(QUICK_MS));
  console.log(
    `\nA Redis that stops answering: decisions on clients not seen before, nine DNSBLs of ${QUICK_MS} ms, ${PACE} a second`,
  );
  console.log(row('', 'decisions', 'median ms', 'p99 ms', 'worst ms'));
  let nextClient = 0;
  // One after the other at a steady pace, whether those before have been answered or not: so that a wait shows.
  const measure = async (name: string, links: readonly PolicyLink[]): Promise<void> => {
    const answers: Promise<number>[] = [];
    const startedMs = performance.now();
    for (let count = 0; count < seconds * PACE; count++) {
      const dueMs = startedMs + (count * 1000) / PACE - performance.now();
      if (dueMs > 0) await sleep(dueMs);
      const link = links[count % links.length];
      if (link !== undefined) answers.push(link.ask(nextClient++ % 65_536));
    }
    const samples = await Promise.all(answers);
    const cells = [quantile(samples, 0.5), quantile(samples, 0.99), Math.max(...samples)];
    console.log(row(name, String(samples.length), ...cells));
  };
  const daemons: ServerProcess[] = [];
  try {
    const alone = await startDaemon(world);
    daemons.push(alone);
    const sharing = await startDaemon(world, redis.port);
    daemons.push(sharing);
    const open = (daemon: ServerProcess) =>
      Promise.all(Array.from({ length: CONNECTIONS }, () => PolicyLink.open(daemon)));
    const [linksAlone, links] = [await open(alone), await open(sharing)];
    // Compiled and connected before it counts.
    for (const warm of [linksAlone, links]) await Promise.all(warm.map((link) => link.ask(nextClient++)));
    await sleep(1000);
    await measure('without Redis', linksAlone);
    await measure('with Redis', links);
    await redis.pause();
    await measure('from the moment that Redis stops', links);
    await measure('after that', links);
    await redis.resume();
    await measure('from the moment that it goes on', links);
    for (const link of [...linksAlone, ...links]) link.close();
  } finally {
    for (const daemon of daemons) await daemon.stop();
    await redis.stop();
  }
}
