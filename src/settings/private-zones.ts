/**
 * The zones that settings call private, read off before anything is known to
 * be right: a mistake in the settings is shown with its line, and a key in
 * that line is hidden all the same (dns/zone-mask.ts).
 */
import type { RawEntry, RawValue } from './raw-value.ts';

/** How a setting says no. Whatever else stands there may be meant as a yes. */
const NO = new Set(['no', 'false', 'off', '0']);

/** The names in `dns.zones` of one layer of settings that have `private` beside them. */
export function privateZones(raw: RawValue): string[] {
  return entries(member(member(raw, 'dns'), 'zones')).flatMap(({ key, value }) => {
    const said = member(value, 'private');
    const isPrivate = said !== undefined && !(said.kind === 'text' && NO.has(said.text.toLowerCase()));
    return isPrivate ? [key] : [];
  });
}

function member(value: RawValue | undefined, name: string): RawValue | undefined {
  return entries(value).find(({ key }) => key === name)?.value;
}

function entries(value: RawValue | undefined): readonly RawEntry[] {
  return value?.kind === 'map' ? value.entries : [];
}
