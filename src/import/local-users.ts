/**
 * Who is a user of the mail host, for policies that refuse unknown ones by
 * reject_unlisted_sender or reject_unlisted_recipient. Postfix knows from its
 * default of local_recipient_maps; a policy has none, because Postward may run
 * elsewhere. Where a main.cf counts on the default it is written into the
 * policy, so that no more is permitted than Postfix did.
 */
import { type Assignment, parseMainCf } from '../language/main-cf.ts';
import { Source } from '../language/source.ts';
import { everyItem } from '../policy/lint/restriction-list.ts';
import { type Examined, type ExamineOptions, examine } from './examine.ts';

const USERS = 'local_recipient_maps';

/** postconf(5) */
const POSTFIX_DEFAULT = parseMainCf(
  new Source("Postfix's default", `${USERS} = proxy:unix:passwd.byname $alias_maps\n`),
  () => {},
);

/** Tables that hold users of many hosts, which Postward does not open. */
const UNOPENED = /(?:^|[\s,:])(?:nis|nisplus|netinfo):/;

const USERS_OF_HOST = /(?:^|[\s,:])unix:/;

/** How a policy knows the users of a host. */
export interface HostUsers {
  /** The policy's name. */
  readonly policy: string;
  /** False: main.cf says so itself. */
  readonly isWritten: boolean;
}

/** With Postfix's default where it counts, and without tables that only Postfix can open where they do not. */
export function examineWithUsers(
  name: string,
  assignments: readonly Assignment[],
  options: ExamineOptions,
): Examined {
  const examined = examine(name, assignments, options);
  const isSet = examined.parameters.isSet(USERS);
  if (refusesUnlisted(examined)) {
    return isSet ? examined : examine(name, [...assignments, ...POSTFIX_DEFAULT], options);
  }
  if (!isSet || !UNOPENED.test(examined.parameters.text(USERS))) return examined;
  const others = assignments.filter((assignment) => assignment.name !== USERS);
  return examine(name, others, options);
}

/** Not smtpd_reject_unlisted_*: these checks Postfix goes on making by itself, whatever is in its lists. */
function refusesUnlisted(examined: Examined): boolean {
  return [...everyItem(examined)].some(({ item }) => item.restriction.name.startsWith('reject_unlisted_'));
}

/** True when the users were written into the policy. */
export function hasWrittenUsers({ assigned }: Examined): boolean {
  return POSTFIX_DEFAULT.some((assignment) => assigned.get(USERS) === assignment);
}

/** undefined: it knows none, or from tables that can be copied. */
export function hostUsersOf(policy: string, examined: Examined): HostUsers | undefined {
  const { parameters } = examined;
  const isOfHost = parameters.isSet(USERS) && USERS_OF_HOST.test(parameters.text(USERS));
  return isOfHost ? { policy, isWritten: hasWrittenUsers(examined) } : undefined;
}

/** Files of aliases(5): newaliases(1) and local(8) go on reading them where they are. */
export function aliasFiles({ parameters }: Examined): Set<string> {
  const tables = [...parameters.words('alias_maps'), ...parameters.words('alias_database')];
  return new Set(tables.map((table) => table.slice(table.lastIndexOf(':') + 1)));
}
