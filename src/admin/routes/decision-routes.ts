/**
 * `/v1/decisions`: the last decisions, and those to come as a stream, chosen
 * by client, sender, recipient, verdict and more. Each is what its line in the
 * log says.
 */
import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { VERDICTS } from '../../engine/decision.ts';
import { LIST_NAMES } from '../../engine/step.ts';
import type { DecisionFacts, RecentDecisions } from '../../observe/recent-decisions.ts';
import type { Principal } from '../auth/principal.ts';
import { closed, timeMs, timeOf } from '../closed.ts';
import { DECISION_FILTER, type DecisionFilter, decisionFilter } from '../decision-filter.ts';
import { droppedEvent, EventStream, type Missed, type StreamEvent } from '../event-stream.ts';
import { fieldProblem, ProblemError } from '../problem.ts';
import type { Routes } from '../server.ts';

export interface DecisionPort {
  readonly recent: RecentDecisions;
  readonly maxStreams: number;
  /** Whether whoever was let in would be let in now. */
  readonly holds: (principal: Principal) => boolean;
  readonly heartbeatMs?: number;
}

const DECISION = Type.Object(
  {
    id: Type.String({ description: 'Of this decision, as long as the daemon runs.' }),
    level: Type.String(),
    time: timeOf(),
    event: Type.Literal('decision'),
    policy: Type.String(),
    verdict: Type.Enum([...VERDICTS]),
    list: Type.Optional(Type.Enum([...LIST_NAMES])),
    restriction: Type.Optional(Type.String()),
    step: Type.Optional(Type.String()),
    place: Type.Optional(Type.String()),
    table: Type.Optional(Type.String()),
    table_key: Type.Optional(Type.String()),
    table_value: Type.Optional(Type.String()),
    table_failure: Type.Optional(Type.String()),
    code: Type.Optional(Type.Integer()),
    dsn: Type.Optional(Type.String()),
    reply: Type.Optional(Type.String()),
    fault: Type.Optional(Type.Boolean()),
    effects: Type.Optional(Type.Array(Type.String())),
    warnings: Type.Optional(Type.Array(Type.String())),
    protocol_state: Type.Optional(Type.String()),
    client_address: Type.Optional(Type.String()),
    client_name: Type.Optional(Type.String()),
    helo_name: Type.Optional(Type.String()),
    sender: Type.String(),
    recipient: Type.Optional(Type.String()),
    queue_id: Type.Optional(Type.String()),
    instance: Type.Optional(Type.String()),
    sasl_username: Type.Optional(Type.String()),
    snapshot: Type.Integer(),
    duration_ms: Type.Number(),
    msg: Type.String({ description: 'As Postfix would have logged it.' }),
  },
  { additionalProperties: false, description: 'As in the log, see docs/reference/log-events.md.' },
);

const DECISIONS = closed({
  decisions: Type.Array(DECISION, { description: 'The newest first.' }),
  next_cursor: Type.Optional(
    Type.String({ description: 'Of the page of older ones; missing: there are none.' }),
  ),
});

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Lines read between which others are served. */
const SLICE = 500;

const tags = ['decisions'];

export function decisionRoutes(port: DecisionPort): Routes {
  const { recent, maxStreams, holds } = port;
  /** Numbers begin anew with each start. */
  const run = randomBytes(4).toString('hex');
  const idOf = (number: number): string => `${run}-${number}`;
  /** undefined for an id of another run. */
  const numberOf = (id: string): number | undefined => {
    const [, ofRun, digits] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id) ?? [];
    return ofRun === run ? Number(digits) : undefined;
  };
  const streams = new Set<EventStream>();
  /** Decisions after a number, read from where they are kept when they are asked for. */
  const missedAfter = (
    last: number,
    isMatch: DecisionFilter,
    decisionEvent: (number: number, line: string) => StreamEvent,
  ): Missed => {
    let number = last + 1;
    return () => {
      const { first, next } = recent.range;
      if (number >= next) return undefined;
      if (number < first) {
        const count = first - number;
        number = first;
        return droppedEvent(count);
      }
      const line = recent.line(number);
      number += 1;
      if (line === undefined || !isMatch(JSON.parse(line))) return 'nothing';
      return decisionEvent(number - 1, line);
    };
  };

  return (server) => {
    server.get(
      '/v1/decisions',
      {
        config: { access: ['read'] },
        schema: {
          tags,
          summary: 'The last decisions, the newest first.',
          description: `As many as the setting \`admin.decisions\` keeps (${recent.capacity}).`,
          querystring: closed({
            ...DECISION_FILTER,
            since: Type.Optional(timeOf({ description: 'Only those from then on.' })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })),
            cursor: Type.Optional(
              Type.String({ maxLength: 100, description: '`next_cursor` of the page before.' }),
            ),
          }),
          response: { 200: DECISIONS },
        },
        // Put together of lines that are JSON already.
        serializerCompiler: () => (text) => String(text),
      },
      async ({ query }, reply) => {
        const isMatch = decisionFilter(query);
        const limit = query.limit ?? DEFAULT_LIMIT;
        let number = recent.range.next - 1;
        if (query.cursor !== undefined) {
          const before = numberOf(query.cursor);
          if (before === undefined) {
            throw new ProblemError(400, 'the cursor is none of this run of the daemon', [
              fieldProblem('querystring/cursor', query.cursor, '`next_cursor` of another page'),
            ]);
          }
          number = Math.min(number, before - 1);
        }
        const since = query.since === undefined ? Number.NEGATIVE_INFINITY : timeMs(query.since);
        const found: string[] = [];
        let looked = 0;
        let oldest: number | undefined;
        for (; number >= recent.range.first && found.length < limit; number -= 1) {
          const line = recent.line(number);
          if (line === undefined) break;
          const facts = JSON.parse(line) as DecisionFacts & { time: string };
          if (Date.parse(facts.time) < since) {
            number = -1;
            break;
          }
          if (isMatch(facts)) {
            found.push(withId(line, idOf(number)));
            oldest = number;
          }
          looked += 1;
          if (looked % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        const hasMore = oldest !== undefined && found.length === limit && number >= recent.range.first;
        const cursor = hasMore && oldest !== undefined ? `,"next_cursor":"${idOf(oldest)}"` : '';
        reply.type('application/json; charset=utf-8');
        return `{"decisions":[${found.join(',')}]${cursor}}` as never;
      },
    );

    server.get(
      '/v1/decisions/stream',
      {
        exposeHeadRoute: false,
        config: { access: ['read'] },
        schema: {
          tags,
          summary: 'Decisions as they are made, as server-sent events.',
          description:
            'An event `decision` for each; `dropped` with a `count` when the client reads too slowly. With `Last-Event-ID` those that were missed come first, as far as they are kept; `dropped` counts those that are not.',
          produces: ['text/event-stream'],
          querystring: closed(DECISION_FILTER),
          response: { 200: Type.String() },
        },
      },
      async (request, reply) => {
        const isMatch = decisionFilter(request.query);
        if (streams.size >= maxStreams) {
          throw new ProblemError(
            503,
            `${maxStreams} clients follow already, as many as admin.streams allows`,
          );
        }
        const { principal } = request;
        reply.hijack();
        let unfollow = () => {};
        const stream = new EventStream(reply.raw, {
          headers: {},
          isAllowed: () => principal !== undefined && holds(principal),
          onClose: () => {
            unfollow();
            streams.delete(stream);
          },
          ...(port.heartbeatMs === undefined ? {} : { heartbeatMs: port.heartbeatMs }),
        });
        streams.add(stream);
        const decisionEvent = (number: number, line: string): StreamEvent => {
          const id = idOf(number);
          return { event: 'decision', id, data: withId(line, id) };
        };
        const follow = () => {
          unfollow = recent.follow((number, facts, line) => {
            if (isMatch(facts)) stream.send(decisionEvent(number, line));
          });
        };
        const last = numberOf(String(request.headers['last-event-id'] ?? ''));
        if (last === undefined) follow();
        else stream.catchUp(missedAfter(last, isMatch, decisionEvent), follow);
      },
    );

    server.addHook('preClose', async () => {
      for (const stream of streams) stream.close();
    });
  };
}

/** @param line a JSON object */
function withId(line: string, id: string): string {
  return `{"id":"${id}",${line.slice(1)}`;
}
