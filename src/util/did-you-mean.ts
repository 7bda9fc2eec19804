/**
 * The known name that somebody probably meant: for parameters, restrictions,
 * settings and other long snake_case words. Pure; cost bounded by the length of
 * the names and the edits allowed.
 */

/** Names longer than any of ours are not misspelt ones of ours. */
const LENGTH_LIMIT = 200;
const EDIT_LIMIT = 4;

/**
 * The closest candidate within a quarter of its letters (at most four edits:
 * letters left out, added, changed, or two neighbours swapped; case does not
 * count), the first of equals; undefined when none is plausible.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LENGTH_LIMIT) return undefined;
  const written = name.toLowerCase();
  let closest: string | undefined;
  let fewest = EDIT_LIMIT + 1;
  for (const candidate of candidates) {
    if (candidate === name) continue;
    const limit = Math.min(fewest - 1, allowedEdits(Math.max(name.length, candidate.length)));
    const edits = editDistance(written, candidate.toLowerCase(), limit);
    if (edits === undefined) continue;
    closest = candidate;
    fewest = edits;
    if (fewest === 0) break;
  }
  return closest;
}

function allowedEdits(length: number): number {
  if (length < 3) return 0;
  return Math.min(EDIT_LIMIT, Math.max(1, Math.floor(length / 4)));
}

/**
 * Damerau-Levenshtein distance (optimal string alignment: no stretch is edited
 * twice), or undefined when it is more than `limit`.
 */
function editDistance(left: string, right: string, limit: number): number | undefined {
  if (limit < 0 || Math.abs(left.length - right.length) > limit) return undefined;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    let smallest = row;
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      let edits = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (isSame ? 0 : 1),
      );
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) edits = Math.min(edits, at(beforePrevious, column - 2) + 1);
      current.push(edits);
      if (edits < smallest) smallest = edits;
    }
    if (smallest > limit) return undefined;
    beforePrevious = previous;
    previous = current;
  }
  const edits = at(previous, right.length);
  return edits <= limit ? edits : undefined;
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
