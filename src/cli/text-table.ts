/** Rows under headings, for people: columns as wide as they need to be, parted by two blanks. */
import { visible } from '../language/visible.ts';
import type { Paint } from './terminal.ts';

export function textTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const cells = [headings, ...rows.map((row) => row.map(visible))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [paint('bold', line(headings)), ...rows.map((row) => line(row.map(visible)))].join('\n');
}
