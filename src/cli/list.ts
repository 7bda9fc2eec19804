/**
 * `postward list`: managed lists of a running daemon. What is typed here is in
 * force when the command returns; what other servers do not have then is told.
 */
import { visible } from '../language/visible.ts';
import { OperatorError } from '../util/operator-error.ts';
import { AdminClient } from './admin-client.ts';
import { expiryOf } from './expiry.ts';
import type { OptionValues } from './setting-flags.ts';
import { painter, printOperatorError, type Terminal } from './terminal.ts';
import { textTable } from './text-table.ts';

export interface ListFacts {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
  readonly entries: number;
  readonly hits: number;
  readonly in_policy: boolean;
}

export interface EntryFacts {
  readonly key: string;
  readonly action: string;
  readonly comment: string;
  readonly changed_at: string;
  readonly changed_by: string;
  readonly expires_at?: string;
}

interface EntryPage {
  readonly entries: readonly EntryFacts[];
  readonly next_cursor?: string;
}

interface Match {
  readonly list: string;
  readonly searched: string;
  readonly entry: string;
  readonly action: string;
}

/** What an edit of an entry is answered. */
interface EditAnswer {
  readonly after: EntryFacts;
  readonly notes: readonly string[];
  /** Missing: there is nobody to share with. */
  readonly shared?: boolean;
}

/** @param shared of the answer to an edit; undefined: there is nobody to share with */
export function tellUnshared(shared: boolean | undefined, terminal: Terminal): void {
  if (shared !== false) return;
  terminal.error(
    'postward: in force here; the other servers do not have it yet, see `redis` in `postward health`',
  );
}

const MOST_IN_A_PAGE = 1000;

export async function listLs(options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const { lists } = await client.ask<{ readonly lists: readonly ListFacts[] }>({ path: ['lists'] });
  if (options['json'] === true) return json(lists, terminal);
  const rows = lists.map(({ name, kind, entries, hits, in_policy, description }) => [
    name,
    kind,
    String(entries),
    String(hits),
    in_policy ? 'yes' : 'no',
    description,
  ]);
  const headings = ['NAME', 'KIND', 'ENTRIES', 'HITS', 'IN POLICY', 'DESCRIPTION'];
  terminal.out(textTable(headings, rows, painter(terminal.hasOutColour)));
  return 0;
}

export async function listShow(
  name: string,
  key: string | undefined,
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const client = new AdminClient(options, terminal);
  const { entries, next_cursor }: EntryPage =
    key === undefined
      ? await someEntries(client, name, options)
      : { entries: [await client.ask<EntryFacts>({ path: ['lists', name, 'entries', key] })] };
  if (next_cursor !== undefined) {
    terminal.error(
      `postward: ${name} has more entries than these; --limit shows more, --prefix and --contains choose`,
    );
  }
  if (options['json'] === true) return json(key === undefined ? entries : entries[0], terminal);
  const rows = entries.map((entry) => [
    entry.key,
    entry.action,
    expiry(entry),
    `${seconds(entry.changed_at)} ${entry.changed_by}`,
    entry.comment,
  ]);
  terminal.out(
    textTable(['KEY', 'ACTION', 'EXPIRES', 'CHANGED', 'COMMENT'], rows, painter(terminal.hasOutColour)),
  );
  return 0;
}

async function someEntries(client: AdminClient, name: string, options: OptionValues): Promise<EntryPage> {
  const wanted = Number(options['limit']);
  const entries: EntryFacts[] = [];
  let cursor: string | undefined;
  do {
    const page: EntryPage = await client.ask({
      path: ['lists', name, 'entries'],
      query: {
        prefix: options['prefix'] as string | undefined,
        text: options['contains'] as string | undefined,
        limit: Math.min(wanted - entries.length, MOST_IN_A_PAGE),
        cursor,
      },
    });
    entries.push(...page.entries);
    cursor = page.next_cursor;
  } while (cursor !== undefined && entries.length < wanted);
  return cursor === undefined ? { entries } : { entries, next_cursor: cursor };
}

/** @param action words of it: `REJECT`, `spam run` */
export async function listAdd(
  name: string,
  key: string,
  action: readonly string[],
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const client = new AdminClient(options, terminal);
  const {
    after: entry,
    notes,
    shared,
  } = await client.ask<EditAnswer>({
    method: 'PUT',
    path: ['lists', name, 'entries', key],
    body: {
      action: action.join(' '),
      ...(typeof options['comment'] === 'string' ? { comment: options['comment'] } : {}),
      ...(typeof options['expires'] === 'string' ? { expires_at: expiryOf(options['expires']) } : {}),
    },
  });
  if (options['json'] === true) return json(entry, terminal);
  for (const note of notes) terminal.error(`postward: ${visible(note)}`);
  const until = entry.expires_at === undefined ? '' : `, until ${seconds(entry.expires_at)}`;
  terminal.out(visible(`${name}: ${entry.key} ${entry.action}${until}`));
  tellUnshared(shared, terminal);
  return 0;
}

/** @returns 0 when all are gone by this, 1 when some were not there */
export async function listRm(
  name: string,
  keys: readonly string[],
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const client = new AdminClient(options, terminal);
  let exitCode = 0;
  for (const key of keys) {
    try {
      const { before, shared } = await client.ask<
        Pick<EditAnswer, 'shared'> & { readonly before: EntryFacts }
      >({ method: 'DELETE', path: ['lists', name, 'entries', key] });
      // One a line: the next key may be refused.
      terminal.out(options['json'] === true ? JSON.stringify(before) : `${name}: ${key} removed`);
      tellUnshared(shared, terminal);
    } catch (error) {
      // The others shall go all the same, as with rm(1).
      if (!(error instanceof OperatorError && error.code === 'api-404')) throw error;
      printOperatorError(terminal, error);
      exitCode = 1;
    }
  }
  return exitCode;
}

export async function listCreate(name: string, options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const { kind, description } = options;
  const { list, shared } = await client.ask<{ readonly list: ListFacts; readonly shared?: boolean }>({
    method: 'PUT',
    path: ['lists', name],
    body: {
      ...(kind === undefined ? {} : { kind }),
      ...(description === undefined ? {} : { description }),
    },
  });
  if (options['json'] === true) return json(list, terminal);
  terminal.out(`${list.name}: ${list.kind}`);
  tellUnshared(shared, terminal);
  return 0;
}

export async function listDrop(name: string, options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const answer = await client.ask<{ readonly shared?: boolean }>({ method: 'DELETE', path: ['lists', name] });
  if (options['json'] === true) return json(answer, terminal);
  terminal.out(`${name} dropped, with its entries`);
  tellUnshared(answer.shared, terminal);
  return 0;
}

/** @returns 0 when a list has it, 1 when none */
export async function listMatch(key: string, options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const { matches } = await client.ask<{ readonly matches: readonly Match[] }>({
    path: ['lists', 'match'],
    query: { key },
  });
  const exitCode = matches.length === 0 ? 1 : 0;
  if (options['json'] === true) {
    json(matches, terminal);
    return exitCode;
  }
  if (matches.length === 0) terminal.error(`postward: no list has ${key}`);
  else {
    const rows = matches.map((match) => [match.list, match.entry, match.action]);
    terminal.out(textTable(['LIST', 'KEY', 'ACTION'], rows, painter(terminal.hasOutColour)));
  }
  return exitCode;
}

function json(value: unknown, terminal: Terminal): number {
  terminal.out(JSON.stringify(value, undefined, 2));
  return 0;
}

/** An expired entry is kept for a while, and is in force no more. */
function expiry({ expires_at }: EntryFacts): string {
  if (expires_at === undefined) return 'never';
  return (Date.parse(expires_at) <= Date.now() ? 'expired ' : '') + seconds(expires_at);
}

function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
