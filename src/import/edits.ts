/**
 * Changes to texts that keep their places: each replaces what a span covers,
 * and the text of any stretch can be had with all changes in it. Two changes
 * never overlap; the same one twice counts once. A change that was accepted and
 * would get lost, because a stretch ends amid it or no text that is written has
 * it, is a bug and throws.
 */
import { formatSpan, type Source, type Span } from '../language/source.ts';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export class Edits {
  readonly #bySource = new Map<Source, Edit[]>();
  readonly #written = new Set<Edit>();

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
  apply(span: Span): string {
    const { source, start, end } = span;
    let text = '';
    let at = start;
    for (const edit of this.#within(span)) {
      text += source.text.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return text + source.text.slice(at, end);
  }

  /** The same, for a text that is handed out: its changes are not lost. */
  write(span: Span): string {
    for (const edit of this.#within(span)) this.#written.add(edit);
    return this.apply(span);
  }

  /** @throws when a change is in no text that was written */
  assertWritten(): void {
    for (const [source, edits] of this.#bySource) {
      for (const edit of edits) {
        if (this.#written.has(edit)) continue;
        throw new Error(
          `a change was accepted and not made: ${formatSpan(source.span(edit.start, edit.end))}`,
        );
      }
    }
  }

  /** In the order of the text. */
  #within({ source, start, end }: Span): readonly Edit[] {
    const edits = (this.#bySource.get(source) ?? []).filter((edit) =>
      edit.start === edit.end ? start <= edit.start && edit.end <= end : edit.start < end && start < edit.end,
    );
    for (const edit of edits) {
      if (start <= edit.start && edit.end <= end) continue;
      throw new Error(`a change reaches beyond its text: ${formatSpan(source.span(edit.start, edit.end))}`);
    }
    return edits.sort((a, b) => a.start - b.start);
  }
}
