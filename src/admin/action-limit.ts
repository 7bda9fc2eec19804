/**
 * Tokens that are held to some actions: they edit entries, put no other action
 * in force, and leave the lists themselves alone.
 */
import type { Edit, EditProblem } from '../lists/edit.ts';
import { actionName } from '../lists/list-action.ts';
import type { Principal } from './auth/principal.ts';
import { type FieldProblem, fieldProblem, ProblemError } from './problem.ts';

/** Problems of one request that are told. */
const MAX_PROBLEMS = 100;

/**
 * @param fieldOf where in the request a field of an edit stands
 * @throws ProblemError 403 when the token may not make one of the edits
 */
export function checkActions(
  principal: Principal | undefined,
  edits: readonly Edit[],
  fieldOf: (place: Pick<EditProblem, 'index' | 'field'>) => string,
): void {
  const actions = principal?.actions;
  if (actions === undefined) return;
  const errors: FieldProblem[] = [];
  for (const [index, edit] of edits.entries()) {
    if (edit.operation === 'remove') continue;
    if (edit.operation === 'describe' || edit.operation === 'drop') {
      throw new ProblemError(403, 'the token is held to some actions, and may edit entries alone');
    }
    const { action } = edit.fields;
    // What a patch leaves as it is could be an action that the token may not put in force, by a new expiry.
    if (action !== undefined && actions.includes(actionName(action))) continue;
    const expected = `one of the actions that the token is held to: ${actions.join(', ')}`;
    errors.push(fieldProblem(fieldOf({ index, field: 'action' }), action, expected));
    if (errors.length === MAX_PROBLEMS) break;
  }
  if (errors.length > 0) throw new ProblemError(403, 'the token is held to other actions', errors);
}
