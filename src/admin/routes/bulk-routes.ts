/**
 * Many entries at once: edits in one transaction, import and export as
 * access(5) text (which postmap reads), CSV and NDJSON.
 */
import { Readable } from 'node:stream';
import { type Static, Type } from 'typebox';
import type { EditProblem } from '../../lists/edit.ts';
import { hasExpired } from '../../lists/formats/has-expired.ts';
import { LIST_FORMATS, type ListFormatName } from '../../lists/formats/list-format.ts';
import { MAX_EDITS } from '../../lists/list-changes.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import { isTooDeep } from '../../util/json-depth.ts';
import { repeatedField } from '../../util/repeated-field.ts';
import { closed } from '../closed.ts';
import { type EntryEdit, refuseContradictions } from '../contradictions.ts';
import { type Applied, applyEdits, type ListPort, listFor } from '../list-port.ts';
import { ACTION, COMMENT, DRY_RUN, EXPIRY, LIST_NAME, OUTCOME, SHARED } from '../list-schemas.ts';
import {
  bodyText,
  depthProblem,
  type FieldProblem,
  fieldProblem,
  ProblemError,
  repeatedFieldProblem,
} from '../problem.ts';
import type { Routes } from '../server.ts';
import { expiryOf } from './entry-routes.ts';

const tags = ['lists'];
const params = closed({ list: LIST_NAME });
const reading = { access: ['read', 'lists'], isAboutLists: true } as const;
const writing = { access: ['lists'], isAboutLists: true } as const;

const MAX_MISTAKES = 100;

const FORMAT_NAMES = Object.keys(LIST_FORMATS) as ListFormatName[];
const FORMAT_OF: ReadonlyMap<string, ListFormatName> = new Map(
  FORMAT_NAMES.map((name) => [LIST_FORMATS[name].mediaType, name]),
);
const NDJSON = LIST_FORMATS.ndjson.mediaType;

const BULK_EDIT = closed({
  operation: Type.Enum(['put', 'remove']),
  key: Type.String({ minLength: 1, maxLength: 512 }),
  action: Type.Optional(ACTION),
  comment: Type.Optional(COMMENT),
  expires_at: Type.Optional(EXPIRY),
});

const BULK = closed({ edits: Type.Array(BULK_EDIT, { minItems: 1, maxItems: MAX_EDITS }) });

const COUNTS = closed({
  created: Type.Integer(),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
  removed: Type.Integer(),
  absent: Type.Integer({ description: 'There was nothing to remove.' }),
});

const SUMMARY = closed({
  counts: COUNTS,
  results: Type.Array(
    closed({
      key: Type.String({ description: 'In canonical form.' }),
      outcome: OUTCOME,
      notes: Type.Array(Type.String()),
    }),
    { description: 'One for each edit, in their order.' },
  ),
  dry_run: Type.Boolean(),
  shared: SHARED,
});

export function bulkRoutes(port: ListPort): Routes {
  return (server) => {
    server.register(async (texts) => {
      texts.addContentTypeParser([NDJSON], { parseAs: 'buffer' }, (_request, body, done) => {
        const text = bodyText(body as Buffer);
        if (typeof text !== 'string') return done(text);
        try {
          done(null, editsOf(text));
        } catch (error) {
          done(error as Error);
        }
      });
      texts.route({
        method: 'POST',
        url: '/v1/lists/:list/bulk',
        config: writing,
        schema: {
          tags,
          summary: `Put and remove up to ${MAX_EDITS} entries: all or none.`,
          description: `As JSON, or as NDJSON (\`${NDJSON}\`) with one edit a line. Two edits that say different things of one key are refused.`,
          consumes: ['application/json', NDJSON],
          params,
          querystring: closed({ dry_run: DRY_RUN }),
          body: BULK,
          response: { 200: SUMMARY },
        },
        preValidation: async ({ body }) => {
          const { edits } = (body ?? {}) as { edits?: unknown };
          if (Array.isArray(edits) && edits.length > MAX_EDITS) throw tooMany('body/edits');
        },
        handler: async (request) => {
          const { list } = request.params as Static<typeof params>;
          const { dry_run: isDryRun = false } = request.query as { dry_run?: boolean };
          const edits = (request.body as Static<typeof BULK>).edits.map((edit, at) =>
            bulkEdit(list, edit, at),
          );
          refuseContradictions(port.lists, edits, (index) => `edits/${index}`);
          const applied = await applyEdits(port, request, edits, isDryRun, ({ index, field }) =>
            field === 'list'
              ? 'params/list'
              : `body/edits/${index}/${field === 'expires' ? 'expires_at' : field}`,
          );
          return summary(edits, applied, isDryRun);
        },
      });
    });

    server.register(async (texts) => {
      texts.removeAllContentTypeParsers();
      texts.addContentTypeParser([...FORMAT_OF.keys()], { parseAs: 'buffer' }, (_request, body, done) => {
        const text = bodyText(body as Buffer);
        if (typeof text === 'string') done(null, text);
        else done(text);
      });
      texts.route({
        method: 'POST',
        url: '/v1/lists/:list/import',
        config: writing,
        schema: {
          tags,
          summary: `Put up to ${MAX_EDITS} entries of a text: all or none.`,
          description:
            'access(5) text (`text/plain`), CSV (`text/csv`, with a line of column names) or NDJSON (`application/x-ndjson`), in UTF-8. Entries that the text does not have stay.',
          consumes: [...FORMAT_OF.keys()],
          params,
          querystring: closed({ dry_run: DRY_RUN }),
          body: Type.String(),
          response: { 200: SUMMARY },
        },
        handler: async (request) => {
          const { list } = request.params as Static<typeof params>;
          const { dry_run: isDryRun = false } = request.query as { dry_run?: boolean };
          const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
          const { edits, lines } = importedEdits(list, FORMAT_OF.get(type) ?? 'access', String(request.body));
          refuseContradictions(port.lists, edits, (index) => `line ${lines[index]}`);
          const fieldOf = ({ index, field }: Pick<EditProblem, 'index' | 'field'>) =>
            field === 'list'
              ? 'params/list'
              : `body/line ${lines[index]}/${field === 'expires' ? 'expires_at' : field}`;
          return summary(edits, await applyEdits(port, request, edits, isDryRun, fieldOf), isDryRun);
        },
      });
    });

    server.get(
      '/v1/lists/:list/export',
      {
        config: reading,
        schema: {
          tags,
          summary: 'All entries of a list that are in force, as a text, by key.',
          description:
            'A key that no line of access(5) text can begin with (`#x@example.org`, an odd quote) stands there as a remark, and the last line tells how many there are.',
          params,
          querystring: closed({ format: Type.Optional(Type.Enum(FORMAT_NAMES, { default: 'access' })) }),
          produces: [...FORMAT_OF.keys()],
          response: { 200: Type.String() },
        },
      },
      async (request, reply) => {
        const { name } = listFor(port, request, request.params.list);
        const format = LIST_FORMATS[request.query.format ?? 'access'];
        reply.type(`${format.mediaType}; charset=utf-8`);
        return reply.send(Readable.from(exported(port, name, format)) as never);
      },
    );
  };
}

/** A failure on the way breaks the connection off: a text that ends early must not look whole. */
async function* exported(
  port: ListPort,
  list: string,
  format: (typeof LIST_FORMATS)[ListFormatName],
): AsyncGenerator<string> {
  const nowMs = Date.now();
  let leftOut = 0;
  yield format.heading(list);
  for await (const chunk of port.lists.entries(list)) {
    if (chunk instanceof StoreFailure) {
      port.onStoreFailure(chunk);
      throw new Error('the store cannot be read');
    }
    leftOut += chunk.filter((entry) => !format.canWrite(entry) && !hasExpired(entry, nowMs)).length;
    yield format.write(chunk, nowMs);
  }
  yield format.ending(leftOut);
}

function tooMany(field: string): ProblemError {
  const expected = `at most ${MAX_EDITS} entries; send them in parts`;
  return new ProblemError(413, 'too many entries at once', [fieldProblem(field, undefined, expected)]);
}

/** NDJSON as the JSON body that it stands for. */
function editsOf(text: string): { edits: unknown[] } {
  const edits: unknown[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    if (edits.length > MAX_EDITS) break;
    if (isTooDeep(line)) throw depthProblem(`body/line ${at + 1}`);
    try {
      edits.push(JSON.parse(line));
    } catch {
      throw new ProblemError(400, `line ${at + 1} is no JSON`, [
        fieldProblem(`body/line ${at + 1}`, line, 'one JSON object a line'),
      ]);
    }
    const field = repeatedField(line);
    if (field !== undefined) throw repeatedFieldProblem(`body/line ${at + 1}`, field);
  }
  return { edits };
}

function bulkEdit(list: string, edit: Static<typeof BULK_EDIT>, at: number): EntryEdit {
  const { operation, key, action, comment, expires_at } = edit;
  if (operation === 'put') {
    if (action === undefined) {
      throw new ProblemError(400, 'an entry without an action cannot be put', [
        fieldProblem(`body/edits/${at}/action`, undefined, 'a value: this field is needed to put an entry'),
      ]);
    }
    return {
      operation,
      list,
      key,
      fields: { action, comment: comment ?? '', expires: expiryOf(expires_at ?? null) },
    };
  }
  const superfluous = (['action', 'comment', 'expires_at'] as const).find((name) => edit[name] !== undefined);
  if (superfluous !== undefined) {
    throw new ProblemError(400, 'to remove an entry its key is enough', [
      fieldProblem(`body/edits/${at}/${superfluous}`, edit[superfluous], 'nothing: the entry is removed'),
    ]);
  }
  return { operation, list, key };
}

function importedEdits(
  list: string,
  format: ListFormatName,
  text: string,
): { edits: EntryEdit[]; lines: number[] } {
  const { entries, mistakes } = LIST_FORMATS[format].read(text);
  if (mistakes.length > 0) {
    const errors = mistakes
      .slice(0, MAX_MISTAKES)
      .map(
        ({ line, message, help }): FieldProblem =>
          fieldProblem(`body/line ${line}`, undefined, `${message}; ${help}`),
      );
    throw new ProblemError(400, `nothing is imported: ${mistakes.length} lines cannot be read`, errors);
  }
  if (entries.length > MAX_EDITS) throw tooMany('body');
  return {
    edits: entries.map(({ key, action, comment, expires }) => ({
      operation: 'put',
      list,
      key,
      fields: { action, comment, expires },
    })),
    lines: entries.map(({ line }) => line),
  };
}

function summary(
  edits: readonly EntryEdit[],
  { results, isShared }: Applied,
  isDryRun: boolean,
): Static<typeof SUMMARY> {
  const counts = { created: 0, changed: 0, unchanged: 0, removed: 0, absent: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return {
    counts,
    results: results.map(({ before, after, outcome, notes }, at) => {
      const key = (after ?? before)?.key ?? edits[at]?.key ?? '';
      return { key, outcome, notes: [...notes] };
    }),
    dry_run: isDryRun,
    ...(isShared === undefined ? {} : { shared: isShared }),
  };
}
