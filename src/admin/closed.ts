/** The schema of an object that has the members named and no others, and that of a time. */
import { Type } from 'typebox';
import { Set as setFormat } from 'typebox/format';
import { parseTime, TIME_EXAMPLE } from '../util/rfc3339.ts';

// What a schema takes for a time is what is read as one: typebox's own check takes leap seconds and time zones.
setFormat('date-time', (text) => parseTime(text) !== undefined);

export const TIME_EXPECTED = `a time such as \`${TIME_EXAMPLE}\`, with seconds up to 59`;

export function closed<P extends Parameters<typeof Type.Object>[0]>(
  members: P,
  options: { readonly description?: string } = {},
) {
  return Type.Object(members, { additionalProperties: false, ...options });
}

/** A time as the API writes it: `2026-11-22T09:00:00.000Z`. */
export function timeOf(options: { readonly description?: string } = {}) {
  return Type.String({ format: 'date-time', expected: TIME_EXPECTED, ...options });
}

/** What a text that the schema of a time has taken stands for, in milliseconds since 1970. */
export function timeMs(text: string): number {
  const ms = parseTime(text);
  if (ms === undefined) throw new Error(`\`${text}\` was taken for a time`);
  return ms;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
