/** `/v1/lists`: the managed lists themselves, and which of them say something of a client or an address. */
import { type Static, Type } from 'typebox';
import type { EditProblem } from '../../lists/edit.ts';
import { LIST_KINDS } from '../../store/list-records.ts';
import { maySeeList } from '../auth/principal.ts';
import { closed } from '../closed.ts';
import { applyEdits, checkList, type ListPort, listFor, noList } from '../list-port.ts';
import { DRY_RUN, LIST, LIST_NAME, listJson, OUTCOME, SHARED } from '../list-schemas.ts';
import { fieldProblem, ProblemError } from '../problem.ts';
import type { Routes } from '../server.ts';
import { editCondition, isUnchanged, sendTag } from '../versions.ts';

const tags = ['lists'];
const params = closed({ list: LIST_NAME });
const reading = { access: ['read', 'lists'], isAboutLists: true } as const;
const writing = { access: ['lists'], isAboutLists: true, hasVersions: true } as const;

const RESULT = closed({
  outcome: OUTCOME,
  list: Type.Optional({ ...LIST, description: 'As it is now: a dry run has changed nothing.' }),
  dry_run: Type.Boolean(),
  shared: SHARED,
});

const MATCHES = closed({
  key: Type.String(),
  matches: Type.Array(
    closed({
      list: Type.String(),
      searched: Type.String({
        description: 'The search string that found it, as Postfix would have tried it.',
      }),
      entry: Type.String({
        description: 'The key of the entry: for an address possibly a network around it.',
      }),
      action: Type.String(),
    }),
  ),
});

export function listRoutes(port: ListPort): Routes {
  const { lists } = port;
  const resultOf = (
    name: string,
    outcome: Static<typeof OUTCOME>,
    isDryRun: boolean,
    isShared: boolean | undefined,
  ): Static<typeof RESULT> => {
    const list = lists.list(name);
    return {
      outcome,
      ...(list === undefined ? {} : { list: listJson(list) }),
      dry_run: isDryRun,
      ...(isShared === undefined ? {} : { shared: isShared }),
    };
  };

  return (server) => {
    server.get(
      '/v1/lists',
      {
        config: reading,
        schema: {
          tags,
          summary: 'All lists that the token may see, by name.',
          response: { 200: closed({ lists: Type.Array(LIST) }) },
        },
      },
      async ({ principal }) => ({
        lists: lists
          .lists()
          .filter(({ name }) => principal !== undefined && maySeeList(principal, name))
          .map(listJson),
      }),
    );

    server.get(
      '/v1/lists/match',
      {
        config: reading,
        schema: {
          tags,
          summary: 'Which lists say something of an address, a host name or a mail address?',
          description:
            'Search strings and their order are those of access(5): for an address also the networks around it, for a name the domains above it. In a query string `+` is `%2B`.',
          querystring: closed({
            key: Type.String({ minLength: 1, maxLength: 512, description: 'Or `<>`, the null sender.' }),
          }),
          response: { 200: MATCHES },
        },
      },
      async ({ query, principal }) => {
        const found = lists.match(query.key);
        if ('error' in found) {
          throw new ProblemError(400, found.error, [fieldProblem('querystring/key', query.key, found.help)]);
        }
        return {
          key: query.key,
          matches: found
            .filter(({ list }) => principal !== undefined && maySeeList(principal, list))
            .map(({ list, searched, key, action }) => ({ list, searched, entry: key, action })),
        };
      },
    );

    server.get(
      '/v1/lists/:list',
      {
        config: reading,
        schema: {
          tags,
          summary: 'One list, without its entries.',
          params,
          response: { 200: LIST, 304: Type.Null({ description: 'It has the version of If-None-Match.' }) },
        },
      },
      async (request, reply) => {
        const list = listFor(port, request, request.params.list);
        sendTag(reply, list.version);
        if (isUnchanged(request, list.version)) return reply.code(304).send(null as never);
        return listJson(list);
      },
    );

    server.put(
      '/v1/lists/:list',
      {
        config: writing,
        schema: {
          tags,
          summary: 'Make a list, or describe it anew.',
          description: 'What is left out stays as it is; a new list is of kind `any`.',
          params,
          querystring: closed({ dry_run: DRY_RUN }),
          body: closed({
            kind: Type.Optional(Type.Enum([...LIST_KINDS], { description: 'What its keys may be.' })),
            description: Type.Optional(Type.String({ maxLength: 1000 })),
          }),
          response: { 200: RESULT, 201: RESULT },
        },
      },
      async (request, reply) => {
        const { list: name } = request.params;
        const isDryRun = request.query.dry_run ?? false;
        const edit = {
          operation: 'describe',
          list: name,
          fields: request.body,
          condition: editCondition(request),
        } as const;
        const { results, isShared } = await applyEdits(port, request, [edit], isDryRun, fieldOf);
        const outcome = results[0]?.outcome ?? 'unchanged';
        reply.code(outcome === 'created' && !isDryRun ? 201 : 200);
        const made = lists.list(name);
        if (made !== undefined) sendTag(reply, made.version);
        return resultOf(name, outcome, isDryRun, isShared);
      },
    );

    server.delete(
      '/v1/lists/:list',
      {
        config: writing,
        schema: {
          tags,
          summary: 'Delete a list with all its entries. One that a policy in force names stays: 409.',
          params,
          querystring: closed({ dry_run: DRY_RUN }),
          response: { 200: RESULT },
        },
      },
      async (request) => {
        const { list: name } = request.params;
        checkList(request, name);
        const isDryRun = request.query.dry_run ?? false;
        const edit = { operation: 'drop', list: name, condition: editCondition(request) } as const;
        const { results, isShared } = await applyEdits(port, request, [edit], isDryRun, fieldOf);
        const outcome = results[0]?.outcome ?? 'absent';
        if (outcome === 'absent') throw noList(name);
        return resultOf(name, outcome, isDryRun, isShared);
      },
    );
  };
}

function fieldOf({ field }: Pick<EditProblem, 'field'>): string {
  return field === 'list' ? 'params/list' : `body/${field}`;
}
