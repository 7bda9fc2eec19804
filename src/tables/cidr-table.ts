/**
 * cidr_table(5): networks with results, first match wins; `!network`, and
 * `if network … endif` blocks. A line with a mistake is left out, as Postfix does,
 * and reported.
 */

import type { Report } from '../language/diagnostic.ts';
import type { Source } from '../language/source.ts';
import { isSpace, skipSpace, trimEnd } from '../language/white-space.ts';
import { type IpNetwork, isNetworkSyntaxError, parseIpNetwork } from '../net/ip-network.ts';
import { NetworkIndexBuilder } from '../net/network-index-builder.ts';
import type { NetworkIntervals } from '../net/network-intervals.ts';
import { type ContentReader, LINES_PER_SLICE } from './table-content.ts';
import { spanInLine, type TableLine, TableLineReader } from './table-lines.ts';

export const readCidrFile: ContentReader = function* (source, report) {
  const reader = new CidrReader(source, report);
  const lines = new TableLineReader(source.text);
  let count = 0;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (++count % LINES_PER_SLICE === 0) yield;
    reader.read(line);
  }
  const values = reader.values;
  const index = yield* reader.finish();
  return { lookup: (key) => values[index.findText(key)] };
};

class CidrReader {
  readonly #source: Source;
  readonly #report: Report;
  readonly #index = new NetworkIndexBuilder();
  /** What the index' values stand for. */
  readonly values: string[] = [];
  readonly #valueIndex = new Map<string, number>();
  readonly #openIfs: TableLine[] = [];

  constructor(source: Source, report: Report) {
    this.#source = source;
    this.#report = report;
  }

  read(line: TableLine): void {
    if (line.isOrphan) {
      this.#reject(
        line,
        0,
        line.text.length,
        'line starts with white space',
        'remove the white space at its start',
      );
      return;
    }
    const word = /^(if|endif)(?![0-9a-z])/i.exec(line.text)?.[1]?.toLowerCase();
    if (word === 'if') this.#readIf(line);
    else if (word === 'endif') this.#readEndIf(line);
    else this.#readRule(line);
  }

  /** Makes the index, when all lines were read. */
  *finish(): Generator<undefined, NetworkIntervals> {
    for (const line of this.#openIfs) {
      this.#report({
        severity: 'warning',
        code: 'if-without-endif',
        message: '`if` has no matching `endif`; it reaches to the end of the table',
        span: spanInLine(this.#source, line, 0, line.text.length),
        help: 'add `endif`',
      });
    }
    return yield* this.#index.buildInSlices();
  }

  #readIf(line: TableLine): void {
    const { start, isNegated } = skipNegations(line.text, 2);
    const network = this.#network(line, start, trimEnd(line.text, 0));
    if (network === undefined) return;
    this.#index.beginIf(network, isNegated);
    this.#openIfs.push(line);
  }

  #readEndIf(line: TableLine): void {
    if (skipSpace(line.text, 5) < line.text.length) {
      this.#reject(line, 5, line.text.length, 'garbage after `endif`', 'remove it');
    } else if (this.#openIfs.pop() === undefined) {
      this.#reject(line, 0, 5, '`endif` without `if`', 'remove it, or add the `if`');
    } else {
      this.#index.endIf();
    }
  }

  #readRule(line: TableLine): void {
    const { text } = line;
    const { start, isNegated } = skipNegations(text, 0);
    let end = start;
    while (end < text.length && !isSpace(text.charCodeAt(end))) end++;
    const network = this.#network(line, start, end);
    if (network === undefined) return;
    const value = text.slice(skipSpace(text, end), trimEnd(text, 0));
    if (value === '') {
      this.#reject(
        line,
        start,
        end,
        `no result for \`${text.slice(start, end)}\``,
        'write the network, white space and the result, such as `REJECT`',
      );
      return;
    }
    let index = this.#valueIndex.get(value);
    if (index === undefined) {
      index = this.values.push(value) - 1;
      this.#valueIndex.set(value, index);
    }
    this.#index.add(network, isNegated, index);
  }

  #network(line: TableLine, start: number, end: number): IpNetwork | undefined {
    if (start >= end) {
      this.#reject(
        line,
        0,
        line.text.length,
        'no address pattern',
        'write a network, such as `192.0.2.0/24`',
      );
      return undefined;
    }
    const network = parseIpNetwork(line.text.slice(start, end));
    if (!isNetworkSyntaxError(network)) return network;
    this.#reject(line, start, end, network.error, network.help);
    return undefined;
  }

  #reject(line: TableLine, from: number, to: number, message: string, help: string): void {
    this.#report({
      severity: 'warning',
      code: 'cidr-syntax',
      message: `${message}; Postfix skips this line`,
      span: spanInLine(this.#source, line, from, to),
      help,
    });
  }
}

/** Any number of `!` with white space between; an odd number negates. */
function skipNegations(text: string, from: number): { start: number; isNegated: boolean } {
  let start = from;
  let isNegated = false;
  for (; start < text.length; start++) {
    if (text[start] === '!') isNegated = !isNegated;
    else if (!isSpace(text.charCodeAt(start))) break;
  }
  return { start, isNegated };
}
