/**
 * Edits of one request that say different things of one key, however it is
 * spelt. A transaction would take the last, postmap(1) the first: whoever wrote
 * both has to say.
 */
import type { Edit } from '../lists/edit.ts';
import { isKeyMistake, parseKey } from '../lists/key.ts';
import type { ListService } from '../lists/list-service.ts';
import { shown } from '../lists/shown.ts';
import { type FieldProblem, fieldProblem, ProblemError } from './problem.ts';

export type EntryEdit = Extract<Edit, { operation: 'put' | 'remove' }>;

/** Problems of one request that are told. */
const MAX_PROBLEMS = 100;

/**
 * @param placeOf where in the request the edit with that number stands, for people
 * @throws ProblemError naming both places of each contradiction
 */
export function refuseContradictions(
  lists: ListService,
  edits: readonly EntryEdit[],
  placeOf: (index: number) => string,
): void {
  const earlier = new Map<string, number>();
  const errors: FieldProblem[] = [];
  for (const [index, edit] of edits.entries()) {
    const key = canonicalKey(lists, edit);
    // It is refused for that, with the reason.
    if (key === undefined) continue;
    const first = earlier.get(key);
    if (first === undefined) earlier.set(key, index);
    else if (!isSame(edits[first], edit)) {
      const expected = `one entry for a key; ${placeOf(first)} says another thing of ${shown(key)}`;
      errors.push(fieldProblem(`body/${placeOf(index)}/key`, edit.key, expected));
    }
  }
  if (errors.length === 0) return;
  const keys = errors.length === 1 ? '1 key has' : `${errors.length} keys have`;
  throw new ProblemError(400, `nothing is done: ${keys} different entries`, errors.slice(0, MAX_PROBLEMS));
}

function canonicalKey(lists: ListService, { operation, list, key }: EntryEdit): string | undefined {
  const canonical = lists.key(list, key);
  if (typeof canonical === 'string') return canonical;
  // What a list of that kind does not take can still be taken out of it.
  const any = operation === 'remove' ? parseKey(key, 'any') : undefined;
  return any === undefined || isKeyMistake(any) ? undefined : any.key;
}

function isSame(one: EntryEdit | undefined, other: EntryEdit): boolean {
  if (one?.operation !== 'put' || other.operation !== 'put') return one?.operation === other.operation;
  const { action, comment, expires } = one.fields;
  return (
    action === other.fields.action && comment === other.fields.comment && expires === other.fields.expires
  );
}
