/**
 * How a Postfix and the policies of a Postward fit together: each question that
 * Postfix puts to one of our sockets, the policy that answers it, and the
 * lists of that policy which it has decided.
 */
import { join } from 'node:path';
import type { ListName } from '../engine/step.ts';
import type { Examined } from '../import/examine.ts';
import type { ServiceEndpoint } from '../net/service-endpoint.ts';
import type { SocketAddress } from '../net/socket-address.ts';
import { parsePolicyContext } from '../snapshot/policy-context.ts';
import type { PostfixService } from './postfix-config.ts';
import { type Question, questionsOf } from './question.ts';

/** What of the settings of Postward the wiring depends on. */
export interface OwnSide {
  readonly sockets: readonly { readonly address: SocketAddress; readonly policy: string }[];
  readonly policies: ReadonlyMap<string, Examined>;
  readonly deadlineSeconds: number;
  readonly idleSeconds: number;
  readonly connections: number;
  readonly permitAction: 'DUNNO' | 'OK';
}

/** A question that reaches one of our sockets. */
export interface OwnQuestion extends Question {
  readonly policy: string;
  /** False when its policy_context names nothing that there is. */
  readonly isContextKnown: boolean;
  /** The list its policy_context names alone. */
  readonly contextList: ListName | undefined;
  /** The lists of the policy that it decides. */
  readonly covers: readonly ListName[];
}

export interface ServiceWiring {
  readonly service: PostfixService;
  readonly questions: readonly OwnQuestion[];
  /** Those that go elsewhere. */
  readonly others: readonly Question[];
}

const AT_RECIPIENT: readonly ListName[] = ['client', 'helo', 'sender', 'relay', 'recipient'];

export function wiringOf(service: PostfixService, own: OwnSide): ServiceWiring {
  const questions: OwnQuestion[] = [];
  const others: Question[] = [];
  const isDelayed = service.examined.parameters.boolean('smtpd_delay_reject');
  for (const question of questionsOf(service)) {
    const endpoint = inChroot(question.endpoint, service);
    const socket = own.sockets.find(({ address }) => isSame(endpoint, address));
    if (socket === undefined) {
      others.push(question);
      continue;
    }
    const context = parsePolicyContext(question.policyContext, socket.policy, own.policies);
    questions.push({
      ...question,
      policy: context.policy,
      isContextKnown: context.isKnown,
      contextList: context.list,
      covers: context.list === undefined ? coveredAt(question.list, isDelayed) : [context.list],
    });
  }
  return { service, questions, others };
}

/** What a question without a list decides, by the list of Postfix it stands in (Policy.plan). */
function coveredAt(list: ListName, isDelayed: boolean): readonly ListName[] {
  if (list === 'data' || list === 'end_of_data') return [list];
  if (list === 'etrn') return ['client', 'helo', 'etrn'];
  if (isDelayed || list === 'recipient' || list === 'relay') return AT_RECIPIENT;
  return [list];
}

/** An smtpd in a chroot finds an absolute path below the queue directory. */
function inChroot(endpoint: ServiceEndpoint, { isChrooted, examined }: PostfixService): ServiceEndpoint {
  const queue = examined.parameters.text('queue_directory');
  if (endpoint.kind !== 'unix' || !isChrooted || endpoint.path.startsWith(`${queue}/`)) return endpoint;
  return { kind: 'unix', path: join(queue, endpoint.path) };
}

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '::1'];
const ANY: readonly string[] = ['0.0.0.0', '::'];

function isSame(endpoint: ServiceEndpoint, address: SocketAddress): boolean {
  if (endpoint.kind === 'unix') return address.kind === 'unix' && address.path === endpoint.path;
  if (address.kind !== 'tcp' || address.port !== endpoint.port) return false;
  return (
    address.host === endpoint.host ||
    ANY.includes(address.host) ||
    (LOOPBACK.includes(address.host) && LOOPBACK.includes(endpoint.host))
  );
}
