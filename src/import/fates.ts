/** What becomes of each line of a main.cf, or option of a service, when its lists are imported, and why. */
import type { Assignment } from '../language/main-cf.ts';
import type { RestrictionList } from '../policy/lint/restriction-list.ts';
import { isPostfixParameter } from '../policy/postfix-parameters.ts';
import { meantParameter } from '../policy/unknown-parameters.ts';
import type { Edits } from './edits.ts';
import type { Examined } from './examine.ts';
import { type NeededAssignment, referencesIn } from './needed.ts';
import { isPlain, isUnasked } from './plain-lists.ts';
import { isLeftWhole, leftToPostfix, SUCCESSOR_OF_CHECK_RELAY_DOMAINS } from './postfix-part.ts';
import { movesAway, reasonToStay } from './staying.ts';

export interface LineFate {
  readonly assignment: Assignment;
  /** `left out`: it had no effect. */
  readonly fate: 'moves' | 'both' | 'stays' | 'left out';
  readonly reason: string;
}

export interface FateOptions {
  /** All there are, in the order of the file. */
  readonly assignments: readonly Assignment[];
  readonly needed: readonly NeededAssignment[];
  readonly policy: Examined;
  /** The assignments are options of a service of master.cf. */
  readonly isService: boolean;
  /** What stays of the lists in Postfix names restriction classes. */
  readonly nativeClasses: boolean;
  readonly edits: Edits;
  /** Names that options of services use which stay in master.cf. */
  readonly usedByServices: ReadonlySet<string>;
  /** Names that master.cf uses; undefined: it was not given. */
  readonly usedByMaster: ReadonlySet<string> | undefined;
}

/** Parameters that a policy could read and is better off without. */
const WITHHELD: Readonly<Record<string, Pick<LineFate, 'fate' | 'reason'>>> = {
  config_directory: { fate: 'stays', reason: 'the policy has a directory of its own' },
  local_recipient_maps: {
    fate: 'stays',
    reason: 'names a table that Postward does not open; Postfix itself goes on refusing unknown recipients',
  },
  maps_rbl_domains: { fate: 'left out', reason: '`reject_rbl_client` asks for those that are alive' },
};

export function fatesOf(options: FateOptions): LineFate[] {
  const { assignments } = options;
  const last = new Map(assignments.map((assignment) => [assignment.name, assignment]));
  const inForce = [...last.values()];
  // What stays keeps the macros that it uses, and those that they use.
  const usedByPostfix = new Set(
    inForce
      .filter((assignment) => isReadByPostfix(assignment, options))
      .flatMap((assignment) => [...referencesIn(assignment, options.edits)])
      .concat([...options.usedByServices]),
  );
  for (const name of usedByPostfix) {
    const macro = last.get(name);
    if (macro === undefined || !isMacro(macro, options)) continue;
    for (const other of referencesIn(macro, options.edits)) usedByPostfix.add(other);
  }
  return assignments.map((assignment) => {
    const winner = last.get(assignment.name);
    if (winner === undefined || winner === assignment) return fateOf(assignment, usedByPostfix, options);
    const { line } = winner.nameSpan.source.position(winner.nameSpan.start);
    return { assignment, fate: 'left out', reason: `line ${line} sets it again` };
  });
}

function fateOf(assignment: Assignment, usedByPostfix: ReadonlySet<string>, options: FateOptions): LineFate {
  const { name } = assignment;
  const leftList = leftWhole(assignment, options);
  const isNeeded = options.needed.some((one) => one.assignment === assignment);
  if (leftList !== undefined) {
    return { assignment, fate: isNeeded ? 'both' : 'stays', reason: stayingWords(leftList) };
  }
  const list = options.policy.lists.find(({ parameter }) => parameter === name);
  if (isNeeded && list !== undefined && staysToo(list, options)) {
    return { assignment, fate: 'both', reason: plainWords(list) };
  }
  if (isNeeded && isMoving(assignment, options)) {
    return { assignment, fate: 'moves', reason: stayingWords(list) };
  }
  if (isNeeded && options.policy.classes.has(name)) {
    return {
      assignment,
      fate: options.nativeClasses ? 'both' : 'moves',
      reason: classReason(options.policy.classes, name),
    };
  }
  if (isNeeded && isMacro(assignment, options)) {
    return usedByPostfix.has(name)
      ? { assignment, fate: 'both', reason: 'used by lines that move and by lines that stay' }
      : { assignment, fate: 'moves', reason: 'used by lines that move' };
  }
  if (isNeeded) return { assignment, fate: 'both', reason: 'Postfix needs it as well' };
  const withheld = WITHHELD[name];
  if (withheld !== undefined) return { assignment, ...withheld };
  if (isPostfixParameter(name)) return { assignment, fate: 'stays', reason: reasonToStay(name) };
  if (usedByPostfix.has(name) || options.usedByMaster?.has(name))
    return { assignment, fate: 'stays', reason: 'used by lines that stay' };
  const meant = meantParameter(name);
  const unused =
    options.usedByMaster === undefined
      ? ', and nothing in main.cf uses it (does a service of master.cf? see --master)'
      : ', and nothing uses it';
  const guess = meant === undefined ? unused : `: \`${meant}\` misspelt`;
  return { assignment, fate: 'left out', reason: `Postfix has no such parameter${guess}` };
}

function isMoving({ name }: Assignment, { nativeClasses }: FateOptions): boolean {
  return movesAway(name) && !(nativeClasses && name === 'smtpd_restriction_classes');
}

/** By itself, whoever else names it. */
function isReadByPostfix(assignment: Assignment, options: FateOptions): boolean {
  const list = options.policy.lists.find(({ parameter }) => parameter === assignment.name);
  if (list !== undefined && staysToo(list, options)) return true;
  if (leftWhole(assignment, options) !== undefined) return true;
  if (options.policy.classes.has(assignment.name)) return options.nativeClasses;
  return !isMoving(assignment, options) && !isMacro(assignment, options);
}

/** The list that it sets, when a policy server has nothing to decide there. */
function leftWhole({ name }: Assignment, { policy }: FateOptions): RestrictionList | undefined {
  return policy.lists.find((list) => list.parameter === name && isLeftWhole(list));
}

/** A name that means something only because others use it. */
function isMacro({ name }: Assignment, { policy }: FateOptions): boolean {
  return !isPostfixParameter(name) && !movesAway(name) && !policy.classes.has(name);
}

/** True of lists that a policy has and Postfix keeps. Into the recipient list comes a question, if there is one. */
function staysToo(list: RestrictionList, { policy, isService }: FateOptions): boolean {
  const isAskedIn = list.list === 'recipient' && !(isService && isUnasked(policy));
  return isPlain(list) && list.list !== 'relay' && !isAskedIn;
}

/** Why a list stays in Postfix as well. */
function plainWords(list: RestrictionList): string {
  return ['Postfix keeps it: nothing in it needs a policy server', stayingWords(list)]
    .filter((part) => part !== '')
    .join('; ');
}

/** What of a list stays behind. */
function stayingWords(list: RestrictionList | undefined): string {
  if (list === undefined) return '';
  const reasons = leftToPostfix(list).map(({ item: { restriction } }) => {
    const reason = restriction.support.level === 'undecidable' ? restriction.support.reason : '';
    return `\`${restriction.name}\` stays: ${reason}`;
  });
  if (
    list.items.some((item) => item.kind === 'restriction' && item.restriction.name === 'check_relay_domains')
  ) {
    reasons.push(
      `the new lines have \`${SUCCESSOR_OF_CHECK_RELAY_DOMAINS}\` for \`check_relay_domains\`, gone in Postfix 3.9`,
    );
  }
  return reasons.join('; ');
}

function classReason(classes: ReadonlyMap<string, RestrictionList>, name: string): string {
  const list = classes.get(name);
  const [first] = list === undefined ? [] : leftToPostfix(list);
  if (first === undefined) return 'restriction class';
  return `restriction class; only Postfix can decide \`${first.item.restriction.name}\` in it: keep the class in main.cf as well, and what names it`;
}
