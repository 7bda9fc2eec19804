/**
 * Which assignments of a main.cf an access policy needs: those of parameters
 * that it reads, its restriction classes, and whatever these refer to. Lists in
 * which a policy server has nothing to decide are not read for themselves.
 */
import type { Assignment } from '../language/main-cf.ts';
import type { ParameterKind } from '../policy/parameter-row.ts';
import { PARAMETER_BY_NAME } from '../policy/parameters.ts';
import type { Edits } from './edits.ts';
import type { Examined } from './examine.ts';
import { namesIn } from './mend-names.ts';
import { isLeftWhole } from './postfix-part.ts';

export interface NeededAssignment {
  readonly assignment: Assignment;
  /** What it holds; undefined: used by others, in a way they decide. */
  readonly kind: ParameterKind | undefined;
  /** A match list, or used by one. */
  readonly isMatchList: boolean;
}

const MATCH_LISTS: readonly (ParameterKind | undefined)[] = ['networks', 'domains', 'strings'];

/**
 * In the order of the file.
 *
 * @param without parameters to leave out
 * @param edits changes that count as made
 */
export function neededAssignments(
  { assigned, parameters, lists }: Examined,
  without: ReadonlySet<string>,
  edits: Edits,
): NeededAssignment[] {
  const needed = new Map<string, NeededAssignment>();
  const add = (name: string, isUsedByMatchList: boolean): void => {
    const assignment = assigned.get(name);
    if (assignment === undefined || without.has(name)) return;
    const kind = PARAMETER_BY_NAME.get(name)?.kind;
    const isMatchList = isUsedByMatchList || MATCH_LISTS.includes(kind);
    const known = needed.get(name);
    if (known !== undefined && (known.isMatchList || !isMatchList)) return;
    needed.set(name, { assignment, kind, isMatchList });
    for (const other of referencesIn(assignment, edits)) add(other, isMatchList);
  };
  const left = new Set(lists.filter(isLeftWhole).map(({ parameter }) => parameter));
  for (const name of assigned.keys()) if (isReadForItself(name) && !left.has(name)) add(name, false);
  for (const name of parameters.words('smtpd_restriction_classes')) add(name, false);
  // What is a file of aliases(5) is known by these alone.
  for (const name of ['alias_maps', 'alias_database']) {
    const tables = parameters.words(name);
    const isUsed = [...needed.values()].some(({ assignment: { value } }) =>
      tables.some((table) => value.text.includes(table)),
    );
    if (isUsed) add(name, false);
  }
  return [...assigned.keys()].flatMap((name) => needed.get(name) ?? []);
}

/** Those that stand in its policy: what it needs, and what `check` would miss in it. In the order of the file. */
export function policyAssignments(
  examined: Examined,
  without: ReadonlySet<string>,
  edits: Edits,
): NeededAssignment[] {
  const needed = neededAssignments(examined, without, edits);
  const helo = examined.assigned.get('smtpd_helo_required');
  if (helo === undefined || !needed.some(({ assignment: { name } }) => name === 'smtpd_helo_restrictions')) {
    return needed;
  }
  return [...examined.assigned.values()].flatMap(
    (one) =>
      (one === helo
        ? { assignment: helo, kind: undefined, isMatchList: false }
        : needed.find(({ assignment }) => assignment === one)) ?? [],
  );
}

function isReadForItself(name: string): boolean {
  const kind = PARAMETER_BY_NAME.get(name)?.kind;
  return kind !== undefined && kind !== 'aliases';
}

/** The parameters that a value names with `$`. */
export function referencesIn({ value }: Assignment, edits: Edits): Set<string> {
  const text = edits.apply(value.span()).replace(/^[ \t]*#.*$/gm, '');
  return namesIn(text);
}
