/**
 * SQLite databases as servers of a pool: a connection is a process of its own
 * that reads the file (sqlite-process.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { type Connection, NoAnswer, type ServerAddress } from './connection.ts';
import type { SqlRows } from './sql-rows.ts';
import { renderSql, type SqlQuery } from './sql-text.ts';
import type { SqliteAnswer } from './sqlite-process.ts';

export interface SqliteFile extends ServerAddress {
  readonly path: string;
}

/** Source and compiled form stand beside each other's kind. */
const PROGRAM = new URL(`./sqlite-process${extname(import.meta.url)}`, import.meta.url);

const DIALECT = { hasBackslashes: false, hasDoubleQuotedTexts: false };

/** Rejects, and does not throw, when there is no memory for another process. */
export async function connectSqlite({ path }: SqliteFile): Promise<Connection<SqlQuery, SqlRows>> {
  return new SqliteProcess(path);
}

class SqliteProcess implements Connection<SqlQuery, SqlRows> {
  readonly #process: ChildProcess;
  #deliver: ((answer: SqliteAnswer) => void) | undefined;
  #lose: ((error: Error) => void) | undefined;
  #ended: Error | undefined;

  constructor(path: string) {
    this.#process = fork(PROGRAM, [path], {
      execArgv: [],
      env: {},
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process.on('message', (answer) => this.#deliver?.(answer as SqliteAnswer));
    this.#process.on('error', (error) => this.#end(error));
    this.#process.on('exit', (code, signal) => this.#end(new Error(`its reader ended by ${signal ?? code}`)));
    this.#keepAlive(false);
  }

  async ask(query: SqlQuery): Promise<SqlRows | NoAnswer> {
    const sql = renderSql(query, DIALECT);
    if (sql === undefined) return new NoAnswer('the search string cannot stand in the query without quotes');
    if (this.#ended !== undefined) throw this.#ended;
    this.#keepAlive(true);
    const answer = await new Promise<SqliteAnswer>((resolve, reject) => {
      this.#deliver = resolve;
      this.#lose = reject;
      this.#process.send(sql, (error) => {
        if (error !== null) this.#end(error);
      });
    });
    this.#keepAlive(false);
    return 'rows' in answer ? answer.rows : new NoAnswer(answer.error);
  }

  close(): void {
    this.#process.kill('SIGKILL');
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#lose?.(this.#ended);
  }

  /** Only a query that is under way keeps our own process alive. */
  #keepAlive(isAsking: boolean): void {
    const { channel } = this.#process;
    if (isAsking) {
      this.#process.ref();
      channel?.ref();
    } else {
      this.#process.unref();
      channel?.unref();
    }
  }
}
