/** The open database as the operations on it see it: statements prepared once, and the clock of stamps. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { StampClock } from './stamp.ts';

export type Row = Record<string, SQLOutputValue>;

export class StoreDatabase {
  readonly clock: StampClock;
  /** Whether edits are marked as not yet shared with other servers. */
  readonly isSharing: boolean;
  readonly #database: DatabaseSync;
  #savedClock = '';
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, clock: StampClock, isSharing: boolean) {
    this.#database = database;
    this.clock = clock;
    this.isSharing = isSharing;
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
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

  /** For the next start: belongs to every transaction that writes. */
  saveClock(): void {
    const { last } = this.clock;
    if (last === this.#savedClock) return;
    this.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('clock', ?)", last);
    this.#savedClock = last;
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
