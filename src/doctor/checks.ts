/**
 * What the doctor looks at in the wiring: one row a check. Each says what is
 * well and what is not; none asks anybody anything.
 */
import { parseAction } from '../access/action.ts';
import { hasGuard } from '../import/postfix-part.ts';
import { listParameter } from '../policy/compile.ts';
import type { Finding, FindingLevel } from './finding.ts';
import { parametersAgree } from './parameter-checks.ts';
import type { OwnQuestion, OwnSide, ServiceWiring } from './wiring.ts';

export type Check = (wired: ServiceWiring, own: OwnSide) => readonly Finding[];

export function finding(
  level: FindingLevel,
  code: string,
  { service }: Pick<ServiceWiring, 'service'>,
  message: string,
  help = '',
): Finding {
  return { level, code, service: service.name, message, help };
}

export const CHECKS: readonly Check[] = [
  isAsked,
  chrootSeesSocket,
  contextIsKnown,
  contextFitsList,
  guardIsFirst,
  timeoutIsLongEnough,
  defaultActionIsSafe,
  idleIsShorter,
  isNotOnlyWarned,
  noListIsAskedTwice,
  connectionsSuffice,
  parametersAgree,
];

function isAsked(wired: ServiceWiring): Finding[] {
  const { questions, others } = wired;
  if (questions.length > 0) {
    const from = questions.map(({ list }) => listParameter(list));
    return [finding('ok', 'asked', wired, `asks Postward from ${[...new Set(from)].join(', ')}`)];
  }
  const elsewhere = others.map(({ server }) => server);
  const more =
    elsewhere.length === 0 ? '' : `; its check_policy_service asks ${[...new Set(elsewhere)].join(', ')}`;
  // Not every service has to; that one does is another check (examination.ts).
  return [finding('ok', 'not-asked', wired, `does not ask Postward${more}`)];
}

function chrootSeesSocket(wired: ServiceWiring, { sockets }: OwnSide): Finding[] {
  if (!wired.service.isChrooted) return [];
  const hidden = wired.others.filter(({ endpoint }) =>
    sockets.some(
      ({ address }) => endpoint.kind === 'unix' && address.kind === 'unix' && address.path === endpoint.path,
    ),
  );
  const queue = wired.service.examined.parameters.text('queue_directory');
  return hidden.map(({ server }) =>
    finding(
      'error',
      'socket-outside-chroot',
      wired,
      `${server} is outside the chroot of this smtpd, which sees only what is below ${queue}`,
      `let Postward listen below ${queue}, such as unix:${queue}/postward/policy, and write unix:postward/policy here`,
    ),
  );
}

function contextIsKnown(wired: ServiceWiring, { policies }: OwnSide): Finding[] {
  return wired.questions
    .filter(({ isContextKnown }) => !isContextKnown)
    .map(({ policyContext, policy }) =>
      finding(
        'error',
        'unknown-context',
        wired,
        `policy_context=${policyContext} names no policy and no list; the policy \`${policy}\` decides as if it were not there`,
        `the policies are ${[...policies.keys()].join(', ')}; write [POLICY][/LIST] or a list such as client`,
      ),
    );
}

function contextFitsList(wired: ServiceWiring): Finding[] {
  return wired.questions
    .filter(({ contextList, list }) => contextList !== undefined && contextList !== list)
    .map(({ contextList, list }) =>
      finding(
        'warning',
        'context-in-other-list',
        wired,
        `${listParameter(list)} asks for the ${contextList} list`,
        `put that question into smtpd_${contextList}_restrictions, where Postfix combines it with the right list`,
      ),
    );
}

function guardIsFirst(wired: ServiceWiring, { permitAction }: OwnSide): Finding[] {
  const { service, questions } = wired;
  const early = questions.find(({ list, isBehindGuard }) => list === 'recipient' && !isBehindGuard);
  if (early === undefined || hasGuard(service.examined, 'relay')) return [];
  const message =
    'check_policy_service stands before reject_unauth_destination in smtpd_recipient_restrictions';
  const help =
    'put it behind reject_unauth_destination, or set smtpd_relay_restrictions, which Postfix runs apart';
  return permitAction === 'OK'
    ? [
        finding(
          'error',
          'before-relay-guard',
          wired,
          `${message}, and a permit is answered OK: this is an open relay`,
          help,
        ),
      ]
    : [
        finding(
          'warning',
          'before-relay-guard',
          wired,
          `${message}: every attempt to relay costs a decision`,
          help,
        ),
      ];
}

function timeoutIsLongEnough(wired: ServiceWiring, { deadlineSeconds }: OwnSide): Finding[] {
  return distinct(wired.questions, ({ timeoutSeconds }) => timeoutSeconds)
    .filter(({ timeoutSeconds }) => timeoutSeconds <= deadlineSeconds)
    .map(({ timeoutSeconds }) =>
      finding(
        'warning',
        'timeout',
        wired,
        `Postfix waits ${timeoutSeconds} s for an answer, and a decision may take ${deadlineSeconds} s`,
        'lower decision.deadline_seconds, or raise timeout= (smtpd_policy_service_timeout) above it',
      ),
    );
}

function defaultActionIsSafe(wired: ServiceWiring): Finding[] {
  return distinct(wired.questions, ({ defaultAction }) => defaultAction).flatMap(({ defaultAction }) => {
    const action = parseAction(defaultAction);
    const { kind } = action;
    // A list of restrictions is an action, too.
    if (kind === 'permit' || (kind === 'list' && /^permit\b/i.test(defaultAction))) {
      return finding(
        'error',
        'default-action',
        wired,
        `default_action=${defaultAction} permits whatever comes while Postward is down, past all that follows`,
        'write default_action=DUNNO',
      );
    }
    if (kind === 'reject' || (kind === 'code' && action.code >= 500)) {
      return finding(
        'error',
        'default-action',
        wired,
        `default_action=${defaultAction} refuses mail for good while Postward is down`,
        'write default_action=DUNNO, or leave it out: then mail waits at its senders',
      );
    }
    const meaning =
      kind === 'dunno'
        ? 'mail passes unfiltered by Postward'
        : 'mail waits at its senders (default_action=DUNNO would let it pass unfiltered)';
    return finding('ok', 'default-action', wired, `while Postward is down ${meaning}`);
  });
}

function idleIsShorter(wired: ServiceWiring, { idleSeconds }: OwnSide): Finding[] {
  return distinct(wired.questions, ({ maxIdleSeconds }) => maxIdleSeconds)
    .filter(({ maxIdleSeconds }) => maxIdleSeconds >= idleSeconds)
    .map(({ maxIdleSeconds }) =>
      finding(
        'warning',
        'idle',
        wired,
        `Postfix keeps a resting connection for ${maxIdleSeconds} s, Postward for ${idleSeconds} s`,
        'raise limits.idle_seconds above smtpd_policy_service_max_idle',
      ),
    );
}

function isNotOnlyWarned(wired: ServiceWiring): Finding[] {
  return wired.questions
    .filter(({ isWarned }) => isWarned)
    .map(({ list }) =>
      finding(
        'warning',
        'only-warned',
        wired,
        `warn_if_reject stands before check_policy_service in ${listParameter(list)}: nothing is refused`,
        'remove warn_if_reject once you trust the policy',
      ),
    );
}

function noListIsAskedTwice(wired: ServiceWiring): Finding[] {
  const seen = new Map<string, OwnQuestion>();
  const findings: Finding[] = [];
  for (const question of wired.questions) {
    const again = question.covers.find((list) => seen.has(`${question.policy}/${list}`));
    const first = seen.get(`${question.policy}/${again}`);
    for (const list of question.covers) seen.set(`${question.policy}/${list}`, question);
    if (again === undefined || first === undefined) continue;
    findings.push(
      finding(
        'warning',
        'asked-twice',
        wired,
        `the ${again} list of the policy \`${question.policy}\` is asked for from ${listParameter(first.list)} and again from ${listParameter(question.list)}`,
        'ask once at RCPT TO without policy_context, or once from each list with policy_context=LIST',
      ),
    );
  }
  return findings;
}

/** smtpd keeps a connection for each policy_context. */
function connectionsSuffice(wired: ServiceWiring, { connections }: OwnSide): Finding[] {
  const { service, questions } = wired;
  const limit = Number(service.examined.assigned.get('default_process_limit')?.value.text ?? '100');
  const most =
    limit * new Set(questions.map(({ server, policyContext }) => `${server} ${policyContext}`)).size;
  if (!(most > connections)) return [];
  return [
    finding(
      'warning',
      'connections',
      wired,
      `up to ${most} connections may come from here (default_process_limit ${limit}), and limits.connections is ${connections}`,
      'raise limits.connections',
    ),
  ];
}

function distinct<T>(values: readonly T[], key: (value: T) => unknown): T[] {
  const seen = new Map<unknown, T>();
  for (const value of values) if (!seen.has(key(value))) seen.set(key(value), value);
  return [...seen.values()];
}
