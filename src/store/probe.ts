/** Whether the store takes writes: a write of some size that changes nothing that anybody reads. */
import type { StoreDatabase } from './store-database.ts';

/** A page or two find room where no edit would. */
const PROBE_LENGTH = 65_536;

export function probe(database: StoreDatabase): void {
  database.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', ?)", ' '.repeat(PROBE_LENGTH));
}
