/** A program that is killed with SIGKILL at a random moment. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What it has written until then. It is killed at most so long after it wrote the
 * mark for the first time; by default at the first that it writes.
 */
export function outputUntilKilled(args: readonly string[], mark = '', mostMs = 150): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  let isMarked = false;
  let isKilled = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (isMarked || !output.includes(mark)) return;
    isMarked = true;
    void sleep(Math.random() * mostMs).then(() => {
      isKilled = true;
      child.kill('SIGKILL');
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.on('close', () => {
      if (isKilled) resolve(output);
      else reject(new Error(`it ended by itself: ${errors}`));
    });
  });
}
