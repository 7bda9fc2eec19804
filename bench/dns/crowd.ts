/** Two hundred clients at once that nobody knows, and two hundred connections of one client: each question goes out once. */
import type { ServerProcess } from '../server-process.ts';
import { clientQueries, PolicyLink, quantile, row, type World } from './world.ts';

const CROWD = 200;
/** Clients of other measurements have smaller numbers. */
const FIRST = 40_000;

export async function crowd({ dns }: World, daemon: ServerProcess): Promise<void> {
  const links = await Promise.all(Array.from({ length: CROWD }, () => PolicyLink.open(daemon)));
  console.log(`\n${CROWD} connections at the same moment, nine DNSBLs of 50 ms`);
  console.log(row('', 'median ms', 'p99 ms', 'questions', 'twice'));
  const measure = async (name: string, clientOf: (index: number) => number): Promise<void> => {
    dns.clearQueries();
    const samples = await Promise.all(links.map((link, index) => link.ask(clientOf(index))));
    const asked = clientQueries(dns);
    const repeated = asked.length - new Set(asked).size;
    console.log(
      row(name, quantile(samples, 0.5), quantile(samples, 0.99), String(asked.length), String(repeated)),
    );
  };
  // Compiled before it counts.
  for (const [index, link] of links.entries()) await link.ask(FIRST - 1 - index);
  await measure('200 clients not seen before', (index) => FIRST + index);
  await measure('one client not seen before, 200 times', () => FIRST + CROWD);
  for (const link of links) link.close();
}
