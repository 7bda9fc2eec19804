/** Cursors of pages: opaque texts that hold where a page ended. */

export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** @param shape one example for each value: its type is what the value must have */
export function decodeCursor<const T extends readonly (string | number)[]>(
  cursor: string,
  shape: T,
): { [K in keyof T]: T[K] extends string ? string : number } | undefined {
  if (cursor.length > MAX_CURSOR_LENGTH) return undefined;
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(values) || values.length !== shape.length) return undefined;
  const fits = shape.every((example, index) => {
    const value: unknown = values[index];
    return typeof value === typeof example && (typeof value === 'string' || Number.isFinite(value));
  });
  return fits ? (values as { [K in keyof T]: T[K] extends string ? string : number }) : undefined;
}

const MAX_CURSOR_LENGTH = 4096;
