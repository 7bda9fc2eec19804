/** Keeps the keys of DNSBL customers out of answers, wherever in them a text may hold one. */
import type { ZoneMask } from '../dns/zone-mask.ts';

/** The value with every text in it masked. */
export function masked<T>(value: T, mask: ZoneMask): T {
  if (typeof value === 'string') return mask.text(value) as T;
  if (Array.isArray(value)) return value.map((item) => masked(item, mask)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, masked(member, mask)])) as T;
}
