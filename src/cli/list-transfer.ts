/**
 * `postward list import` and `export`: whole lists as text. A file of any size is
 * read here, so that every mistake in it is told with its line before anything
 * is changed, and sent in requests of a size that the API takes.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { visible } from '../language/visible.ts';
import { countLeftOut } from '../lists/formats/access-format.ts';
import {
  type ImportedEntry,
  type ImportMistake,
  LIST_FORMATS,
  type ListFormatName,
} from '../lists/formats/list-format.ts';
import { isKeyMistake, parseKey } from '../lists/key.ts';
import { shown } from '../lists/shown.ts';
import type { ListKind } from '../store/list-records.ts';
import { OperatorError } from '../util/operator-error.ts';
import { systemErrorReason } from '../util/system-error.ts';
import { utf8Text } from '../util/utf8.ts';
import { AdminClient, ApiRefusal } from './admin-client.ts';
import { tellUnshared } from './list.ts';
import type { OptionValues } from './setting-flags.ts';
import type { Terminal } from './terminal.ts';

/** Well below what the API takes at once, in number and in bytes. */
const EDITS_AT_ONCE = 5000;
/** Below the longest text that there can be. */
const MAX_INPUT_BYTES = 500 * 1024 * 1024;
const MISTAKES_SHOWN = 20;

const BROKEN = 2;

type Counts = Record<'created' | 'changed' | 'unchanged' | 'removed' | 'absent', number>;

interface Summary {
  readonly counts: Counts;
  readonly results: readonly { readonly key: string }[];
  readonly shared?: boolean;
}

interface ListKindOnly {
  readonly kind: ListKind;
}

interface Edit {
  readonly operation: 'put' | 'remove';
  readonly key: string;
  readonly action?: string;
  readonly comment?: string;
  readonly expires_at?: string;
}

/** @returns 0, or 2 when the file has mistakes and nothing was changed */
export async function listImport(
  name: string,
  file: string,
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const client = new AdminClient(options, terminal);
  const format = formatOf(file, options['format'] as ListFormatName | undefined);
  const read = LIST_FORMATS[format].read(await textOf(file, terminal));
  const { entries } = read;
  // What the same key is depends on the list; a file that cannot be read is told of without asking.
  const kind =
    read.mistakes.length > 0 ? 'any' : (await client.ask<ListKindOnly>({ path: ['lists', name] })).kind;
  const mistakes = [...read.mistakes, ...contradictions(entries, kind)];
  if (mistakes.length > 0) return tellMistakes(file, mistakes, terminal);
  const isDryRun = options['dryRun'] === true;
  const counts: Counts = { created: 0, changed: 0, unchanged: 0, removed: 0, absent: 0 };
  /** What the last part that changed something says: what is shared, is so in order. */
  let isShared: boolean | undefined;
  /** Where the part begins that is being sent. */
  let start = 0;
  const send = async (edits: readonly Edit[], isTrial: boolean): Promise<string[]> => {
    const keys: string[] = [];
    for (start = 0; start < edits.length; start += EDITS_AT_ONCE) {
      const summary = await client.ask<Summary>({
        method: 'POST',
        path: ['lists', name, 'bulk'],
        query: { dry_run: isTrial },
        body: { edits: edits.slice(start, start + EDITS_AT_ONCE) },
      });
      if (isTrial && !isDryRun) continue;
      for (const outcome of Object.keys(counts) as (keyof Counts)[])
        counts[outcome] += summary.counts[outcome];
      for (const { key } of summary.results) keys.push(key);
      isShared = summary.shared ?? isShared;
    }
    return keys;
  };
  const isReplacing = options['replace'] === true;
  const isMeant = isDryRun || options['force'] === true;
  if (isReplacing && entries.length === 0 && !isMeant) await refuseEmptying(client, name, file);
  const told = () =>
    (['created', 'changed', 'unchanged', 'removed'] as const)
      .map((outcome) => `${counts[outcome]} ${outcome}`)
      .join(', ');
  try {
    const puts = entries.map(putOf);
    // All is checked before the first part is in force: a mistake in the last would leave half.
    if (entries.length > EDITS_AT_ONCE && !isDryRun) await send(puts, true);
    const kept = new Set(await send(puts, isDryRun));
    if (isReplacing) {
      const superfluous = (await keysOf(client, name)).filter((key) => !kept.has(key));
      await send(
        superfluous.map((key) => ({ operation: 'remove', key })),
        isDryRun,
      );
    }
  } catch (error) {
    const isDone = !isDryRun && Object.values(counts).some((count) => count > 0);
    // What the API says of having changed nothing is about the part that it refused.
    if (isDone) terminal.error(`postward: ${name}: ${told()}; and then:`);
    const refused = isDone ? [] : mistakesOf(error, entries.slice(start));
    if (refused.length === 0) throw error;
    return tellMistakes(file, refused, terminal);
  }
  if (options['json'] === true) terminal.out(JSON.stringify({ ...counts, dry_run: isDryRun }));
  else {
    terminal.out(`${name}: ${told()}${isDryRun ? ' (nothing was changed: --dry-run)' : ''}`);
    tellUnshared(isShared, terminal);
  }
  return 0;
}

export async function listExport(name: string, options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const format = options['format'] as ListFormatName;
  const { text } = await client.answer({
    path: ['lists', name, 'export'],
    query: { format },
    accept: LIST_FORMATS[format].mediaType,
  });
  const leftOut = format === 'access' ? countLeftOut(text) : 0;
  if (leftOut > 0) {
    const entries = leftOut === 1 ? 'entry is' : 'entries are';
    terminal.error(
      `postward: ${leftOut} ${entries} left out: no table can have such a key; \`--format csv\` writes all`,
    );
  }
  const { output } = options;
  if (typeof output !== 'string') {
    if (text !== '') terminal.out(text.replace(/\n$/, ''));
    return 0;
  }
  const path = resolve(terminal.directory, output);
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new OperatorError(
      'output-failed',
      `cannot write \`${path}\`: ${systemErrorReason(error)}`,
      'see that the directory is there, can be written, and has room',
    );
  }
  return 0;
}

/**
 * Of two entries with one key, however it is spelt, postmap(1) takes the first and an edit the last: whoever wrote
 * both has to say.
 */
function contradictions(entries: readonly ImportedEntry[], kind: ListKind): ImportMistake[] {
  const earlier = new Map<string, ImportedEntry>();
  return entries.flatMap((entry) => {
    const parsed = parseKey(entry.key, kind);
    const key = isKeyMistake(parsed) ? entry.key : parsed.key;
    const other = earlier.get(key) ?? entry;
    earlier.set(key, other);
    const isSame =
      other.action === entry.action && other.comment === entry.comment && other.expires === entry.expires;
    if (isSame) return [];
    const spelling = other.key === entry.key ? '' : `, as ${shown(other.key)}`;
    const message = `line ${other.line} has another entry for ${shown(entry.key)}${spelling}`;
    return [{ line: entry.line, message, help: 'remove one of the two' }];
  });
}

/** A file that was cut off, or never written, looks like this. */
async function refuseEmptying(client: AdminClient, name: string, file: string): Promise<void> {
  const { length } = await keysOf(client, name);
  if (length === 0) return;
  const all = length === 1 ? 'the one entry' : `all ${length} entries`;
  throw new OperatorError(
    'empty-import',
    `\`${file}\` has no entries: --replace would remove ${all} of \`${name}\``,
    'add --force if that is what it is for; nothing was changed',
  );
}

/** What the API finds wrong with entries that were sent, by their lines; empty when it is about something else. */
function mistakesOf(error: unknown, sent: readonly ImportedEntry[]): ImportMistake[] {
  if (!(error instanceof ApiRefusal) || error.code !== 'api-400') return [];
  return error.errors.flatMap(({ field, expected }) => {
    const [, index, name] = /^body\/edits\/(\d+)\/(.*)$/.exec(field) ?? [];
    const line = sent[Number(index)]?.line;
    if (line === undefined) return [];
    const [message = '', ...help] = expected.split('; ');
    return [{ line, message: `${name}: ${message}`, help: help.join('; ') }];
  });
}

function tellMistakes(file: string, mistakes: readonly ImportMistake[], terminal: Terminal): number {
  for (const { line, message, help } of mistakes.slice(0, MISTAKES_SHOWN)) {
    terminal.error(`${file}:${line}: ${visible(message)}${help === '' ? '' : `\n  help: ${visible(help)}`}`);
  }
  const more = mistakes.length - MISTAKES_SHOWN;
  if (more > 0) terminal.error(`and ${more} more`);
  terminal.error('postward: nothing was changed');
  return BROKEN;
}

async function keysOf(client: AdminClient, name: string): Promise<string[]> {
  const { text } = await client.answer({
    path: ['lists', name, 'export'],
    query: { format: 'ndjson' },
    accept: LIST_FORMATS.ndjson.mediaType,
  });
  return LIST_FORMATS.ndjson.read(text).entries.map(({ key }) => key);
}

function putOf({ key, action, comment, expires }: ImportedEntry): Edit {
  return {
    operation: 'put',
    key,
    action,
    ...(comment === '' ? {} : { comment }),
    ...(expires === null ? {} : { expires_at: new Date(expires).toISOString() }),
  };
}

function formatOf(file: string, named: ListFormatName | undefined): ListFormatName {
  if (named !== undefined) return named;
  const extension = extname(file);
  if (extension === '.csv') return 'csv';
  return extension === '.ndjson' || extension === '.jsonl' ? 'ndjson' : 'access';
}

async function textOf(file: string, terminal: Terminal): Promise<string> {
  const text = utf8Text(await bytesOf(file, terminal));
  if (typeof text === 'string') return text;
  throw new OperatorError(
    'import-not-utf8',
    `line ${text.line} of \`${file}\` is not UTF-8`,
    'convert it first, as with `iconv -f latin1 -t utf8`',
  );
}

async function bytesOf(file: string, terminal: Terminal): Promise<Buffer> {
  if (file === '-') {
    const input = await terminal.readInput(MAX_INPUT_BYTES);
    if (input !== undefined) return input;
    throw new OperatorError(
      'nothing-to-import',
      'there is nothing on standard input',
      'pipe a table into it',
    );
  }
  const path = resolve(terminal.directory, file);
  try {
    if (statSync(path).size <= MAX_INPUT_BYTES) return readFileSync(path);
  } catch (error) {
    throw new OperatorError(
      'unreadable-import',
      `cannot read \`${path}\`: ${systemErrorReason(error)}`,
      'check the path, or name `-` for standard input',
    );
  }
  throw new OperatorError(
    'input-too-large',
    `\`${path}\` has more than ${MAX_INPUT_BYTES} bytes`,
    'import it in parts',
  );
}
