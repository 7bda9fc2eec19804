import type { Report } from './diagnostic.ts';
import type { Source } from './source.ts';
import { SourcedText } from './sourced-text.ts';
import { isSpace, skipSpace } from './white-space.ts';

/**
 * The logical lines of main.cf and of every other Postfix text file (postconf(5),
 * postmap(1)): a line that starts with white space continues the one before,
 * and empty lines, blank lines and lines whose first character that is not
 * white space is `#` are left out, even amid a continued line. Joined lines
 * keep their white space; only line ends go.
 *
 * Knows nothing of what the lines mean. A line that is too long, or that
 * continues nothing, is reported and left out.
 */

/** In characters. Longer than any real list; short enough to work with. */
export const LOGICAL_LINE_LIMIT = 1024 * 1024;

const HASH = 35;

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Yields each logical line that has more than white space, which it does not start with. */
export function* logicalLines(source: Source, report: Report): Generator<SourcedText> {
  const { text } = source;
  let stretches: Stretch[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const first = skipSpace(text, start, end);
    if (first < end && text.charCodeAt(first) !== HASH) stretches.push({ start, end });

    start = end + 1;
    const next = text.charCodeAt(start);
    const isContinued = start < text.length && (next === HASH || isSpace(next));
    if (stretches.length > 0 && !isContinued) {
      const line = joined(source, stretches, report);
      if (line !== undefined) yield line;
      stretches = [];
    }
  }
}

function joined(source: Source, stretches: readonly Stretch[], report: Report): SourcedText | undefined {
  const length = stretches.reduce((sum, { start, end }) => sum + end - start, 0);
  const { start, end } = stretches[0] ?? { start: 0, end: 0 };
  if (length > LOGICAL_LINE_LIMIT) {
    report({
      severity: 'error',
      code: 'line-too-long',
      message: `a logical line of ${length} characters is longer than the limit of ${LOGICAL_LINE_LIMIT}`,
      span: source.span(start, end),
      help: 'keep a long list in a table or a file and name that here',
    });
    return undefined;
  }
  const content = skipSpace(source.text, start, end);
  if (content > start) {
    // Only the first line of a file can get here: any other would have continued the one before.
    report({
      severity: 'warning',
      code: 'leading-white-space',
      message: 'the line starts with white space, but there is none before it to continue; Postfix skips it',
      span: source.span(content, end),
      help: 'remove the white space at its start',
    });
    return undefined;
  }
  return untilNull(SourcedText.join(source, stretches), report);
}

/** Postfix keeps lines as C strings, which end at a null byte. */
function untilNull(line: SourcedText, report: Report): SourcedText {
  const at = line.text.indexOf('\0');
  if (at < 0) return line;
  report({
    severity: 'warning',
    code: 'null-byte',
    message: 'a null byte; Postfix ignores what follows it on the line',
    span: line.span(at, at + 1),
    help: 'save the file as plain text (UTF-8, not UTF-16)',
  });
  return line.slice(0, at);
}
