/** Errors of SQLite in the words of people, https://sqlite.org/rescode.html. */
import { StoreFailure } from './store-failure.ts';

const PRIMARY = 0xff;
const RESTORE =
  'stop Postward, put the newest backup in its place (and remove the files that end in -wal and -shm), or move it away to begin anew';

/** undefined for what is no failure of the store: a bug. */
export function storeFailure(path: string, error: unknown): StoreFailure | undefined {
  const { errcode, errstr } = error as { errcode?: number; errstr?: string };
  if (errcode === undefined) return undefined;
  const because = errstr ?? String(errcode);
  switch (errcode & PRIMARY) {
    case 13: // SQLITE_FULL
      return new StoreFailure('full', `no space left for \`${path}\``, 'make room on its file system');
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return new StoreFailure('corrupt', `\`${path}\` is damaged: ${because}`, RESTORE);
    case 3: // SQLITE_PERM
    case 5: // SQLITE_BUSY
    case 8: // SQLITE_READONLY
    case 10: // SQLITE_IOERR
    case 14: // SQLITE_CANTOPEN
    case 23: // SQLITE_AUTH
      return new StoreFailure(
        'unwritable',
        `cannot use \`${path}\`: ${because}`,
        'let the user that Postward runs as write the file and its directory, and check the disk',
      );
    default:
      return undefined;
  }
}
