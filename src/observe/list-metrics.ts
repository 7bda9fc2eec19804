/** The metrics of managed lists and of the store they are kept in, read when somebody scrapes. */
import type { Metrics } from './metrics.ts';

export interface ListParts {
  /** undefined before they are opened. */
  readonly lists: () => ListCounts | undefined;
  readonly store: () => StoreCounts | undefined;
}

export interface ListCounts {
  lists(): readonly { readonly name: string; readonly entries: number; readonly hits: number }[];
  readonly stats: { readonly edits: number; readonly merges: number };
}

export interface StoreCounts {
  readonly stats: {
    readonly writes: number;
    readonly failures: number;
    readonly waiting: number;
    readonly lastWriteMs: number;
    readonly lastFailure: unknown;
  };
}

/** Series of lists; the smallest of more lists than these are left out. */
const MAX_LISTS = 500;

export function measureLists(metrics: Metrics, { lists, store }: ListParts): void {
  const byList = (value: 'entries' | 'hits') =>
    (lists()?.lists() ?? [])
      .toSorted((a, b) => b.entries - a.entries)
      .slice(0, MAX_LISTS)
      .map((list) => ({ labels: { list: list.name }, value: list[value] }));
  metrics.read('postward_list_entries', () => byList('entries'));
  metrics.read('postward_list_hits_total', () => byList('hits'));
  metrics.readValue('postward_list_edits_total', () => lists()?.stats.edits ?? 0);
  metrics.readValue('postward_store_writes_total', () => store()?.stats.writes ?? 0);
  metrics.readValue('postward_store_failures_total', () => store()?.stats.failures ?? 0);
  metrics.readValue('postward_store_waiting', () => store()?.stats.waiting ?? 0);
  metrics.readValue('postward_store_last_write_seconds', () => (store()?.stats.lastWriteMs ?? 0) / 1000);
  metrics.readValue('postward_store_up', () => (store()?.stats.lastFailure === undefined ? 1 : 0));
}
