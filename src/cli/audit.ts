/** `postward audit`: who changed what in a running daemon, with before and after. */
import { AdminClient } from './admin-client.ts';
import { sinceOf } from './expiry.ts';
import type { OptionValues } from './setting-flags.ts';
import { painter, type Terminal } from './terminal.ts';
import { textTable } from './text-table.ts';

interface AuditRecord {
  readonly at: string;
  readonly actor: string;
  readonly operation: string;
  readonly list?: string;
  readonly subject?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly origin?: string;
}

interface Page {
  readonly records: readonly AuditRecord[];
  readonly next_cursor?: string;
}

const MOST_IN_A_PAGE = 1000;

export async function audit(options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const wanted = Number(options['limit']);
  const { list, actor, operation } = options as Record<string, string | undefined>;
  const query = {
    list,
    actor,
    operation,
    subject: options['key'] as string | undefined,
    since: typeof options['since'] === 'string' ? sinceOf(options['since']) : undefined,
  };
  const records: AuditRecord[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(wanted - records.length, MOST_IN_A_PAGE);
    const page: Page = await client.ask({ path: ['audit'], query: { ...query, limit, cursor } });
    records.push(...page.records);
    cursor = page.next_cursor;
  } while (cursor !== undefined && records.length < wanted);
  records.reverse();
  if (options['json'] === true) {
    for (const record of records) terminal.out(JSON.stringify(record));
    return 0;
  }
  const rows = records.map((record) => [
    record.at.replace(/\.\d+Z$/, 'Z'),
    record.origin === undefined ? record.actor : `${record.actor} at ${record.origin}`,
    record.operation,
    [record.list, record.subject].filter((part) => part !== undefined).join(' '),
    change(record),
  ]);
  terminal.out(textTable(['WHEN', 'WHO', 'WHAT', 'WHERE', 'CHANGE'], rows, painter(terminal.hasOutColour)));
  return 0;
}

/** What counts of an entry is its action, and what else was changed; of anything else all there is. */
function change({ before, after }: AuditRecord): string {
  if (before === undefined) return after === undefined ? '' : gist(after);
  if (after === undefined) return `was ${gist(before)}`;
  if (!isEntry(before) || !isEntry(after)) return `${gist(before)} → ${gist(after)}`;
  const fields = [
    ...(before.expires === after.expires ? [] : [`until ${end(before)} → ${end(after)}`]),
    ...(before.comment === after.comment ? [] : [`comment ${told(before.comment)} → ${told(after.comment)}`]),
  ];
  const action = before.action === after.action ? after.action : `${before.action} → ${after.action}`;
  return [action, ...fields].join('; ');
}

/** As the audit trail keeps it. */
interface AuditedEntry {
  readonly action: string;
  readonly comment: string;
  readonly expires: string | null;
}

function isEntry(value: unknown): value is AuditedEntry {
  return typeof value === 'object' && value !== null && 'action' in value;
}

function gist(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return isEntry(value) ? value.action : JSON.stringify(value);
}

function end({ expires }: AuditedEntry): string {
  return expires === null ? 'further notice' : expires.replace(/\.\d+Z$/, 'Z');
}

function told(comment: string): string {
  return comment === '' ? 'none' : `\`${comment}\``;
}
