/** Map files of SQL tables in a directory of their own, and the tables that they make. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import type { TableReload } from '../../src/tables/file-table.ts';
import { type Table, TableFailure } from '../../src/tables/table.ts';
import { type LookupLimits, TableSet } from '../../src/tables/table-set.ts';
import { PostmapDirectory } from './postmap.ts';

/** For tests that answer: whatever is slow, the machine is. */
const PATIENT: Partial<LookupLimits> = {
  ttlMs: 1,
  connectTimeoutMs: 15_000,
  queryTimeoutMs: 15_000,
  totalTimeoutMs: 20_000,
  firstRetryMs: 50,
  maxRetryMs: 50,
};

/** For tests in which a server does not answer. */
export const HASTY: Partial<LookupLimits> = { connectTimeoutMs: 1000, queryTimeoutMs: 1000 };

export class MapDirectory {
  readonly path: string = mkdtempSync(join(tmpdir(), 'postward-maps-'));
  readonly diagnostics: Diagnostic[] = [];
  readonly reloads: TableReload[] = [];
  readonly tables: TableSet;

  constructor(limits: Partial<LookupLimits> = {}) {
    this.tables = new TableSet({
      limits: { ...PATIENT, ...limits },
      onReload: (reload) => this.reloads.push(reload),
    });
  }

  /** Writes a file and returns its path. */
  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text, { mode: 0o640 });
    return path;
  }

  /** The table of a map file with this text. */
  open(type: string, name: string, text: string): Table {
    const path = this.write(name, text);
    // Postfix waits for a file that has just changed to settle.
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    return this.tables.open(`${type}:${path}`, undefined, (diagnostic) => this.diagnostics.push(diagnostic));
  }

  close(): void {
    this.tables.close();
    rmSync(this.path, { recursive: true });
  }
}

export const FAILURE = 'a failure';

/** What our table and Postfix's own find for the same search strings; failures as FAILURE. */
export async function bothFind(
  table: Table,
  keys: readonly string[],
): Promise<{ ours: (string | undefined)[]; postfix: (string | undefined)[] }> {
  const directory = await PostmapDirectory.create();
  try {
    const found = await Promise.all(keys.map((key) => table.lookup(key)));
    const ours = found.map((result) => (result instanceof TableFailure ? FAILURE : result));
    // postmap ends at the first failure, so what fails here, or is behind one there, is asked for one by one.
    const answered = keys.filter((_, at) => ours[at] !== FAILURE);
    const answers = await directory.querySpec(table.spec, answered);
    const last = answers.findLastIndex((answer) => answer !== undefined);
    const postfix = await Promise.all(
      keys.map(async (key, at) => {
        const asked = answered.indexOf(key);
        if (ours[at] !== FAILURE && asked <= last) return answers[asked];
        if (await directory.isFailing(table.spec, key)) return FAILURE;
        return ours[at] === FAILURE ? 'an answer' : undefined;
      }),
    );
    return { ours, postfix };
  } finally {
    await directory.remove();
  }
}
