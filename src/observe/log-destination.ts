/**
 * Where log lines go: standard output, without ever making the event loop
 * wait for whoever reads it. A reader that stalls costs memory up to a bound,
 * then lines, which are counted; it never costs mail.
 */
import { pino } from 'pino';

/** What pino writes to. */
export interface LogDestination {
  write(line: string): void;
  /** Lines that could not be kept while the reader was too slow. */
  readonly linesLost: number;
  /**
   * Resolves when all is written, or the reader has had its time. False: it
   * has not read, and a thread may be held in the write for as long as it does
   * not, so that the process cannot exit; only a signal ends it.
   */
  close(): Promise<boolean>;
}

const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** Lines that are handed over together; fewer only when the event loop comes round. */
const BATCH_LENGTH = 65_536;
const CLOSE_GRACE_MS = 2000;
/** No room, or no more of it for this user. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** @param fd an open file descriptor, 1 for standard output */
export function openLogDestination(fd: number): LogDestination {
  const stream = pino.destination({ dest: fd, sync: false, maxLength: MAX_BUFFERED_BYTES });
  let batch = '';
  let linesLost = 0;
  let isOpen = true;
  stream.on('drop', (lines: string) => {
    linesLost += lines.split('\n').length - 1;
  });
  // The reader is gone (EPIPE): there is nobody to tell, and mail goes on. A full disk may have room
  // again: what could not be written waits within the bound, and is tried again with the next lines.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!FULL.has(error.code ?? '')) isOpen = false;
  });

  /** Line by line the stream would measure its buffer anew each time: 7 µs a line instead of 0.1. */
  const handOver = () => {
    const lines = batch;
    batch = '';
    if (isOpen && lines !== '') stream.write(lines);
  };
  /** For a process that ends now, whoever has to wait. */
  const flushSync = () => {
    handOver();
    if (!isOpen) return;
    try {
      stream.flushSync();
    } catch {
      isOpen = false;
    }
  };
  process.on('exit', flushSync);

  return {
    write(line) {
      if (!isOpen) {
        linesLost += 1;
        return;
      }
      if (batch === '') setImmediate(handOver);
      batch += line;
      if (batch.length > BATCH_LENGTH) handOver();
    },
    get linesLost() {
      return linesLost;
    },
    async close() {
      process.off('exit', flushSync);
      handOver();
      if (!isOpen) return true;
      const ended = new Promise<boolean>((done) => {
        stream.once('close', () => done(true));
        stream.once('error', () => done(true));
      });
      isOpen = false;
      stream.end();
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<boolean>((done) => {
        timer = setTimeout(() => done(false), CLOSE_GRACE_MS);
      });
      const isWritten = await Promise.race([ended, grace]);
      clearTimeout(timer);
      return isWritten;
    },
  };
}

/** Lines for reading in a terminal: `10:02:11 warn  message`. */
export function asText(destination: LogDestination): Pick<LogDestination, 'write'> {
  return {
    write(line) {
      const { time, level, msg } = JSON.parse(line) as { time: string; level: string; msg: string };
      destination.write(`${time.slice(11, 19)} ${level.padEnd(5)} ${msg}\n`);
    },
  };
}
