/** Standard output of a process that is about to be killed. */
import { writeSync } from 'node:fs';

/** At once, whatever becomes of the process; a reader that is slow is waited for. */
export function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
