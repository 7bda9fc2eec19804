/**
 * A full trace as a tree for reading: every list, every restriction in it with
 * what it looked up and found, what it said, how long it took, and what was
 * not reached. Plain text for pipes, colour on a terminal.
 */
import type { DnsNote, LookupNote, TraceEntry, TraceList } from '../engine/decision.ts';
import { formatReply, type Outcome, type Reply } from '../engine/outcome.ts';
import { settle } from '../engine/settle.ts';
import type { StepRef } from '../engine/step.ts';
import type { ListNotRun } from '../explain/explanation.ts';
import { formatSpan } from '../language/source.ts';
import { visible } from '../language/visible.ts';
import type { Paint, Style } from './terminal.ts';

export interface TraceTreeOptions {
  readonly paint: Paint;
  readonly notRun: readonly ListNotRun[];
}

interface Node {
  /** The restriction and what it said. */
  readonly head: string;
  /** What it read on the way. */
  readonly notes: readonly string[];
  readonly children: Node[];
}

/** Below this a step has cost nothing worth a column. */
const WORTH_SHOWING_MS = 0.05;

/** Lines, without line ends. */
export function traceTree(trace: readonly TraceList[], { paint, notRun }: TraceTreeOptions): string[] {
  const lines: string[] = [];
  for (const list of trace) {
    const name = `${list.list} list`;
    const title = list.implicit === undefined ? name : `smtpd's own check ${list.implicit} the ${name}`;
    lines.push(`${paint('bold', title)}: ${resultOf(list)}`);
    draw(nodesOf(list, paint), '', lines, paint);
  }
  for (const { list, reason } of notRun)
    lines.push(`${paint('bold', `${list} list`)}: ${paint('dim', reason)}`);
  return lines;
}

/** Bare of what stands before: `3.2 ms`. */
export function formatDuration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(ms >= 1 ? 1 : 2)} ms`;
}

function resultOf({ result, entries, notReached }: TraceList): string {
  if (entries.length === 0 && notReached.length === 0) return 'no restrictions';
  switch (result) {
    case 'permitted':
      return entries.at(-1)?.outcome?.kind === 'permit' ? 'permitted' : 'permitted at its end';
    case 'rejected':
      return 'rejected';
    case 'discarded':
      return 'discarded';
    case 'stopped':
      return 'stopped, since neither permit nor reject could change the answer';
  }
}

/** The entries come flat, each with its depth; what was evaluated in place of one follows it. */
function nodesOf({ entries, notReached }: TraceList, paint: Paint): Node[] {
  const top: Node[] = [];
  const open: Node[] = [];
  for (const entry of entries) {
    const node = { head: headOf(entry, paint), notes: notesOf(entry), children: [] };
    open.length = Math.min(entry.depth, open.length);
    (open.at(-1)?.children ?? top).push(node);
    open.push(node);
  }
  if (notReached.length > 0) {
    top.push({
      head: paint('dim', `not reached: ${notReached.map(textOf).join(', ')}`),
      notes: [],
      children: [],
    });
  }
  return top;
}

function draw(nodes: readonly Node[], indent: string, lines: string[], paint: Paint): void {
  for (const [index, node] of nodes.entries()) {
    const isLast = index === nodes.length - 1;
    const below = `${indent}${isLast ? '   ' : '│  '}`;
    lines.push(`${indent}${isLast ? '└─ ' : '├─ '}${node.head}`);
    const rail = node.children.length > 0 ? `${below}│  ` : `${below}   `;
    for (const note of node.notes) lines.push(`${rail}${paint('dim', note)}`);
    draw(node.children, below, lines, paint);
  }
}

function headOf({ step, outcome, isWarnOnly, durationMs }: TraceEntry, paint: Paint): string {
  const { style, text } = saidOf(outcome, isWarnOnly);
  const place = step.span === undefined ? '' : `  ${paint('dim', visible(formatSpan(step.span)))}`;
  const time = durationMs < WORTH_SHOWING_MS ? '' : `  ${paint('dim', formatDuration(durationMs))}`;
  return `${textOf(step)}: ${paint(style, visible(text))}${place}${time}`;
}

function textOf(step: StepRef): string {
  return visible(step.text === '' ? step.restriction : step.text);
}

function saidOf(outcome: Outcome | undefined, isWarnOnly: boolean): { style: Style; text: string } {
  switch (outcome?.kind) {
    case undefined:
      return { style: 'yellow', text: 'no answer' };
    case 'dunno':
      return { style: 'dim', text: 'dunno' };
    case 'permit':
      return { style: 'green', text: 'permit' };
    case 'reject': {
      const isSoftened = isWarnOnly && !outcome.isFault;
      const verb = isSoftened ? 'reject_warning' : outcome.isFault ? 'fault' : 'reject';
      return { style: isSoftened ? 'yellow' : 'red', text: `${verb} ${replyText(outcome.reply)}` };
    }
    case 'defer_if_permit':
    case 'defer_if_reject': {
      const isSoftened = isWarnOnly && outcome.kind === 'defer_if_permit';
      const verb = isSoftened ? `reject_warning, no ${outcome.kind}` : outcome.kind;
      return { style: 'yellow', text: `${verb} ${replyText(outcome.reply)}` };
    }
    case 'effect':
      return { style: 'cyan', text: `${outcome.effect.verb} ${outcome.effect.text}`.trimEnd() };
    case 'evaluate':
      return { style: 'dim', text: 'evaluated in its place' };
    case 'warn_next':
      return { style: 'dim', text: 'what follows only warns' };
  }
}

/** As it would be sent: what a restriction says need not have a status code that agrees with its code. */
function replyText(reply: Reply): string {
  return formatReply(settle(reply, undefined, false));
}

function notesOf(entry: TraceEntry): string[] {
  return [...lookupNotes(entry.lookups), ...entry.dns.map(dnsNote), ...entry.notes].map(visible);
}

/** Keys that one table does not have, in a row, share a line. */
function lookupNotes(lookups: readonly LookupNote[]): string[] {
  const notes: string[] = [];
  let missed: LookupNote[] = [];
  const flush = () => {
    if (missed[0] !== undefined) {
      const keys = missed.map(({ key }) => `\`${key}\``).join(', ');
      notes.push(`${missed[0].table} has no ${keys}`);
    }
    missed = [];
  };
  for (const lookup of lookups) {
    if (missed[0] !== undefined && missed[0].table !== lookup.table) flush();
    if (lookup.value === undefined && lookup.failure === '') {
      missed.push(lookup);
      continue;
    }
    flush();
    const found = lookup.failure === '' ? `says \`${lookup.value}\`` : `failed: ${lookup.failure}`;
    notes.push(`${lookup.table} for \`${lookup.key}\` ${found}`);
  }
  flush();
  return notes;
}

function dnsNote({ name, type, answer, cached }: DnsNote): string {
  const source = cached ? ', cached' : '';
  switch (answer.status) {
    case 'found': {
      const data = answer.records.map((record) =>
        type === 'MX' ? `${record.preference} ${record.data}` : record.data,
      );
      return `DNS ${name} ${type}: ${data.join(', ')} (TTL ${answer.ttlSeconds} s${source})`;
    }
    case 'nxdomain':
      return `DNS ${name} ${type}: no such name (NXDOMAIN${source})`;
    case 'nodata':
      return `DNS ${name} ${type}: no such record (NODATA${source})`;
    case 'tempfail':
      return `DNS ${name} ${type}: failed for now (${answer.reason}${source})`;
  }
}
