/**
 * `/v1/explain` and `/v1/policies/explain`: a request in, the whole way to its
 * decision out; by a policy in force, or by a candidate. The answer is what
 * `postward explain --json` prints.
 */
import { type Static, Type } from 'typebox';
import { type ExplainRequest, requestFromWords } from '../../explain/explain-request.ts';
import { explanationJson, listsNotRun } from '../../explain/explanation.ts';
import { EXPLANATION, type ExplanationJson } from '../../explain/explanation-schema.ts';
import { ATTRIBUTES } from '../../protocol/attributes.ts';
import { actionFor } from '../../server/action-encoder.ts';
import type { Decider } from '../../snapshot/decider.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { OperatorError } from '../../util/operator-error.ts';
import { closed } from '../closed.ts';
import { fieldProblem, ProblemError } from '../problem.ts';
import type { Routes } from '../server.ts';
import { CANDIDATE_TEXT, noPolicy, POLICY_NAME, type PolicyPort, withCandidate } from './policy-routes.ts';

export interface ExplainPort extends PolicyPort {
  /** Decides by a snapshot with the daemon's own resolver. */
  readonly deciderOf: (snapshot: () => Snapshot) => Decider;
  readonly permitAction: 'DUNNO' | 'OK';
  /** As long as a decision may take. */
  readonly deadlineMs: number;
}

/** At a time: each may ask the DNS as much as a decision does. */
const MAX_RUNNING = 8;

const ATTRIBUTE_NAMES = ATTRIBUTES.map(({ name }) => name).filter((name) => name !== 'request');

const ATTRIBUTE_VALUES = closed(
  Object.fromEntries(
    ATTRIBUTE_NAMES.map((name) => [
      name,
      Type.Optional(
        Type.String({
          maxLength: 8192,
          pattern: '^[^\\r\\n\\0]*$',
          expected: 'a text in one line, of at most 8192 characters',
        }),
      ),
    ]),
  ),
  {
    description:
      "Postfix's attributes of a policy request. What is left out is assumed, and `assumed` tells it.",
  },
);

const REQUEST = {
  attributes: ATTRIBUTE_VALUES,
  policy: Type.Optional(POLICY_NAME),
};

const tags = ['explain'];

export function explainRoutes(port: ExplainPort): Routes {
  let running = 0;
  const bounded = async (work: () => Promise<ExplanationJson>): Promise<ExplanationJson> => {
    if (running >= MAX_RUNNING) throw new ProblemError(503, 'enough requests are being explained; try again');
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };

  return (server) => {
    server.post(
      '/v1/explain',
      {
        config: { access: ['read', 'policies'] },
        schema: {
          tags,
          summary: 'How a policy in force decides a request, step by step.',
          body: closed(REQUEST),
          response: { 200: EXPLANATION },
        },
      },
      async ({ body }) =>
        bounded(() => explain(port, port.holder.current, body.attributes, body.policy ?? port.defaultPolicy)),
    );

    server.post(
      '/v1/policies/explain',
      {
        config: { access: ['policies'] },
        schema: {
          tags,
          summary: 'How a candidate would decide a request, step by step.',
          body: closed({ ...REQUEST, text: CANDIDATE_TEXT }),
          response: { 200: EXPLANATION },
        },
      },
      async ({ body }) =>
        bounded(() =>
          withCandidate(port, body.text, body.policy, ({ snapshot }, policy) =>
            explain(port, snapshot, body.attributes, policy),
          ),
        ),
    );
  };
}

async function explain(
  port: ExplainPort,
  snapshot: Snapshot,
  attributes: Static<typeof ATTRIBUTE_VALUES>,
  policy: string,
): Promise<ExplanationJson> {
  if (!snapshot.policies.has(policy)) throw noPolicy(policy, 'body/policy', 400);
  const { request, assumed } = requestOf(attributes);
  const started = performance.now();
  const ruling = await withDeadline(
    port.deciderOf(() => snapshot).decide(request, policy, true),
    port.deadlineMs,
  );
  const durationMs = performance.now() - started;
  const plan = snapshot.policies.get(ruling.policy)?.plan(request, ruling.list);
  const explanation = explanationJson({
    request,
    assumed,
    ruling,
    action: actionFor(ruling, { permitAction: port.permitAction }),
    durationMs,
    notRun: plan === undefined ? [] : listsNotRun(plan, ruling.decision.trace ?? []),
  });
  return port.mask.value(explanation);
}

function requestOf(attributes: Readonly<Record<string, unknown>>): ExplainRequest {
  try {
    return requestFromWords(Object.entries(attributes).map(([name, value]) => `${name}=${value}`));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const name = Object.keys(attributes).find((each) => error.message.includes(`\`${each}`));
    const field = name === undefined ? 'body/attributes' : `body/attributes/${name}`;
    throw new ProblemError(400, error.message, [
      fieldProblem(field, name === undefined ? undefined : attributes[name], error.help),
    ]);
  }
}

/** What takes longer goes on, and is over when the DNS gives up. */
async function withDeadline<T>(decided: T | Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const problem = new ProblemError(504, `there is no decision after ${deadlineMs} ms`);
    timer = setTimeout(() => reject(problem), deadlineMs);
  });
  try {
    return await Promise.race([decided, late]);
  } finally {
    clearTimeout(timer);
  }
}
