/**
 * A text and the places in it. Every diagnostic and every step of a trace
 * points at its cause by a `Span`; lines and columns are computed only when
 * somebody wants to read them.
 */

/** A place in a source: `start` inclusive, `end` exclusive, in UTF-16 code units. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** One-based, as editors and Postfix count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export class Source {
  readonly file: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  /** `file` is shown to people; it need not exist (`<command line>`). */
  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  position(offset: number): Position {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }

  /** The text of a one-based line, without its line end; '' outside the source. */
  line(number: number): string {
    const starts = this.#starts();
    const start = starts[number - 1];
    if (start === undefined) return '';
    const end = starts[number] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, '');
  }

  span(start: number, end: number): Span {
    return { source: this, start, end };
  }

  #starts(): number[] {
    if (this.#lineStarts === undefined) {
      const starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) {
        starts.push(at + 1);
      }
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }
}

/** `file:line:column`, the form editors and people jump to. */
export function formatSpan(span: Span): string {
  const { line, column } = span.source.position(span.start);
  return `${span.source.file}:${line}:${column}`;
}
