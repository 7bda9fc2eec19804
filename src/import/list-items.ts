/** Taking restrictions out of a list as it is written, with what belongs to them. */
import type { Assignment } from '../language/main-cf.ts';
import type { Span } from '../language/source.ts';
import type { Token } from '../language/tokenizer.ts';
import type { ListItem } from '../policy/lint/restriction-list.ts';

/** True when the word stands in the file as it is, and did not come about by expansion. */
export function isVerbatim({ text, span }: Token): boolean {
  return span.source.text.slice(span.start, span.end) === text;
}

/**
 * From an item's name to its argument, and the warn_if_reject before it. It is
 * undefined when these do not stand in the file one behind the other.
 */
export function itemSpan(items: readonly ListItem[], index: number): Span | undefined {
  const item = items[index];
  if (item === undefined) return undefined;
  const before = item.isWarned ? items[index - 1]?.token : undefined;
  const argument = item.kind === 'restriction' && item.argument !== item.token ? item.argument : undefined;
  const tokens = [before, item.token, argument].filter((token) => token !== undefined);
  const [first] = tokens;
  const last = tokens.at(-1);
  if (first === undefined || last === undefined || !tokens.every(isVerbatim)) return undefined;
  const { source, start } = first.span;
  const { end } = last.span;
  if (tokens.some(({ span }) => span.source !== source) || end < start) return undefined;
  const words = source.text.slice(start, end).split(/[\s,]+/);
  return words.join(' ') === tokens.map(({ text }) => text).join(' ') ? source.span(start, end) : undefined;
}

/** The same with the comma and the blanks behind it, as far as the value goes that it stands in. */
export function removalSpan(item: Span, assignments: Iterable<Assignment>): Span | undefined {
  const { source, start, end } = item;
  for (const { value } of assignments) {
    const span = value.span();
    if (span.source !== source || start < span.start || span.end < end) continue;
    const separator = /^[ \t]*,?[ \t]*/.exec(source.text.slice(end, span.end))?.[0] ?? '';
    return source.span(start, end + separator.length);
  }
  return undefined;
}
