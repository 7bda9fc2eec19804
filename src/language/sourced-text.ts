import { Source, type Span } from './source.ts';

/**
 * Text that remembers where each part of it was written.
 *
 * A value of main.cf is not one stretch of a file: lines are joined, comments
 * between them left out, `$name` replaced by text from elsewhere. A SourcedText
 * is the resulting string with, for each part, its place; so a word in an
 * expanded value still has a Span. Immutable; never without a place.
 */

/** One act of writing: parts of the same origin were written as one text, in this order. */
interface Origin {
  readonly source: Source;
  readonly isBuiltIn: boolean;
}

/** A part: `text` from `at` on, up to the next part's `at`. */
interface Part {
  readonly at: number;
  readonly origin: Origin;
  readonly start: number;
  readonly end: number;
  /** True when the text is the source's own, character by character. */
  readonly isVerbatim: boolean;
}

const BUILT_IN = '<built-in default>';

export class SourcedText {
  readonly text: string;
  readonly #parts: readonly [Part, ...Part[]];

  private constructor(text: string, parts: readonly [Part, ...Part[]]) {
    this.text = text;
    this.#parts = parts;
  }

  /** The source's text from `start` to `end`. */
  static of(source: Source, start = 0, end: number = source.text.length): SourcedText {
    return SourcedText.join(source, [{ start, end }]);
  }

  /** Several stretches of one source that its author means as one text, as continued lines are. */
  static join(source: Source, stretches: readonly { start: number; end: number }[]): SourcedText {
    return SourcedText.#write({ source, isBuiltIn: false }, stretches);
  }

  /** A text that no file holds: a default built into the program, or what `name` says. */
  static literal(text: string, name = BUILT_IN): SourcedText {
    const origin = { source: new Source(name, text), isBuiltIn: true };
    return SourcedText.#write(origin, [{ start: 0, end: text.length }]);
  }

  /** A computed text, all of which points at `span`: its cause. */
  static at(span: Span, text: string): SourcedText {
    const origin = { source: span.source, isBuiltIn: false };
    return new SourcedText(text, [{ at: 0, origin, start: span.start, end: span.end, isVerbatim: false }]);
  }

  static concat(pieces: readonly SourcedText[]): SourcedText {
    const [first, ...others] = pieces.filter((piece) => piece.text !== '');
    if (first === undefined) return pieces[0] ?? SourcedText.literal('');
    if (others.length === 0) return first;
    const parts: [Part, ...Part[]] = [...first.#parts];
    let at = first.text.length;
    for (const piece of others) {
      for (const part of piece.#parts) parts.push({ ...part, at: at + part.at });
      at += piece.text.length;
    }
    return new SourcedText(first.text + others.map((piece) => piece.text).join(''), parts);
  }

  static #write(origin: Origin, stretches: readonly { start: number; end: number }[]): SourcedText {
    const parts: Part[] = [];
    let text = '';
    for (const { start, end } of stretches) {
      parts.push({ at: text.length, origin, start, end, isVerbatim: true });
      text += origin.source.text.slice(start, end);
    }
    const [first = { at: 0, origin, start: 0, end: 0, isVerbatim: true }, ...others] = parts;
    return new SourcedText(text, [first, ...others]);
  }

  get isBuiltIn(): boolean {
    return this.#parts[0].origin.isBuiltIn;
  }

  /**
   * Where the text from `start` to `end` was written. When it was put together
   * from several texts, the place in the first of them.
   */
  span(start = 0, end: number = this.text.length): Span {
    const first = this.#indexAt(start);
    const last = this.#indexAt(Math.max(start, end - 1));
    const head = this.#clip(first, start, end);
    let tail = head;
    for (let index = first + 1; index <= last; index++) {
      const part = this.#clip(index, start, end);
      if (part.origin === head.origin && part.end >= tail.end) tail = part;
    }
    return head.origin.source.span(head.start, tail.end);
  }

  slice(start: number, end: number = this.text.length): SourcedText {
    const from = Math.min(Math.max(start, 0), this.text.length);
    const to = Math.min(Math.max(end, from), this.text.length);
    const first = this.#indexAt(from);
    const last = this.#indexAt(Math.max(from, to - 1));
    const parts: [Part, ...Part[]] = [this.#clip(first, from, to)];
    for (let index = first + 1; index <= last; index++) parts.push(this.#clip(index, from, to));
    return new SourcedText(this.text.slice(from, to), parts);
  }

  /** Index of the part that holds the character at `offset`. */
  #indexAt(offset: number): number {
    let low = 0;
    let high = this.#parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#part(middle).at <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** What is between `start` and `end` of a part, with `at` counted from `start`. */
  #clip(index: number, start: number, end: number): Part {
    const part = this.#part(index);
    const partEnd = this.#parts[index + 1]?.at ?? this.text.length;
    const from = Math.min(Math.max(start, part.at), partEnd);
    const to = Math.max(from, Math.min(end, partEnd));
    if (!part.isVerbatim) return { ...part, at: from - start };
    const shift = part.start - part.at;
    return { ...part, at: from - start, start: from + shift, end: to + shift };
  }

  #part(index: number): Part {
    return this.#parts[index] ?? this.#parts[0];
  }
}
