/** `/v1/lists/LIST/entries`: the entries of a list, found, read and edited one by one. */
import { Type } from 'typebox';
import type { EditProblem, EntryFields } from '../../lists/edit.ts';
import { shown } from '../../lists/shown.ts';
import { ENTRY_ORDERS } from '../../store/list-query.ts';
import { closed, timeMs } from '../closed.ts';
import { applyEdits, type ListPort, listFor } from '../list-port.ts';
import {
  ACTION,
  COMMENT,
  DRY_RUN,
  ENTRY,
  ENTRY_RESULT,
  EXPIRY,
  entryJson,
  KEY,
  LIST_NAME,
  resultJson,
} from '../list-schemas.ts';
import { fieldProblem, ProblemError } from '../problem.ts';
import type { Routes } from '../server.ts';
import { stored } from '../store-problem.ts';
import { editCondition, isUnchanged, sendTag } from '../versions.ts';
import { badCursor } from './audit-routes.ts';

const tags = ['lists'];
const params = closed({ list: LIST_NAME, key: KEY });
const reading = { access: ['read', 'lists'], isAboutLists: true } as const;
const writing = { access: ['lists'], isAboutLists: true, hasVersions: true } as const;
const querystring = closed({ dry_run: DRY_RUN });

const text = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 512, description }));

export function entryRoutes(port: ListPort): Routes {
  const { lists } = port;
  /** The canonical form of the key in an address. */
  const keyOf = (list: string, written: string): string => {
    const key = lists.key(list, written);
    if (typeof key === 'string') return key;
    throw new ProblemError(400, key.error, [fieldProblem('params/key', written, key.help)]);
  };

  return (server) => {
    server.get(
      '/v1/lists/:list/entries',
      {
        config: reading,
        schema: {
          tags,
          summary: 'Entries of a list, page by page.',
          params: closed({ list: LIST_NAME }),
          querystring: closed({
            prefix: text('The key begins so.'),
            text: text('Key, action or comment has this in it.'),
            verb: text('The first word of the action: `REJECT`, `550`.'),
            changed_by: text('Who changed it last.'),
            expired: Type.Optional(
              Type.Boolean({ description: 'Only those that have expired, or only those that have not.' }),
            ),
            order: Type.Optional(Type.Enum([...ENTRY_ORDERS], { default: 'key' })),
            descending: Type.Optional(Type.Boolean({ default: false })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
            cursor: Type.Optional(
              Type.String({
                maxLength: 2048,
                description: '`next_cursor` of the page before, with the same query.',
              }),
            ),
          }),
          response: {
            200: closed({ entries: Type.Array(ENTRY), next_cursor: Type.Optional(Type.String()) }),
          },
        },
      },
      async (request) => {
        const list = listFor(port, request, request.params.list).name;
        const { changed_by, expired, descending, verb, ...rest } = request.query;
        const page = stored(
          await lists.search({
            ...rest,
            list,
            verb: verb?.toUpperCase(),
            changedBy: changed_by,
            isExpired: expired,
            isDescending: descending,
          }),
          port.onStoreFailure,
        );
        if ('kind' in page) throw badCursor(request.query.cursor);
        return {
          entries: page.entries.map(entryJson),
          ...(page.cursor === undefined ? {} : { next_cursor: page.cursor }),
        };
      },
    );

    server.get(
      '/v1/lists/:list/entries/:key',
      {
        config: reading,
        schema: {
          tags,
          summary: 'One entry.',
          params,
          response: { 200: ENTRY, 304: Type.Null({ description: 'It has the version of If-None-Match.' }) },
        },
      },
      async (request, reply) => {
        const { name } = listFor(port, request, request.params.list);
        const key = keyOf(name, request.params.key);
        const entry = stored(await lists.entry(name, key), port.onStoreFailure);
        if (entry === undefined) throw noEntry(name, key);
        sendTag(reply, entry.version);
        if (isUnchanged(request, entry.version)) return reply.code(304).send(null as never);
        return entryJson(entry);
      },
    );

    server.put(
      '/v1/lists/:list/entries/:key',
      {
        config: writing,
        schema: {
          tags,
          summary: 'Put an entry: what was there under that key is replaced.',
          params,
          querystring,
          body: closed({
            action: ACTION,
            comment: Type.Optional(COMMENT),
            expires_at: Type.Optional(EXPIRY),
          }),
          response: { 200: ENTRY_RESULT, 201: ENTRY_RESULT },
        },
      },
      async (request, reply) => {
        const { list, key } = request.params;
        const { action, comment = '', expires_at = null } = request.body;
        const isDryRun = request.query.dry_run ?? false;
        const fields = { action, comment, expires: expiryOf(expires_at) };
        const edit = { operation: 'put', list, key, fields, condition: editCondition(request) } as const;
        const { results, isShared } = await applyEdits(port, request, [edit], isDryRun, fieldOf);
        const [result] = results;
        if (result === undefined) throw new Error('an edit without a result');
        reply.code(result.outcome === 'created' && !isDryRun ? 201 : 200);
        if (result.after !== undefined && !isDryRun) sendTag(reply, result.after.version);
        return resultJson(result, isDryRun, isShared);
      },
    );

    server.patch(
      '/v1/lists/:list/entries/:key',
      {
        config: writing,
        schema: {
          tags,
          summary: 'Change some fields of an entry.',
          params,
          querystring,
          body: closed({
            action: Type.Optional(ACTION),
            comment: Type.Optional(COMMENT),
            expires_at: Type.Optional(EXPIRY),
          }),
          response: { 200: ENTRY_RESULT },
        },
      },
      async (request, reply) => {
        const { list, key } = request.params;
        const { expires_at, ...rest } = request.body;
        const isDryRun = request.query.dry_run ?? false;
        const fields: Partial<EntryFields> = {
          ...rest,
          ...(expires_at === undefined ? {} : { expires: expiryOf(expires_at) }),
        };
        const edit = { operation: 'patch', list, key, fields, condition: editCondition(request) } as const;
        const { results, isShared } = await applyEdits(port, request, [edit], isDryRun, fieldOf);
        const [result] = results;
        if (result === undefined) throw new Error('an edit without a result');
        if (result.after !== undefined && !isDryRun) sendTag(reply, result.after.version);
        return resultJson(result, isDryRun, isShared);
      },
    );

    server.delete(
      '/v1/lists/:list/entries/:key',
      {
        config: writing,
        schema: { tags, summary: 'Remove an entry.', params, querystring, response: { 200: ENTRY_RESULT } },
      },
      async (request) => {
        const { list, key } = request.params;
        const isDryRun = request.query.dry_run ?? false;
        const edit = { operation: 'remove', list, key, condition: editCondition(request) } as const;
        const { results, isShared } = await applyEdits(port, request, [edit], isDryRun, fieldOf);
        const [result] = results;
        if (result === undefined || result.outcome === 'absent') throw noEntry(list, key);
        return resultJson(result, isDryRun, isShared);
      },
    );
  };
}

export function expiryOf(text: string | null): number | null {
  return text === null ? null : timeMs(text);
}

function noEntry(list: string, key: string): ProblemError {
  return new ProblemError(404, `there is no entry ${shown(key)} in the list \`${list}\``, [
    fieldProblem('params/key', key, 'the key of an entry of the list'),
  ]);
}

function fieldOf({ field }: Pick<EditProblem, 'field'>): string {
  switch (field) {
    case 'list':
    case 'key':
      return `params/${field}`;
    case 'expires':
      return 'body/expires_at';
    default:
      return `body/${field}`;
  }
}
