/** `postward backup`: a copy of what Postward keeps, while the daemon runs or not. */
import { resolve } from 'node:path';
import { backupStore } from '../store/backup.ts';
import { OperatorError } from '../util/operator-error.ts';
import { type OptionValues, settingsFor } from './setting-flags.ts';
import type { Terminal } from './terminal.ts';

export function backup(file: string, options: OptionValues, terminal: Terminal): number {
  const { data } = settingsFor(options, terminal);
  if (data === 'memory') {
    throw new OperatorError(
      'backup',
      'there is nothing to copy: the setting `data` is `memory`',
      'name the data directory of the daemon with `--data`',
    );
  }
  const target = resolve(terminal.directory, file);
  backupStore(data, target);
  terminal.out(
    `wrote ${target}; to restore it, stop Postward, remove ${data}/postward.db-wal and postward.db-shm, and copy it to ${data}/postward.db`,
  );
  return 0;
}
