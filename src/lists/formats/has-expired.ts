/** Whether the time of an entry is over: an export leaves it out, and an import would not take it. */
import type { ListEntry } from '../../store/list-records.ts';

export function hasExpired({ expires }: Pick<ListEntry, 'expires'>, nowMs: number): boolean {
  return expires !== null && expires <= nowMs;
}
