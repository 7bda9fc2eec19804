/** The schema of an object that has the members named and no others. */
import { Type } from 'typebox';

export function closed<P extends Parameters<typeof Type.Object>[0]>(
  members: P,
  options: { readonly description?: string } = {},
) {
  return Type.Object(members, { additionalProperties: false, ...options });
}

/** A time as the API writes it: `2026-11-22T09:00:00.000Z`. */
export function timeOf(options: { readonly description?: string } = {}) {
  return Type.String({ format: 'date-time', ...options });
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
