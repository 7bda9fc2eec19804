/**
 * Notices files that change, appear, vanish or are replaced, within a second.
 *
 * Polls: that works on every file system and survives a rename, which
 * fs.watch does not. One timer serves all files. A file is reported when it
 * looked the same in two polls, so that one still being written is left alone,
 * and when there is a descriptor to read it by: it does not change again for us.
 */
import { type BigIntStats, constants, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** What a file looked like: identity, size, times. Differs when the file does. */
export type FileStamp = string;

const POLL_INTERVAL_MS = 250;

interface Watched {
  readonly path: string;
  /** Called with what the file looks like now; a promise delays the file's next report. */
  readonly onChange: (stamp: FileStamp) => void | Promise<void>;
  known: FileStamp;
  pending: FileStamp | undefined;
  isBusy: boolean;
}

export class FileWatcher {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `known` is what the file looked like when it was read. Returns how to stop. */
  watch(path: string, known: FileStamp, onChange: Watched['onChange']): () => void {
    const watched: Watched = { path, onChange, known, pending: undefined, isBusy: false };
    this.#watched.add(watched);
    this.#start();
    return () => this.#watched.delete(watched);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#watched.clear();
  }

  #start(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setInterval(() => {
      // Each on its own: a file system that hangs delays its own files only.
      for (const watched of this.#watched) if (!watched.isBusy) void this.#poll(watched);
    }, POLL_INTERVAL_MS);
    this.#timer.unref();
  }

  async #poll(watched: Watched): Promise<void> {
    watched.isBusy = true;
    try {
      const stamp = await stampOf(watched.path);
      if (this.#isClosed || !this.#watched.has(watched)) return;
      if (stamp === watched.known) {
        watched.pending = undefined;
      } else if (stamp !== watched.pending) {
        watched.pending = stamp;
      } else if (await hasDescriptor(watched.path)) {
        watched.known = stamp;
        watched.pending = undefined;
        await watched.onChange(stamp);
      }
    } finally {
      watched.isBusy = false;
    }
  }
}

export async function stampOf(path: string): Promise<FileStamp> {
  try {
    return format(await stat(path, { bigint: true }));
  } catch (error) {
    return errorCode(error);
  }
}

export function stampOfSync(path: string): FileStamp {
  try {
    return format(statSync(path, { bigint: true }));
  } catch (error) {
    return errorCode(error);
  }
}

/** False: the process, or the machine, has as many open files as it may have. */
async function hasDescriptor(path: string): Promise<boolean> {
  try {
    // Not to wait for whoever writes into a pipe.
    await (await open(path, constants.O_RDONLY | constants.O_NONBLOCK)).close();
    return true;
  } catch (error) {
    return !['EMFILE', 'ENFILE'].includes(errorCode(error));
  }
}

/** `ENOENT` and the like. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function format(stats: BigIntStats): FileStamp {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}
