/**
 * The order in which a person works through diagnostics. Parsing, compiling
 * and linting each find theirs on a way of their own through the same text.
 */
import type { Diagnostic } from './diagnostic.ts';

/** File by file as they come up, each from top to bottom; what has no place is a file of its own. */
export function inReadingOrder<T extends Pick<Diagnostic, 'span'>>(diagnostics: readonly T[]): readonly T[] {
  const files = Map.groupBy(diagnostics, ({ span }) => span?.source.file);
  const start = ({ span }: T): number => span?.start ?? 0;
  return [...files.values()].flatMap((ofFile) => ofFile.toSorted((a, b) => start(a) - start(b)));
}
