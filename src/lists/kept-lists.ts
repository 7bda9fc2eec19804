/**
 * Lists as a data directory has them, for commands beside the daemon: read, never
 * made or changed. Each is read when a policy names it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadEntries } from '../store/entry-load.ts';
import { CannotOpen, type OpenedDatabase, openForReading, STORE_FILE } from '../store/open-database.ts';
import { checkSchema, ForeignStore, SCHEMA_VERSION } from '../store/schema.ts';
import { storeFailure } from '../store/sqlite-failure.ts';
import { isListName, LIST_NAME_HELP, type ListTables } from '../tables/list-tables.ts';
import { ListMemory } from './list-memory.ts';

export interface KeptLists {
  readonly tables: ListTables;
  close(): void;
}

const CHUNK = 20_000;

/**
 * @param data a directory, or `memory`
 * @param tell hears, once for each list that a policy names, why it is taken for an empty one
 */
export function openKeptLists(data: string, tell: (list: string, reason: string) => void): KeptLists {
  const memory = new ListMemory(Date.now);
  const loaded = new Set<string>();
  let opened: OpenedDatabase | string | undefined;
  const open = (name: string): void => {
    if (loaded.has(name)) return;
    loaded.add(name);
    opened ??= openData(data);
    const reason = typeof opened === 'string' ? opened : load(opened, name, memory);
    if (reason !== undefined) tell(name, reason);
  };
  return {
    tables: {
      open: (name) => {
        if (!isListName(name)) return { error: 'not the name of a list', help: LIST_NAME_HELP };
        open(name);
        return { lookup: (search) => memory.find(name)?.index.lookup(search) };
      },
    },
    close: () => {
      if (typeof opened === 'object') opened.close();
    },
  };
}

/** Why not, when it cannot be. */
function openData(data: string): OpenedDatabase | string {
  if (data === 'memory') return 'the setting `data` is `memory`: only the daemon knows them';
  const path = join(data, STORE_FILE);
  if (!existsSync(path)) return `there is no \`${path}\``;
  try {
    const opened = openForReading(data);
    if (checkSchema(opened.raw) === SCHEMA_VERSION) return opened;
    opened.close();
    return 'an earlier Postward has written them, and the daemon of this one has not run yet';
  } catch (error) {
    return reasonOf(path, error);
  }
}

function load({ database }: OpenedDatabase, list: string, memory: ListMemory): string | undefined {
  try {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const chunk = loadEntries(database, { list, after, nowMs: Date.now(), limit: CHUNK });
      memory.load(list, chunk);
      after = chunk.next;
    }
    return undefined;
  } catch (error) {
    return reasonOf(STORE_FILE, error);
  }
}

function reasonOf(path: string, error: unknown): string {
  if (error instanceof CannotOpen || error instanceof ForeignStore) return error.message;
  const failure = storeFailure(path, error);
  if (failure === undefined) throw error;
  return failure.message;
}
