/**
 * Reading the files of tables: bounded, as UTF-8 text, with an explanation for
 * people when it does not work.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Diagnostic } from '../language/diagnostic.ts';
import { Source, type Span } from '../language/source.ts';
import { errorCode } from './file-watcher.ts';

/** Larger files belong into a database. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Does not wait for the writer of a pipe. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** What postmap makes of a text file. */
const COMPILED_SUFFIXES = ['.db', '.lmdb', '.cdb', '.pag'];

/** A file that cannot be read, and why. */
export class UnreadableFile {
  readonly path: string;
  readonly reason: string;
  readonly help: string;

  constructor(path: string, reason: string, help: string) {
    this.path = path;
    this.reason = reason;
    this.help = help;
  }

  diagnostic(span: Span | undefined): Diagnostic {
    return {
      severity: 'error',
      code: 'table-unreadable',
      message: `cannot read \`${this.path}\`: ${this.reason}`,
      span,
      help: this.help,
    };
  }
}

export function readTableFileSync(path: string): Source | UnreadableFile {
  if (!path.startsWith('/')) return relative(path);
  try {
    const descriptor = openSync(path, READ);
    try {
      const stats = fstatSync(descriptor);
      return judge(path, stats) ?? new Source(path, decode(readFileSync(descriptor)));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return explain(path, errorCode(error));
  }
}

export async function readTableFile(path: string): Promise<Source | UnreadableFile> {
  try {
    const handle = await open(path, READ);
    try {
      return judge(path, await handle.stat()) ?? new Source(path, decode(await handle.readFile()));
    } finally {
      await handle.close();
    }
  } catch (error) {
    return explain(path, errorCode(error));
  }
}

/** Bytes that are not UTF-8 become U+FFFD, by which the readers know them. */
function decode(bytes: Buffer): string {
  return bytes.toString('utf8');
}

function judge(path: string, stats: { isFile(): boolean; size: number }): UnreadableFile | undefined {
  if (!stats.isFile()) return new UnreadableFile(path, 'not a regular file', 'name a text file');
  if (stats.size <= MAX_FILE_BYTES) return undefined;
  return new UnreadableFile(
    path,
    `larger than ${MAX_FILE_BYTES >> 20} MiB`,
    'split the table, or keep it in a database',
  );
}

function relative(path: string): UnreadableFile {
  return new UnreadableFile(
    path,
    'not an absolute path',
    `write the whole path, such as \`/etc/postfix/${path}\` or \`$config_directory/${path}\``,
  );
}

function explain(path: string, code: string): UnreadableFile {
  switch (code) {
    case 'ENOENT': {
      const compiled = COMPILED_SUFFIXES.find((suffix) => existsSync(path + suffix));
      return compiled === undefined
        ? new UnreadableFile(
            path,
            'no such file',
            'create it, or correct its name; it takes effect when it appears',
          )
        : new UnreadableFile(
            path,
            `no such file, only \`${path}${compiled}\``,
            `Postward reads the text that postmap made it from: put that at \`${path}\``,
          );
    }
    case 'EACCES':
      return new UnreadableFile(path, 'permission denied', 'let the user that Postward runs as read it');
    case 'EISDIR':
      return new UnreadableFile(path, 'is a directory', 'name a text file');
    default:
      return new UnreadableFile(path, code, 'check the file and the file system it is on');
  }
}
