/**
 * Settings as somebody wrote them: texts, lists and maps with their places,
 * before anybody knows what they mean. The settings file, the environment and
 * the command line all come in this one form, so that each is checked by the
 * same code and each mistake points at its cause.
 */
import { Source, type Span } from '../language/source.ts';

export type RawValue =
  | { readonly kind: 'text'; readonly text: string; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly RawValue[]; readonly span: Span }
  | { readonly kind: 'map'; readonly entries: readonly RawEntry[]; readonly span: Span }
  /** A key with nothing behind it. */
  | { readonly kind: 'empty'; readonly span: Span };

export interface RawEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: RawValue;
}

/** A value that is one text from one place, such as a flag; `origin` is shown to people. */
export function rawText(origin: string, text: string): RawValue {
  return { kind: 'text', text, span: new Source(origin, text).span(0, text.length) };
}

/** A value at a path: `['dns', 'servers']` wraps it in two maps. */
export function rawAt(path: readonly string[], value: RawValue): RawValue {
  return path.reduceRight<RawValue>(
    (inner, key) => ({
      kind: 'map',
      entries: [{ key, keySpan: inner.span, value: inner }],
      span: inner.span,
    }),
    value,
  );
}

/** A text where a list is wanted: its parts, separated by commas or blanks as in main.cf. */
export function splitList(value: RawValue & { kind: 'text' }): RawValue[] {
  const { source, start, end } = value.span;
  return Array.from(value.text.matchAll(/[^\s,]+/g), (match) => {
    const from = Math.min(start + match.index, end);
    return {
      kind: 'text',
      text: match[0],
      span: source.span(from, Math.min(from + match[0].length, end)),
    };
  });
}
