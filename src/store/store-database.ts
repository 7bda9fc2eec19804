/** The open database as the operations on it see it: statements prepared once, and the clock of stamps. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Stamp, StampClock } from './stamp.ts';

export type Row = Record<string, SQLOutputValue>;

/** The first condition of what may walk over all there is: SQLite asks it at every row. */
export const IN_TIME = 'in_time()';
/** Rows between two looks at the clock. */
const ROWS_PER_LOOK = 256;

/** A search took longer than it may. */
export class SearchTooLong extends Error {}

export class StoreDatabase {
  readonly clock: StampClock;
  /** Whether edits are marked as not yet shared with other servers. */
  readonly isSharing: boolean;
  readonly #database: DatabaseSync;
  /** How long a search may take. */
  searchLimitMs = Number.POSITIVE_INFINITY;
  #savedClock = '';
  readonly #statements = new Map<string, StatementSync>();
  #searchEndMs = 0;
  #searchedRows = 0;

  constructor(database: DatabaseSync, clock: StampClock, isSharing: boolean) {
    this.#database = database;
    this.clock = clock;
    this.isSharing = isSharing;
    database.function('in_time', () => this.#inTime());
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  /** Row by row, where there may be any number of them. */
  iterate(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.#prepare(sql).iterate(...values);
  }

  /** Rows as arrays, for reading many. */
  columns(sql: string, ...values: SQLInputValue[]): SQLOutputValue[][] {
    const statement = this.#prepare(sql);
    statement.setReturnArrays(true);
    return statement.all(...values) as unknown as SQLOutputValue[][];
  }

  /** @returns how many rows were changed */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** SQL that is made of parts is not kept prepared: there could be any number of it. */
  once(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#database.prepare(sql).all(...values);
  }

  /** The same for SQL with the condition IN_TIME. @throws SearchTooLong when the time is over */
  search(sql: string, ...values: SQLInputValue[]): Row[] {
    this.#searchEndMs = performance.now() + this.searchLimitMs;
    this.#searchedRows = 0;
    return this.once(sql, ...values);
  }

  /** For the next start: belongs to every transaction that writes. */
  saveClock(): void {
    const { last } = this.clock;
    if (last === this.#savedClock) return;
    this.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('clock', ?)", last);
    this.#savedClock = last;
  }

  /**
   * What was written since is undone, with the clock that was saved. The clock
   * itself does not go back behind the stamps that are there.
   */
  undone(last: Stamp): void {
    this.clock.see(last);
    this.#savedClock = '';
  }

  #inTime(): number {
    if (this.#searchedRows++ % ROWS_PER_LOOK > 0 || performance.now() < this.#searchEndMs) return 1;
    throw new SearchTooLong('it took too long');
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** What an operation answers when nothing of what it wrote shall stay. */
export class Undone<T> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/** Numbers and texts of a row, whose columns the schema has typed. */
export function text(row: Row, column: string): string {
  return String(row[column] ?? '');
}

export function number(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}

export function nullableNumber(row: Row, column: string): number | null {
  const value = row[column];
  return value === null || value === undefined ? null : Number(value);
}

export function nullableText(row: Row, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : String(value);
}
