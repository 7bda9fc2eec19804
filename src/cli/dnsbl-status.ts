/** `postward dnsbl status`: how the DNS lists of a running daemon are, and what each is worth. */
import { visible } from '../language/visible.ts';
import { AdminClient } from './admin-client.ts';
import type { OptionValues } from './setting-flags.ts';
import { painter, type Style, type Terminal } from './terminal.ts';
import { textTable } from './text-table.ts';

interface ListStatus {
  readonly list: string;
  readonly subject: string;
  readonly state: string;
  readonly reason?: string;
  readonly help?: string;
  readonly since?: string;
  readonly probed_at?: string;
  readonly last_day: {
    readonly asked: number;
    readonly listed: number;
    readonly error_answers: number;
    readonly failures: number;
    readonly compared: number;
    readonly alone: number;
    readonly overlaps: readonly { readonly list: string; readonly count: number }[];
  };
  readonly latency_ms: { readonly median?: number; readonly p99?: number };
}

const HEADINGS = [
  'LIST',
  'STATE',
  'ASKED',
  'LISTED',
  'ALONE',
  'ALSO ON',
  'FAILED',
  'MEDIAN',
  '99 %',
  'PROBED',
];

const STYLES: Readonly<Record<string, Style>> = { set_aside: 'red', faulty: 'yellow' };

export async function dnsblStatus(options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const { lists } = await client.ask<{ readonly lists: readonly ListStatus[] }>(
    options['probe'] === true ? { method: 'POST', path: ['dnsbl', 'probe'] } : { path: ['dnsbl'] },
  );
  if (options['json'] === true) {
    terminal.out(JSON.stringify(lists, undefined, 2));
    return 0;
  }
  const paint = painter(terminal.hasOutColour);
  terminal.out(textTable(HEADINGS, lists.map(rowOf), paint));
  for (const { list, state, reason, help, since } of lists) {
    if (reason === undefined) continue;
    const style = STYLES[state];
    const text = visible(`${list} ${reason}${since === undefined ? '' : `, since ${seconds(since)}`}`);
    terminal.out(`\n${style === undefined ? text : paint(style, text)}`);
    if (help !== undefined) terminal.out(`  help: ${visible(help)}`);
  }
  return 0;
}

function rowOf({ list, state, last_day, latency_ms, probed_at }: ListStatus): string[] {
  const { asked, listed, compared, alone, overlaps, error_answers, failures } = last_day;
  const [most] = overlaps;
  return [
    list,
    state.replace('_', ' '),
    String(asked),
    `${listed} (${percent(listed, asked)})`,
    percent(alone, compared),
    most === undefined ? '' : `${most.list} ${percent(most.count, compared)}`,
    String(error_answers + failures),
    milliseconds(latency_ms.median),
    milliseconds(latency_ms.p99),
    probed_at === undefined ? 'not yet' : seconds(probed_at),
  ];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${Math.round((100 * part) / whole)} %`;
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : `${value} ms`;
}

function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
