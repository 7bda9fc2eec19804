/** Lists and entries as the API writes them. */
import { type Static, Type } from 'typebox';
import type { EditResult } from '../lists/edit.ts';
import type { ListInfo } from '../lists/list-info.ts';
import { LIST_KINDS, type ListEntry } from '../store/list-records.ts';
import { closed, isoTime, TIME_EXPECTED, timeOf } from './closed.ts';

export const LIST_NAME = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  expected: 'the name of a list: up to 64 letters, digits, dots, hyphens and underscores',
});

/** What a key may be says lists/key.ts, by the kind of the list. */
export const KEY = Type.String({
  minLength: 1,
  maxLength: 512,
  description: 'Percent-encoded: `192.0.2.0%2F24`, `user%40example.org`.',
});

export const ACTION = Type.String({
  minLength: 1,
  maxLength: 1000,
  description: 'As in access(5): `REJECT`, `550 5.7.1 go away`, `OK`.',
});

export const COMMENT = Type.String({ maxLength: 1000 });

export const EXPIRY = Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
  expected: `${TIME_EXPECTED}, or null for never`,
  description: 'From then on the entry is out of force; null: never.',
});

const AUTHORSHIP = {
  created_at: timeOf(),
  created_by: Type.String(),
  changed_at: timeOf(),
  changed_by: Type.String(),
};

export const LIST = closed({
  name: Type.String(),
  kind: Type.Enum([...LIST_KINDS], { description: 'What its keys may be.' }),
  description: Type.String(),
  version: Type.String({ description: 'Also the ETag; changes with every edit of the list or of an entry.' }),
  entries: Type.Integer({ description: 'In force.' }),
  hits: Type.Integer({ description: 'Lookups that found something, since the start.' }),
  in_policy: Type.Boolean({ description: 'A policy in force names it.' }),
  ...AUTHORSHIP,
  created_at: Type.Optional(timeOf({ description: 'Missing: nobody has made it, a policy names it.' })),
  changed_at: Type.Optional(timeOf({ description: 'Missing: as it was made.' })),
});

export const ENTRY = closed({
  list: Type.String(),
  key: Type.String({ description: 'In canonical form.' }),
  action: Type.String(),
  comment: Type.String(),
  expires_at: Type.Optional(timeOf({ description: 'Missing: never.' })),
  version: Type.String({ description: 'Also the ETag; changes with every edit.' }),
  ...AUTHORSHIP,
});

export const OUTCOME = Type.Enum(['created', 'changed', 'unchanged', 'removed', 'absent']);

const NOTES = Type.Array(Type.String(), { description: 'What was made of the key or the expiry.' });

export const DRY_RUN = Type.Optional(
  Type.Boolean({ default: false, description: 'Check everything, and change nothing.' }),
);

export const SHARED = Type.Optional(
  Type.Boolean({
    description:
      'Whether the servers that share lists have it already; if not, they will. Missing: nobody shares them, or nothing was changed.',
  }),
);

export const ENTRY_RESULT = closed({
  outcome: OUTCOME,
  before: Type.Optional(ENTRY),
  after: Type.Optional(ENTRY),
  notes: NOTES,
  dry_run: Type.Boolean(),
  shared: SHARED,
});

export function listJson(list: ListInfo): Static<typeof LIST> {
  const { name, kind, description, version, entries, hits, isInPolicy } = list;
  const { created_at, changed_at, ...by } = authorshipJson(list);
  return {
    name,
    kind,
    description,
    version,
    entries,
    hits,
    in_policy: isInPolicy,
    ...(list.created === 0 ? {} : { created_at }),
    ...(list.changed === 0 ? {} : { changed_at }),
    ...by,
  };
}

export function entryJson(entry: ListEntry): Static<typeof ENTRY> {
  const { list, key, action, comment, expires, version } = entry;
  return {
    list,
    key,
    action,
    comment,
    ...(expires === null ? {} : { expires_at: isoTime(expires) }),
    version,
    ...authorshipJson(entry),
  };
}

export function resultJson(
  { outcome, before, after, notes }: EditResult,
  isDryRun: boolean,
  isShared: boolean | undefined,
): Static<typeof ENTRY_RESULT> {
  return {
    outcome,
    ...(before === undefined ? {} : { before: entryJson(before) }),
    ...(after === undefined ? {} : { after: entryJson(after) }),
    notes: [...notes],
    dry_run: isDryRun,
    ...(isShared === undefined ? {} : { shared: isShared }),
  };
}

function authorshipJson({
  created,
  createdBy,
  changed,
  changedBy,
}: Pick<ListEntry, 'created' | 'createdBy' | 'changed' | 'changedBy'>) {
  return {
    created_at: isoTime(created),
    created_by: createdBy,
    changed_at: isoTime(changed),
    changed_by: changedBy,
  };
}
