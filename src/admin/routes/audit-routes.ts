/** `/v1/audit`: who changed what, with before and after. */
import { Type } from 'typebox';
import type { AuditRecord } from '../../store/audit-records.ts';
import type { Store } from '../../store/store.ts';
import type { StoreFailure } from '../../store/store-failure.ts';
import { closed, isoTime, timeMs, timeOf } from '../closed.ts';
import { fieldProblem, ProblemError } from '../problem.ts';
import type { Routes } from '../server.ts';
import { stored } from '../store-problem.ts';

export interface AuditPort {
  readonly audit: Pick<Store['audit'], 'query'>;
  readonly onStoreFailure: (failure: StoreFailure) => void;
}

const RECORD = closed({
  id: Type.Integer(),
  at: timeOf(),
  actor: Type.String({
    description: 'A token, the user of the local socket, or who did it at another server.',
  }),
  operation: Type.String({ description: '`entry.put`, `list.drop`, `token.create` and so on.' }),
  list: Type.Optional(Type.String()),
  subject: Type.Optional(Type.String({ description: 'The key of an entry, the id of a token.' })),
  before: Type.Optional(Type.Unknown({ description: 'Missing: there was nothing.' })),
  after: Type.Optional(Type.Unknown({ description: 'Missing: there is nothing.' })),
  origin: Type.Optional(Type.String({ description: 'The server it was done at; missing: this one.' })),
});

const text = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 512, description }));

const tags = ['audit'];

export function auditRoutes({ audit, onStoreFailure }: AuditPort): Routes {
  return (server) => {
    server.get(
      '/v1/audit',
      {
        config: { access: ['admin'] },
        schema: {
          tags,
          summary: 'Who changed what, the newest first.',
          querystring: closed({
            actor: text('As a record names it.'),
            operation: text('As a record names it.'),
            list: text('The name of a list.'),
            subject: text('The key of an entry, in its canonical form, or the id of a token.'),
            since: Type.Optional(timeOf({ description: 'From then on.' })),
            until: Type.Optional(timeOf({ description: 'Before then.' })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
            cursor: Type.Optional(
              Type.String({ maxLength: 1024, description: '`next_cursor` of the page before.' }),
            ),
          }),
          response: {
            200: closed({ records: Type.Array(RECORD), next_cursor: Type.Optional(Type.String()) }),
          },
        },
      },
      async ({ query }) => {
        const { since, until, ...rest } = query;
        const page = stored(
          await audit.query({
            ...rest,
            since: since === undefined ? undefined : timeMs(since),
            until: until === undefined ? undefined : timeMs(until),
          }),
          onStoreFailure,
        );
        if ('kind' in page) throw badCursor(query.cursor);
        return {
          records: page.records.map(recordJson),
          ...(page.cursor === undefined ? {} : { next_cursor: page.cursor }),
        };
      },
    );
  };
}

export function badCursor(cursor: string | undefined): ProblemError {
  return new ProblemError(400, 'the cursor belongs to no such query', [
    fieldProblem('querystring/cursor', cursor, '`next_cursor` of another page of the same query'),
  ]);
}

function recordJson({ id, at, actor, operation, list, subject, before, after, origin }: AuditRecord) {
  return {
    id,
    at: isoTime(at),
    actor,
    operation,
    ...(list === '' ? {} : { list }),
    ...(subject === '' ? {} : { subject }),
    ...(before === null ? {} : { before: JSON.parse(before) as unknown }),
    ...(after === null ? {} : { after: JSON.parse(after) as unknown }),
    ...(origin === '' ? {} : { origin }),
  };
}
