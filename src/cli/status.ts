/** `postward status`: a running daemon at a glance. */
import type { HealthReport } from '../admin/health.ts';
import { visible } from '../language/visible.ts';
import { AdminClient } from './admin-client.ts';
import type { OptionValues } from './setting-flags.ts';
import { painter, type Terminal } from './terminal.ts';
import { textTable } from './text-table.ts';

interface Status {
  readonly started_at: string;
  readonly health: HealthReport;
  readonly sockets: readonly { readonly address: string; readonly policy: string }[];
}

const STYLES = { pass: 'green', warn: 'yellow', fail: 'red' } as const;

/** @returns 0 when it can decide, 1 when not */
export async function status(options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const report = await client.ask<Status>({ path: ['status'] });
  const { health, sockets, started_at } = report;
  const exitCode = health.status === 'fail' ? 1 : 0;
  if (options['json'] === true) {
    terminal.out(JSON.stringify(report, undefined, 2));
    return exitCode;
  }
  const paint = painter(terminal.hasOutColour);
  terminal.out(
    `${paint(STYLES[health.status], health.status)} postward ${visible(health.version)}, up since ${started_at.replace(/\.\d+Z$/, 'Z')}`,
  );
  for (const { name, status: level, reason } of health.checks) {
    terminal.out(`  ${paint(STYLES[level], level)} ${visible(name)}: ${visible(reason)}`);
  }
  const rows = sockets.map(({ address, policy }) => [address, policy]);
  terminal.out(`\n${textTable(['SOCKET', 'POLICY'], rows, paint)}`);
  return exitCode;
}
