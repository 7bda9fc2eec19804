import { styleText } from 'node:util';
import type { Diagnostic } from './diagnostic.ts';
import { formatSpan, type Span } from './source.ts';
import { columns, visible } from './visible.ts';

/**
 * A diagnostic as people read it:
 *
 *     main.cf:3:12: error[code]: message
 *       3 | the line, with what is meant
 *         |           ^^^^
 *       help: the cure
 *
 * Lines are never longer than the window; whatever the file holds, nothing but
 * printable text comes out (and colours, when asked for). What a mask hides is
 * hidden before a line is cut: half a name is not known for what it was.
 */

/** Knows what of a text must not be shown: the keys of DNSBLs (dns/zone-mask.ts). */
export interface FrameMask {
  /** The text with one character for each such place. */
  text(text: string): string;
  /** Those places, from left to right. */
  places(text: string): readonly { readonly start: number; readonly end: number }[];
}

export interface FrameOptions {
  readonly colour: boolean;
  /** Default: all is shown. */
  readonly mask?: FrameMask | undefined;
}

const NO_MASK: FrameMask = { text: (text) => text, places: () => [] };

/** In characters of the line. */
const WINDOW = 100;
/** What is shown before the place in a line longer than the window. */
const LEAD = 30;
/** Of a place that spans several lines. */
const LINES_SHOWN = 4;

type Style = Parameters<typeof styleText>[0];

const COLOURS: Record<Diagnostic['severity'], Style> = {
  error: ['red', 'bold'],
  warning: ['yellow', 'bold'],
  note: ['cyan', 'bold'],
};

type Paint = (style: Style, text: string) => string;

/** Several lines, without a line end after the last. */
export function formatDiagnostic(diagnostic: Diagnostic, { colour, mask = NO_MASK }: FrameOptions): string {
  const shown = (text: string): string => visible(mask.text(text));
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const { severity, code, message, span, help } = diagnostic;
  const place = span === undefined ? '' : `${paint('bold', visible(formatSpan(span)))}: `;
  const lines = [`${place}${paint(COLOURS[severity], `${severity}[${code}]`)}: ${shown(message)}`];
  if (span !== undefined) lines.push(...frame(span, paint, COLOURS[severity], mask));
  if (help !== undefined) lines.push(`  ${paint('bold', 'help')}: ${shown(help)}`);
  return lines.join('\n');
}

function frame({ source, start, end }: Span, paint: Paint, style: Style, mask: FrameMask): string[] {
  const first = source.position(start);
  // The end is exclusive: a span up to the start of a line does not reach into it.
  const last = source.position(Math.max(start, end - 1));
  const digits = String(last.line).length;
  const gutter = (text: string): string => paint('blue', `  ${text.padStart(digits)} |`);

  const lines: string[] = [];
  for (const number of linesShown(first.line, last.line)) {
    if (number === undefined) {
      lines.push(gutter('…'));
      continue;
    }
    const line = source.line(number);
    const indent = line.length - line.trimStart().length;
    const to = number === last.line ? last.column : line.length;
    const from = number === first.line ? first.column - 1 : Math.min(indent, to);
    const { shown, before, marked } = cut(...hidden(line, from, to, mask));
    lines.push(`${gutter(String(number))} ${shown}`.trimEnd());
    lines.push(`${gutter('')} ${' '.repeat(before)}${paint(style, '^'.repeat(marked))}`);
  }
  return lines;
}

/** `undefined` stands for the lines left out. */
function linesShown(first: number, last: number): (number | undefined)[] {
  const count = last - first + 1;
  if (count > LINES_SHOWN) return [first, first + 1, undefined, last];
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The line with what is hidden in it hidden, and where the mark is then. */
function hidden(line: string, from: number, to: number, mask: FrameMask): [string, number, number] {
  const places = mask.places(line);
  // Each place becomes one character; the mark begins before it and ends behind it.
  const moved = (at: number, isEnd: boolean): number => {
    let shift = 0;
    for (const { start, end } of places) {
      if (at >= end) shift += end - start - 1;
      else if (at > start) return start - shift + (isEnd ? 1 : 0);
    }
    return at - shift;
  };
  return places.length === 0
    ? [line, from, to]
    : [mask.text(line), moved(from, false), moved(Math.max(from, to), true)];
}

/** The part of a line to show; in terminal columns, what precedes the mark and the mark's length. */
function cut(line: string, from: number, to: number): { shown: string; before: number; marked: number } {
  const isLong = line.length > WINDOW;
  const start = isLong ? Math.max(0, Math.min(from - LEAD, line.length - WINDOW)) : 0;
  const stop = isLong ? start + WINDOW : line.length;
  const before = (start > 0 ? '…' : '') + visible(line.slice(start, from));
  const marked = visible(line.slice(from, Math.min(to, stop)));
  const after = visible(line.slice(Math.max(from, to), stop)) + (stop < line.length ? '…' : '');
  // An empty place, or one at the end of the line, still gets its caret.
  return {
    shown: before + marked + after,
    before: columns(before),
    marked: Math.max(1, columns(marked)),
  };
}
