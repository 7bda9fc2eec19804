/**
 * Files that rules look into. What cannot be read is nothing to them: tables
 * report that themselves.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

export interface SmallFile {
  readonly text: string;
  /** Permission bits, as chmod(1) has them. */
  readonly mode: number;
}

/** undefined: it is missing, closed to us, larger, or no regular file. */
export function readSmallFile(path: string, maxBytes: number): SmallFile | undefined {
  if (!path.startsWith('/')) return undefined;
  try {
    // Does not wait for the writer of a pipe.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile() || stats.size > maxBytes) return undefined;
      return { text: readFileSync(descriptor, 'utf8'), mode: stats.mode };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}
