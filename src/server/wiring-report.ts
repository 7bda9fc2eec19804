/** Tells what the wiring watch doubts: in the log, each doubt once, and as a metric. */
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { WiringWatch } from './wiring-watch.ts';

const PERIOD_MS = 60_000;

/** @returns ends it */
export function reportWiring(watch: WiringWatch, log: Log, metrics: Metrics): () => void {
  metrics.read('postward_wiring_doubts', () => {
    const counts = new Map<string, number>();
    for (const { code } of watch.doubts()) counts.set(code, (counts.get(code) ?? 0) + 1);
    return Array.from(counts, ([doubt, value]) => ({ labels: { doubt }, value }));
  });
  const told = new Set<string>();
  const timer = setInterval(() => {
    for (const { code, subject, message, help } of watch.doubts()) {
      if (told.has(`${code} ${subject}`)) continue;
      told.add(`${code} ${subject}`);
      log.wiring_doubt({ doubt: code, subject, message, help });
    }
  }, PERIOD_MS).unref();
  return () => clearInterval(timer);
}
