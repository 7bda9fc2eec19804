/** Tables that cannot be opened: why is reported, and their lookups fail. */
import type { Report } from '../language/diagnostic.ts';
import { quote } from '../language/quote.ts';
import type { Span } from '../language/source.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { FixedTable } from './fixed-table.ts';
import { TABLE_TYPES } from './registry.ts';
import type { Table } from './table.ts';
import { failingContent } from './table-content.ts';

/** More tables in tables are nobody's; each is a call of `open` in the one before. */
export const MAX_TABLE_DEPTH = 100;

export function fail(
  spec: string,
  code: string,
  message: string,
  help: string,
  span: Span | undefined,
  report: Report,
): Table {
  report({ severity: 'error', code, message, span, help });
  return new FixedTable(spec, true, failingContent(`${spec}: ${message}`));
}

export function mapInMainCf(
  spec: string,
  type: string,
  name: string,
  span: Span | undefined,
  report: Report,
): Table {
  const message = `${quote(spec)} is a map whose parameters stand in main.cf (\`${name}_…\`), which is not supported`;
  const path = `/etc/postfix/${name.replace(/\.cf$/, '')}.cf`;
  const help = `put them into a file, without \`${name}_\`, and name that: \`${type}:${path}\``;
  return fail(spec, 'table-unsupported', message, help, span, report);
}

export function tooDeep(spec: string, span: Span | undefined, report: Report): Table {
  const message = `more than ${MAX_TABLE_DEPTH} tables, each in another: ${quote(spec)}`;
  return fail(spec, 'table-syntax', message, 'name them side by side', span, report);
}

export function unknownTypeHelp(type: string, spec: string): string {
  if (IPV6_START.test(spec)) return ipv6Help(spec);
  const names = TABLE_TYPES.map((row) => row.type);
  const meant = didYouMean(type, names);
  return meant === undefined ? `the types are ${names.join(', ')}` : `did you mean \`${meant}\`?`;
}

/** What an IPv6 address in mynetworks looks like when it is taken for a table. */
export const IPV6_START = /^[0-9a-f]*:[0-9a-f:]*(?:\/|$)/i;

export function ipv6Help(spec: string): string {
  const slash = spec.indexOf('/');
  const bracketed = slash < 0 ? `[${spec}]` : `[${spec.slice(0, slash)}]${spec.slice(slash)}`;
  return `write an IPv6 address or network in brackets, such as \`${bracketed}\``;
}
