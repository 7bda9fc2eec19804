/**
 * The process that reads one SQLite database for sqlite.ts. SQLite has no
 * queries that can be broken off from JavaScript: one that takes too long, or a
 * disk that does not answer, must not hold up the daemon, which ends this
 * process instead.
 *
 * Takes the path as its argument, queries as messages, and answers each with
 * one message. Opens the file anew when another has taken its place.
 */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SqlRows } from './sql-rows.ts';
import { type SqliteValue, sqliteText } from './sqlite-value.ts';

export type SqliteAnswer = { readonly rows: SqlRows } | { readonly error: string };

/** For a writer to finish; Postfix does not wait at all. */
const BUSY_TIMEOUT_MS = 1000;

/** No lookup needs more. */
const MAX_ROWS = 100_000;

const path = process.argv[2] ?? '';
let database: DatabaseSync | undefined;
let opened = '';

/** Reads the first column of all rows, which is all that sqlite_table(5) uses. */
function read(sql: string): SqliteAnswer {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    const identity = `${dev}:${ino}`;
    if (database === undefined || identity !== opened) {
      database?.close();
      database = undefined;
      database = new DatabaseSync(path, {
        readOnly: true,
        enableDoubleQuotedStringLiterals: true,
        timeout: BUSY_TIMEOUT_MS,
      });
      opened = identity;
    }
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const rows: (string | null)[][] = [];
    for (const row of statement.iterate() as unknown as Iterable<SqliteValue[]>) {
      if (rows.length === MAX_ROWS) return { error: `more than ${MAX_ROWS} rows` };
      rows.push([sqliteText(row[0] ?? null)]);
    }
    return { rows };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (sql: string) => {
  process.send?.(read(sql));
});
// The daemon is gone.
process.on('disconnect', () => process.exit());
// A terminal's ^C is for the daemon, which finishes its work first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
