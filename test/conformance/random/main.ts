/**
 * `npm run conformance -- --probes N --seed S [--a-case M] [--shrink]`: random
 * cases of M probes (45), as many as it takes for N, each decided natively by
 * Postfix and by Postward in both layouts. Case K of seed S has seed S + K, so
 * that `--seed` and few `--probes` repeat one case. Prints each difference with
 * a case file that shows it, and now and then how far it is; exits 1 if there
 * was any difference.
 */
import { parseArgs } from 'node:util';
import { requirement } from '../../support/requirements.ts';
import { type Difference, describe, differencesOf } from './differences.ts';
import { randomCase } from './generator.ts';
import { shrink } from './shrink.ts';

type Counts = Map<string, number>;

const MOST_OF_AN_ERROR = 2000;
const PROGRESS_EVERY = 1000;

const { values } = parseArgs({
  options: {
    probes: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'a-case': { type: 'string', default: '45' },
    shrink: { type: 'boolean', default: false },
  },
});
const postfix = requirement('postfix');
if (!postfix.isMet) {
  console.error(postfix.complaint);
  process.exit(2);
}

const wanted = Number(values.probes);
const probesACase = Number(values['a-case']);
const firstSeed = Number(values.seed);
const [outcomes, verdicts, restrictions, allowed] = Array.from(
  { length: 4 },
  () => new Map<string, number>(),
) as [Counts, Counts, Counts, Counts];
let probes = 0;
let decided = 0;
let differing = 0;

console.log(`seed ${firstSeed}, ${wanted} probes`);
for (let seed = firstSeed; probes < wanted; seed += 1) {
  const text = randomCase(seed, probesACase);
  const run = () => differencesOf(`seed ${seed}`, text);
  // A busy machine fails a case now and then, seldom twice.
  const comparison = await run()
    .catch(run)
    .catch((error: unknown) => String(error));
  probes += probesACase;
  if (probes % PROGRESS_EVERY < probesACase) console.log(`${probes} probes, ${differing} differences`);
  if (typeof comparison === 'string') {
    differing += 1;
    console.log(`\n── seed ${seed} ──\n${comparison.slice(0, MOST_OF_AN_ERROR)}\n${text}`);
    continue;
  }
  decided += comparison.decided;
  add(outcomes, comparison.outcomes);
  add(verdicts, comparison.verdicts);
  add(restrictions, comparison.restrictions);
  add(allowed, comparison.allowed);
  const [first] = comparison.differences;
  if (first === undefined) continue;
  differing += comparison.differences.length;
  console.log(`\n── seed ${seed} ──\n${telling(comparison.differences).map(describe).join('\n')}`);
  // One probe is enough to show one difference.
  const [configuration = '', lines = ''] = text.split('\n== probes\n');
  const probe = lines.split('\n').find((line) => line.startsWith(`${first.probe} `));
  let shown = `${configuration}\n== probes\n${probe}\n`;
  if (values.shrink) {
    shown = await shrink(shown, async (candidate) => {
      const again = await differencesOf(`seed ${seed}`, candidate).catch(() => undefined);
      return (
        again?.differences.some(({ layout, what }) => layout === first.layout && what === first.what) ?? false
      );
    });
  }
  console.log(`\n${shown}`);
}

const table = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
console.log(`\nnative replies and effects: ${table(outcomes)}`);
console.log(`verdicts of lists: ${table(verdicts)}`);
console.log(`decided by: ${table(restrictions)}`);
console.log(`${Math.round((decided / probes) * 100)} % of the probes were decided by a restriction`);
console.log(`let pass, since no policy answer can be like it: ${table(allowed)}`);
console.log(`${probes} probes from seed ${firstSeed}: ${differing} differences`);
process.exitCode = differing === 0 ? 0 : 1;

/** One of a kind. */
function telling(differences: readonly Difference[]): Difference[] {
  const kinds = new Map(
    differences.map((difference) => [`${difference.layout} ${difference.what}`, difference]),
  );
  return [...kinds.values()];
}

function add(sums: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
}
