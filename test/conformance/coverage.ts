/**
 * What the conformance cases show, measured: every probe is decided in this
 * process, and each step of its trace is a sighting: this restriction said
 * that, of a table of this kind, in this probe. That native Postfix replies
 * the same to the probe is what the conformance tests say.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAction } from '../../src/access/action.ts';
import { CachingResolver } from '../../src/dns/caching-resolver.ts';
import { WireClient } from '../../src/dns/wire-client.ts';
import type { TraceEntry } from '../../src/engine/decision.ts';
import type { Case } from '../support/case-file.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';
import { startFixtureDns } from '../support/fixture-dns.ts';
import { laidOver } from '../support/private-postfix.ts';
import { sessionRequests } from '../support/session-requests.ts';

const HERE = import.meta.dirname;
// As in private-postfix.ts, so that a login counts.
const BASE_CF = `smtpd_sasl_auth_enable = yes\n${readFileSync(join(HERE, 'base.cf'), 'utf8')}`;
const BASE_ZONE = readFileSync(join(HERE, 'base.zone'), 'utf8');

/** Cell of the matrix → the first probe that shows it, as `case/probe`. */
export type Coverage = Map<string, string>;

/** The names of cells: what the tables of Postward promise, and cases show. */
export const CELLS = {
  says: (restriction: string, outcome: string) => `${restriction}: ${outcome}`,
  /** It was asked, or could have been, and had no effect. */
  control: (restriction: string) => `${restriction}: without effect`,
  dnsFailure: (restriction: string) => `${restriction}: DNS does not answer`,
  tableFailure: (restriction: string) => `${restriction}: a table fails`,
  oldName: (restriction: string, alias: string) => `${restriction}: written ${alias}`,
  table: (restriction: string, type: string, saying: string) => `${restriction} ${type}: ${saying}`,
  action: (verb: string) => `action ${verb}`,
  tableType: (type: string) => `table ${type}`,
};

/** Decides all probes of a case. Runs within a test, which cleans up behind it. */
export async function measure(
  { name, mainCf, tables, zone, probes }: Case,
  coverage: Coverage,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'postward-coverage-'));
  const dns = await startFixtureDns({ zone: `${BASE_ZONE}\n${zone}` });
  const client = new WireClient({ servers: [dns.server], timeoutMs: 3000, attempts: 2 });
  try {
    const here = (text: string) => text.replaceAll('/etc/postfix', directory);
    for (const table of tables) writeFileSync(join(directory, table.name), here(table.text));
    const policy = compilePolicyText(here(laidOver(BASE_CF, mainCf)), join(directory, 'main.cf'));
    const resolver = new CachingResolver(client);
    for (const probe of probes) {
      for (const request of sessionRequests(probe)) {
        const decision = await policy.decide({ request, resolver });
        const sight = (cell: string) => {
          if (!coverage.has(cell)) coverage.set(cell, `${name}/${probe.id}`);
        };
        for (const list of decision.trace ?? []) {
          for (const entry of list.entries) sightEntry(entry, sight);
          for (const { restriction } of list.notReached) sight(CELLS.control(restriction));
        }
        if (decision.verdict !== 'permit') break;
      }
    }
  } finally {
    client.close();
    await dns.stop();
    rmSync(directory, { recursive: true });
  }
}

function sightEntry(
  { step, outcome, isWarnOnly, lookups, dns }: TraceEntry,
  sight: (cell: string) => void,
): void {
  const { restriction, text } = step;
  if (outcome === undefined) return;
  const isUndecided = outcome.kind === 'dunno';
  if (!isWarnOnly) sight(CELLS.says(restriction, outcome.kind));
  if (isUndecided || isWarnOnly) sight(CELLS.control(restriction));
  const [written = '', argument = ''] = text.split(/\s+/);
  if (written.toLowerCase() !== restriction) sight(CELLS.oldName(restriction, written.toLowerCase()));
  if (dns.some(({ answer }) => answer.status === 'tempfail')) sight(CELLS.dnsFailure(restriction));
  // Match lists keep no notes of what they look up; that they fail shows in the reply.
  if (outcome.kind === 'reject' && outcome.reply.dsn === '4.3.0') sight(CELLS.tableFailure(restriction));
  for (const { table, value, failure } of lookups) {
    // As the author wrote it: `proxy:hash:…` is looked up as the table that it stands for.
    const [type = ''] = (/^\w+:/.test(argument) ? argument : table).split(':');
    if (failure !== '') {
      sight(CELLS.tableFailure(restriction));
      sight(CELLS.tableType(type));
      sight(CELLS.table(restriction, type, 'failure'));
    } else if (value === undefined) {
      if (isUndecided) sight(CELLS.table(restriction, type, 'none'));
    } else {
      sight(CELLS.tableType(type));
      const action = parseAction(value);
      sight(CELLS.table(restriction, type, action.kind));
      sight(CELLS.action('verb' in action ? action.verb : (value.split(/\s/)[0] ?? '').toUpperCase()));
      sight(CELLS.action(`(${action.kind})`));
    }
  }
}
