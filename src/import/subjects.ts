/**
 * What becomes a policy: main.cf, and each smtpd service of master.cf that
 * decides otherwise because of its `-o` options.
 */
import { LIST_NAMES } from '../engine/step.ts';
import type { Assignment } from '../language/main-cf.ts';
import { PARAMETER_BY_NAME } from '../policy/parameters.ts';
import type { Examined, ExamineOptions } from './examine.ts';
import { examineWithUsers } from './local-users.ts';
import type { SmtpdService } from './master-cf.ts';

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

/** Services with options that a policy depends on. */
export function servicesWithPolicy(services: readonly SmtpdService[]): SmtpdService[] {
  return services.filter(({ options }) => options.some(({ name }) => PARAMETER_BY_NAME.has(name)));
}

/** main.cf's first. */
export function subjectsOf(
  assignments: readonly Assignment[],
  services: readonly SmtpdService[],
  options: ExamineOptions,
): [Subject, ...Subject[]] {
  const taken = new Set<string>([MAIN_POLICY, ...LIST_NAMES]);
  return [
    {
      name: MAIN_POLICY,
      service: undefined,
      examined: examineWithUsers(MAIN_POLICY, assignments, options),
    },
    ...services.map((service): Subject => {
      const name = policyName(service.name, taken);
      taken.add(name);
      const own = [...assignments, ...service.options];
      return { name, service, examined: examineWithUsers(name, own, options) };
    }),
  ];
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
