/** All that the doctor finds about a Postfix and our side of it. */
import { isPlain } from '../import/plain-lists.ts';
import { hasGuard, isForPolicyServer } from '../import/postfix-part.ts';
import { listParameter } from '../policy/compile.ts';
import type { RestrictionList } from '../policy/lint/restriction-list.ts';
import { CHECKS, finding } from './checks.ts';
import type { Finding } from './finding.ts';
import type { PostfixService } from './postfix-config.ts';
import { type OwnSide, type ServiceWiring, wiringOf } from './wiring.ts';

export function examination(services: readonly PostfixService[], own: OwnSide): Finding[] {
  const wired = services.map((service) => wiringOf(service, own));
  return [
    ...somebodyAsks(wired, own),
    ...wired.flatMap((one) => CHECKS.flatMap((check) => check(one, own))),
    ...everyListIsAsked(wired, own),
  ];
}

/** True when Postfix has the list itself, and nothing in it needs a policy server (docs/guide/import.md). */
function isKept(list: RestrictionList, asking: readonly ServiceWiring[]): boolean {
  const words = wordsOf(list);
  return (
    isPlain(list) &&
    asking.every(({ service }) =>
      service.examined.lists.some((one) => one.list === list.list && wordsOf(one) === words),
    )
  );
}

function wordsOf({ items }: RestrictionList): string {
  return items.map(({ token }) => token.text.toLowerCase()).join(' ');
}

function somebodyAsks(wired: readonly ServiceWiring[], { sockets }: OwnSide): Finding[] {
  if (wired.some(({ questions }) => questions.length > 0)) return [];
  const address = sockets[0]?.address;
  const where =
    address?.kind === 'tcp' ? `inet:${address.host}:${address.port}` : `unix:${address?.path ?? ''}`;
  return [
    {
      level: 'error',
      code: 'unasked',
      service: '',
      message: 'no smtpd service of this Postfix asks Postward',
      help: `add \`check_policy_service ${where}\` to smtpd_recipient_restrictions, behind reject_unauth_destination; docs/guide/postfix.md shows how`,
    },
  ];
}

/** By one service or another: that one of them leaves a list out is its own choice. */
function everyListIsAsked(wired: readonly ServiceWiring[], { policies }: OwnSide): Finding[] {
  return [...policies].flatMap(([name, policy]) => {
    const asking = wired.filter(({ questions }) => questions.some((one) => one.policy === name));
    const [first] = asking;
    if (first === undefined) return [];
    const covered = new Set(
      asking
        .flatMap(({ questions }) => questions.filter((one) => one.policy === name))
        .flatMap((one) => one.covers),
    );
    // Postfix decides by itself whether it relays.
    const isLeftToPostfix = asking.every(({ service }) => hasGuard(service.examined, 'relay'));
    return policy.lists
      .filter((list) => isForPolicyServer(list) && !isKept(list, asking))
      .flatMap(({ list }) => (list === undefined || covered.has(list) ? [] : [list]))
      .filter((list) => list !== 'relay' || !isLeftToPostfix)
      .map((list) =>
        finding(
          'warning',
          'list-not-asked',
          first,
          `${listParameter(list)} of the policy \`${name}\` is never asked for`,
          `put check_policy_service into ${listParameter(list)} of ${first.service.name}`,
        ),
      );
  });
}
