/**
 * Changes to texts that keep their places: each replaces what a span covers,
 * and the text of any stretch can be had with all changes in it. Two changes
 * never overlap; the same one twice counts once.
 */
import type { Source, Span } from '../language/source.ts';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export class Edits {
  readonly #bySource = new Map<Source, Edit[]>();

  /** False, and nothing done, when an earlier change has touched the place. */
  replace({ source, start, end }: Span, text: string): boolean {
    const edits = this.#bySource.get(source) ?? [];
    this.#bySource.set(source, edits);
    const isTouched = edits.some((edit) =>
      start === end ? edit.start === start : edit.start < end && start < edit.end,
    );
    if (isTouched) return false;
    edits.push({ start, end, text });
    return true;
  }

  /** The span's text as changed. */
  apply({ source, start, end }: Span): string {
    const edits = (this.#bySource.get(source) ?? [])
      .filter((edit) => edit.start >= start && edit.end <= end)
      .sort((a, b) => a.start - b.start);
    let text = '';
    let at = start;
    for (const edit of edits) {
      text += source.text.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return text + source.text.slice(at, end);
  }
}
