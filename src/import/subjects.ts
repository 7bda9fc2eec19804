/**
 * What becomes a policy: main.cf, and each smtpd service of master.cf that
 * decides otherwise because of its `-o` options.
 */
import { LIST_NAMES } from '../engine/step.ts';
import type { Assignment } from '../language/main-cf.ts';
import { PARAMETER_BY_NAME } from '../policy/parameters.ts';
import { Edits } from './edits.ts';
import type { Examined, ExamineOptions } from './examine.ts';
import { examineWithUsers } from './local-users.ts';
import type { SmtpdService } from './master-cf.ts';
import { neededAssignments, referencesIn } from './needed.ts';

export const MAIN_POLICY = 'main';

/** What the settings allow as the name of a policy. */
const LONGEST_NAME = 64;

export interface Subject {
  /** The policy's. */
  readonly name: string;
  /** undefined: main.cf itself. */
  readonly service: SmtpdService | undefined;
  readonly examined: Examined;
}

/** main.cf's first, then those of the services with options that a policy depends on. */
export function subjectsOf(
  assignments: readonly Assignment[],
  services: readonly SmtpdService[],
  options: ExamineOptions,
): [Subject, ...Subject[]] {
  const taken = new Set<string>([MAIN_POLICY, ...LIST_NAMES]);
  const main = examineWithUsers(MAIN_POLICY, assignments, options);
  const used = namesUsedBy(main);
  const withPolicy = services.filter((service) =>
    service.options.some(({ name }) => PARAMETER_BY_NAME.has(name) || used.has(name)),
  );
  return [
    { name: MAIN_POLICY, service: undefined, examined: main },
    ...withPolicy.map((service): Subject => {
      const name = policyName(service.name, taken);
      taken.add(name);
      const own = [...assignments, ...service.options];
      return { name, service, examined: examineWithUsers(name, own, options) };
    }),
  ];
}

/** Macros and restriction classes of main.cf that a service can set otherwise. */
function namesUsedBy(main: Examined): ReadonlySet<string> {
  const edits = new Edits();
  const needed = neededAssignments(main, new Set(), edits).map(({ assignment }) => assignment);
  return new Set(needed.flatMap((assignment) => [assignment.name, ...referencesIn(assignment, edits)]));
}

/** `localhost:10025` → `localhost-10025` */
function policyName(service: string, taken: ReadonlySet<string>): string {
  const stem =
    service
      .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[-._]+/, '')
      .slice(0, LONGEST_NAME - 4) || 'smtpd';
  if (!taken.has(stem)) return stem;
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number++;
  return `${stem}-${number}`;
}
