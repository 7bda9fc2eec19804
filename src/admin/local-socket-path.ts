/** Where the local socket of a daemon is: what the daemon and its clients agree on. */
import { join } from 'node:path';

export function localSocketPath(dataDirectory: string): string {
  return join(dataDirectory, 'admin.sock');
}
