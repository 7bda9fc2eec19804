/** `/v1/tokens`: who may use this API. A token's text is in the answer that makes it, and nowhere else. */
import { type Static, Type } from 'typebox';
import { ACTION_NAMES } from '../../lists/list-action.ts';
import type { StoreFailure } from '../../store/store-failure.ts';
import type { TokenRecord } from '../../store/token-records.ts';
import { SCOPES, type Scope } from '../auth/scope.ts';
import { MAX_TOKENS, type Tokens } from '../auth/tokens.ts';
import { closed, isoTime, timeMs, timeOf } from '../closed.ts';
import { fieldProblem, ProblemError } from '../problem.ts';
import type { Routes } from '../server.ts';
import { stored } from '../store-problem.ts';

export interface TokenPort {
  readonly tokens: Tokens;
  readonly onStoreFailure: (failure: StoreFailure) => void;
}

const ID = Type.String({
  pattern: '^[0-9a-f]{12}$',
  expected: 'the id of a token: twelve hexadecimal digits',
});

const NAME = Type.String({
  pattern: '^[^\\x00-\\x1f\\x7f\\ud800-\\udfff]{1,100}$',
  expected: 'a text of 1 to 100 characters without control characters',
  description: 'For people, and for the audit trail. No two tokens have the same.',
});

const LIST_NAMES = Type.Array(
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', expected: 'the name of a list' }),
  { minItems: 1, maxItems: 100, uniqueItems: true, description: 'The only lists it may see and edit.' },
);

const TOKEN_ACTIONS = Type.Array(Type.Enum([...ACTION_NAMES]), {
  minItems: 1,
  uniqueItems: true,
  description:
    'The only actions that it may put in force: it edits entries, and no lists. `4NN` and `5NN` stand for reply codes with a text.',
});

const FACTS = {
  id: ID,
  name: NAME,
  scopes: Type.Array(Type.Enum([...SCOPES])),
  lists: Type.Optional(LIST_NAMES),
  actions: Type.Optional(TOKEN_ACTIONS),
  created_at: timeOf(),
  expires_at: Type.Optional(timeOf({ description: 'Missing: never.' })),
  last_used_at: Type.Optional(timeOf({ description: 'Missing: not yet.' })),
};

const TOKEN = closed(FACTS);

const NEW_TOKEN = closed({
  ...FACTS,
  token: Type.String({ description: 'The token itself. It is not kept, and cannot be told again.' }),
});

const WISH = closed({
  name: NAME,
  scopes: Type.Array(Type.Enum([...SCOPES]), { minItems: 1, uniqueItems: true }),
  lists: Type.Optional(LIST_NAMES),
  actions: Type.Optional(TOKEN_ACTIONS),
  expires_at: Type.Optional(timeOf({ description: 'In the future. Default: never.' })),
});

const ME = closed({
  actor: Type.String({ description: 'As the audit trail names it.' }),
  scopes: Type.Array(Type.Enum([...SCOPES])),
  lists: Type.Optional(Type.Array(Type.String())),
  actions: Type.Optional(Type.Array(Type.String())),
});

const tags = ['tokens'];

export function tokenRoutes({ tokens, onStoreFailure }: TokenPort): Routes {
  return (server) => {
    server.get(
      '/v1/tokens',
      {
        config: { access: ['admin'] },
        schema: {
          tags,
          summary: 'All tokens, the oldest first.',
          response: { 200: closed({ tokens: Type.Array(TOKEN) }) },
        },
      },
      async () => ({ tokens: tokens.list().map(tokenJson) }),
    );

    server.post(
      '/v1/tokens',
      {
        config: { access: ['admin'], isSecret: true },
        schema: { tags, summary: 'Make a token.', body: WISH, response: { 201: NEW_TOKEN } },
      },
      async ({ body, principal }, reply) => {
        checkWish(body);
        const wish = {
          name: body.name,
          scopes: body.scopes as readonly Scope[],
          lists: body.lists ?? null,
          actions: body.actions ?? null,
          expires: body.expires_at === undefined ? null : timeMs(body.expires_at),
        };
        const made = stored(await tokens.create(wish, principal?.actor ?? ''), onStoreFailure);
        if (made === 'full') {
          throw new ProblemError(
            409,
            `there are ${MAX_TOKENS} tokens already; revoke those that nobody uses`,
          );
        }
        if (made === 'taken') {
          throw new ProblemError(409, 'another token has that name', [
            fieldProblem('body/name', body.name, 'a name that no token has'),
          ]);
        }
        reply.code(201).header('location', `/v1/tokens/${made.token.id}`);
        return { ...tokenJson(made.token), token: made.text };
      },
    );

    server.get(
      '/v1/tokens/:id',
      {
        config: { access: ['admin'] },
        schema: { tags, summary: 'One token.', params: closed({ id: ID }), response: { 200: TOKEN } },
      },
      async ({ params }) => {
        const token = tokens.get(params.id);
        if (token === undefined) throw noToken(params.id);
        return tokenJson(token);
      },
    );

    server.delete(
      '/v1/tokens/:id',
      {
        config: { access: ['admin'] },
        schema: {
          tags,
          summary: 'Revoke a token: it is no good from now on.',
          params: closed({ id: ID }),
          response: { 204: Type.Null() },
        },
      },
      async ({ params, principal }, reply) => {
        const isRevoked = stored(await tokens.revoke(params.id, principal?.actor ?? ''), onStoreFailure);
        if (!isRevoked) throw noToken(params.id);
        return reply.code(204).send(null as never);
      },
    );

    server.get(
      '/v1/me',
      {
        config: { access: [...SCOPES], isAboutLists: true },
        schema: { tags, summary: 'Who asks, and what they may.', response: { 200: ME } },
      },
      async ({ principal }) => ({
        actor: principal?.actor ?? '',
        scopes: [...(principal?.scopes ?? [])],
        ...(principal?.lists === undefined ? {} : { lists: [...principal.lists] }),
        ...(principal?.actions === undefined ? {} : { actions: [...principal.actions] }),
      }),
    );
  };
}

/** What the schema cannot say. */
function checkWish({ scopes, lists, actions, expires_at }: Static<typeof WISH>): void {
  const wide = scopes.find((scope) => scope === 'policies' || scope === 'admin');
  if (lists !== undefined && wide !== undefined) {
    throw new ProblemError(
      400,
      `the scope \`${wide}\` is not about lists, so it cannot be held to some of them`,
      [fieldProblem('body/scopes', scopes, 'read and lists only, when `lists` is given')],
    );
  }
  if (actions !== undefined && (wide !== undefined || !scopes.includes('lists'))) {
    throw new ProblemError(400, 'only a token that edits lists can be held to some actions', [
      fieldProblem('body/scopes', scopes, 'lists, or read and lists, when `actions` is given'),
    ]);
  }
  if (expires_at !== undefined && timeMs(expires_at) <= Date.now()) {
    throw new ProblemError(400, 'the token would have expired already', [
      fieldProblem('body/expires_at', expires_at, 'a time in the future'),
    ]);
  }
}

function noToken(id: string): ProblemError {
  return new ProblemError(404, 'there is no such token', [
    fieldProblem('params/id', id, 'the id of a token'),
  ]);
}

function tokenJson({
  id,
  name,
  scopes,
  lists,
  actions,
  created,
  expires,
  lastUsed,
}: TokenRecord): Static<typeof TOKEN> {
  return {
    id,
    name,
    scopes: SCOPES.filter((scope) => scopes.includes(scope)),
    ...(lists === null ? {} : { lists: [...lists] }),
    ...(actions === null ? {} : { actions: [...actions] }),
    created_at: isoTime(created),
    ...(expires === null ? {} : { expires_at: isoTime(expires) }),
    ...(lastUsed === null ? {} : { last_used_at: isoTime(lastUsed) }),
  };
}
