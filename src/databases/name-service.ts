/**
 * Users and groups as the machine's name service knows them (nsswitch.conf(5)),
 * wherever they are kept: asked by getent(1), one process for each.
 */
import { execFile } from 'node:child_process';
import type { Connection, ServerAddress } from './connection.ts';

export interface NameService extends ServerAddress {
  readonly database: 'passwd' | 'group';
}

/** getent's exit status for a key that is not there. */
const NOT_FOUND = 2;

const MAX_ANSWER_BYTES = 1_048_576;

/** The line of a user or group; null: there is none. */
export function connectNameService({ database }: NameService): Promise<Connection<string, string | null>> {
  const running = new Set<() => void>();
  return Promise.resolve({
    ask: (key) =>
      new Promise((resolve, reject) => {
        const options = { maxBuffer: MAX_ANSWER_BYTES, env: { PATH: '/usr/bin:/bin' } };
        const child = execFile('getent', [database, '--', key], options, (error, stdout) => {
          running.delete(kill);
          if (error === null) resolve(firstLine(stdout, key));
          else if (error.code === NOT_FOUND) resolve(null);
          else reject(error);
        });
        const kill = (): void => void child.kill('SIGKILL');
        running.add(kill);
      }),
    close: () => {
      for (const kill of running) kill();
    },
  });
}

/** null for one that was found by its number. */
function firstLine(stdout: string, key: string): string | null {
  const [line = ''] = stdout.split('\n', 1);
  return line.startsWith(`${key}:`) ? line : null;
}
