/** The settings of table servers, as far as the tables that keep to them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadPolicies } from '../../src/load-policies.ts';
import { TableFailure } from '../../src/tables/table.ts';
import { LineServer, lines } from '../support/line-server.ts';

it('a server of a table has as long to answer as the settings say', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postward-limits-'));
  const server = new LineServer(lines, () => undefined);
  await server.listen();
  const spec = `tcp:127.0.0.1:${server.port}`;
  const policy = join(directory, 'mx.cf');
  writeFileSync(policy, `smtpd_sender_restrictions = check_sender_access ${spec}\n`);
  const tables = { connections: 1, connect_ms: 5000, answer_ms: 200, total_ms: 5000, keep_ms: 0 };
  const { snapshot, diagnostics } = await loadPolicies({ policies: policy, tables }, 1);
  try {
    expect(diagnostics).toEqual([]);
    const table = snapshot?.tables.open(spec, undefined, () => {});
    expect(await table?.lookup('x')).toEqual(
      new TableFailure(expect.stringContaining('no answer within 0.2 s')),
    );
  } finally {
    snapshot?.tables.close();
    await server.close();
    rmSync(directory, { recursive: true });
  }
});
