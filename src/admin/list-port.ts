/**
 * What routes about lists share: the edits they make, who may make them, and
 * how what is refused is told.
 */
import type { FastifyRequest } from 'fastify';
import type { Edit, EditProblem, EditResult } from '../lists/edit.ts';
import type { ListInfo } from '../lists/list-info.ts';
import type { ListService } from '../lists/list-service.ts';
import type { StoreFailure } from '../store/store-failure.ts';
import { checkActions } from './action-limit.ts';
import { maySeeList } from './auth/principal.ts';
import { type FieldProblem, fieldProblem, ProblemError } from './problem.ts';
import { stored } from './store-problem.ts';

export interface ListPort {
  readonly lists: ListService;
  /** Resolves when the edits made so far are at the servers that share lists, or it takes too long; undefined: nobody shares them. */
  readonly whenShared?: (() => Promise<boolean>) | undefined;
  /** Told of each transaction that changed something. */
  readonly onEdit: (edit: DoneEdit) => void;
  readonly onStoreFailure: (failure: StoreFailure) => void;
}

export interface DoneEdit {
  readonly actor: string;
  readonly operation: Edit['operation'];
  readonly list: string;
  /** The keys, the first of many. */
  readonly keys: readonly string[];
  /** Of the one entry that was put. */
  readonly action: string;
  /** How many entries or lists are not what they were. */
  readonly changes: number;
}

/** Problems of one request that are told. */
const MAX_PROBLEMS = 100;
/** Keys of one transaction that are logged. */
const MAX_KEYS_LOGGED = 10;

const STATUSES: Readonly<Record<EditProblem['code'], number>> = {
  invalid: 400,
  'unknown-list': 404,
  'unknown-entry': 404,
  condition: 412,
  'in-use': 409,
  limit: 409,
};

/** @throws ProblemError when the token is held to other lists */
export function checkList(request: FastifyRequest, list: string): void {
  const { principal } = request;
  if (principal !== undefined && maySeeList(principal, list)) return;
  throw new ProblemError(403, `the token is held to other lists than \`${list}\``, [
    fieldProblem('params/list', list, 'a list that the token is held to'),
  ]);
}

/** The list of that name. @throws ProblemError 403 or 404 */
export function listFor(port: ListPort, request: FastifyRequest, name: string): ListInfo {
  checkList(request, name);
  const list = port.lists.list(name);
  if (list !== undefined) return list;
  throw noList(name);
}

export function noList(name: string): ProblemError {
  return new ProblemError(404, `there is no list \`${name}\``, [
    fieldProblem('params/list', name, 'the name of a list; PUT makes one'),
  ]);
}

export interface Applied {
  readonly results: readonly EditResult[];
  /** Whether all servers have it; undefined when nobody shares lists, or nothing was done. */
  readonly isShared: boolean | undefined;
}

/**
 * Makes the edits of one request, all or none.
 *
 * @param fieldOf where in the request a field of an edit stands, conditions aside
 * @throws ProblemError when they are refused, or cannot be kept
 */
export async function applyEdits(
  port: ListPort,
  request: FastifyRequest,
  edits: readonly Edit[],
  isDryRun: boolean,
  fieldOf: (place: Pick<EditProblem, 'index' | 'field'>) => string,
): Promise<Applied> {
  for (const list of new Set(edits.map((edit) => edit.list))) checkList(request, list);
  checkActions(request.principal, edits, fieldOf);
  const actor = request.principal?.actor ?? '';
  const applied = stored(await port.lists.apply(edits, { actor, isDryRun }), port.onStoreFailure);
  if (applied.kind === 'refused') throw refused(applied.problems, edits, fieldOf);
  const { results } = applied;
  const changes = results.filter(({ outcome }) => outcome !== 'unchanged' && outcome !== 'absent').length;
  if (isDryRun || changes === 0) return { results, isShared: undefined };
  tell(port, actor, edits, results, changes);
  return { results, isShared: await port.whenShared?.() };
}

function tell(
  port: ListPort,
  actor: string,
  edits: readonly Edit[],
  results: readonly EditResult[],
  changes: number,
): void {
  const [first] = edits;
  if (first === undefined) return;
  const keys = results.flatMap(({ before, after }) => (after ?? before)?.key ?? []);
  port.onEdit({
    actor,
    operation: first.operation,
    list: first.list,
    keys: keys.slice(0, MAX_KEYS_LOGGED),
    action: edits.length === 1 ? (results[0]?.after?.action ?? '') : '',
    changes,
  });
}

function refused(
  problems: readonly EditProblem[],
  edits: readonly Edit[],
  fieldOf: (place: Pick<EditProblem, 'index' | 'field'>) => string,
): ProblemError {
  const [first] = problems;
  const status = first === undefined ? 400 : STATUSES[first.code];
  const errors = problems.slice(0, MAX_PROBLEMS).map((problem): FieldProblem => {
    const expected = `${problem.message}; ${problem.help}`;
    const edit = edits[problem.index];
    const field = problem.field === 'version' ? conditionHeader(edit) : fieldOf(problem);
    return fieldProblem(field, editValue(edit, problem.field), expected);
  });
  const more = problems.length > errors.length ? ` (and ${problems.length - errors.length} more)` : '';
  const detail =
    problems.length === 1 && first !== undefined
      ? first.message
      : `nothing is done: ${problems.length} of the edits are refused${more}`;
  return new ProblemError(status, detail, errors);
}

/** Where the condition of an edit stands. */
function conditionHeader(edit: Edit | undefined): string {
  return edit?.condition?.is === 'absent' ? 'headers/if-none-match' : 'headers/if-match';
}

function editValue(edit: Edit | undefined, field: EditProblem['field']): unknown {
  if (edit === undefined) return undefined;
  if (field === 'list') return edit.list;
  if (field === 'key') return 'key' in edit ? edit.key : undefined;
  if (field === 'version') return edit.condition?.is === 'version' ? edit.condition.version : '*';
  const fields = 'fields' in edit ? (edit.fields as Readonly<Record<string, unknown>>) : {};
  const value = fields[field];
  return field === 'expires' && Number.isFinite(value) ? new Date(value as number).toISOString() : value;
}
