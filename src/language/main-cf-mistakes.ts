import type { Report } from './diagnostic.ts';
import type { Assignment } from './main-cf.ts';
import { quote } from './quote.ts';
import { formatSpan, type Span } from './source.ts';
import type { SourcedText } from './sourced-text.ts';

/**
 * What people get wrong in main.cf as text, and what to tell them.
 *
 * Each function looks at one thing that the parser has found and reports it
 * with its likeliest cause; none of them changes how the file is read.
 */

/** The characters of Postfix's parameter names; `.` and `-` occur in names made from master.cf services. */
const USUAL_NAME = /^[A-Za-z0-9_.-]+$/;

const NO_BREAK_SPACE = '\u00a0';

/** `//` where no URL has it: at the start or after white space. */
const SLASH_REMARK = /(?<![^ \t\r\v\f])\/\//g;

/**
 * A logical line that is not `name = value`. Postfix refuses the whole file for
 * one; mostly it is a continued line whose leading white space got lost.
 */
export function reportNoEquals(
  line: SourcedText,
  lineBefore: SourcedText | undefined,
  assignmentBefore: Assignment | undefined,
  report: Report,
): void {
  const word = /^\S+/.exec(line.text)?.[0] ?? '';
  const span = line.span(0, word.length);
  if (word.startsWith('//')) {
    report({
      severity: 'error',
      code: 'slash-slash-remark',
      message: '`//` does not start a remark in main.cf',
      span,
      help: 'start the line with `#`',
    });
    return;
  }
  if (line.text.startsWith(NO_BREAK_SPACE)) {
    const name = assignmentBefore?.name;
    report({
      severity: 'error',
      code: 'missing-equals',
      message: `the line starts with a no-break space (U+00A0), which is no white space to Postfix${name === undefined ? '' : `: it does not continue ${quote(name)}`}`,
      span: line.span(0, 1),
      help: 'write a blank in its place; web pages and word processors have such spaces',
    });
    return;
  }
  if (/^\S+\s*\+=/.test(line.text)) {
    report({
      severity: 'error',
      code: 'missing-equals',
      message: `${quote(word)} cannot be added to: there is no \`+=\` in main.cf`,
      span,
      help: 'write the whole value in one place; a line that starts with white space continues it',
    });
    return;
  }
  if (assignmentBefore !== undefined && isLikelyContinuation(line, lineBefore)) {
    const { name, nameSpan } = assignmentBefore;
    report({
      severity: 'error',
      code: 'missing-equals',
      message: `missing \`=\` after ${quote(word)}: the line does not start with white space, so it does not continue ${quote(name)}`,
      span,
      help: `if it belongs to ${quote(name)} (${formatSpan(nameSpan)}), start it with white space`,
    });
    return;
  }
  report({
    severity: 'error',
    code: 'missing-equals',
    message: `missing \`=\` after ${quote(word)}`,
    span,
    help: 'write `name = value`; start a line that continues another with white space',
  });
}

/** True when a line that is not `name = value` looks as if it should continue the one before. */
export function isLikelyContinuation(line: SourcedText, lineBefore: SourcedText | undefined): boolean {
  if (lineBefore === undefined) return false;
  if (line.text.includes(',') || lineBefore.text.trimEnd().endsWith(',')) return true;
  const before = lineBefore.span();
  const between = before.source.text.slice(before.end, line.span().start);
  return between.trim() === '' && between.split('\n').length === 2;
}

/** Postfix takes any name; one with other characters can be neither a parameter nor a `$name`. */
export function reportUnusualName(name: string, span: Span, report: Report): void {
  if (USUAL_NAME.test(name)) return;
  const isMarked = name.startsWith('\uFEFF');
  report({
    severity: 'warning',
    code: 'unusual-parameter-name',
    message: isMarked
      ? `${quote(name.slice(1))} has a byte order mark before it, which Postfix takes as part of the name`
      : `${quote(name)} is not a parameter name: Postfix ignores the line`,
    span,
    help: isMarked
      ? 'save the file as UTF-8 without byte order mark'
      : 'parameter names have letters, digits and `_` only',
  });
}

/** A later assignment wins; Postfix too warns when the values differ. */
export function reportDuplicate(assignment: Assignment, earlier: Assignment, report: Report): void {
  const { name, nameSpan } = assignment;
  const isSame = assignment.value.text === earlier.value.text;
  const place = formatSpan(earlier.nameSpan);
  report({
    severity: isSame ? 'note' : 'warning',
    code: 'duplicate-parameter',
    message: isSame
      ? `${quote(name)} is set to the value it has already from ${place}`
      : `${quote(name)} overrides its value from ${place}, which has no effect`,
    span: nameSpan,
    help: 'keep one of the two',
  });
}

/** Postfix takes `// like this` as words of the value. One report for each line of the file. */
export function reportSlashRemarks(value: SourcedText, report: Report): void {
  let reportedUpTo = -1;
  for (const { index } of value.text.matchAll(SLASH_REMARK)) {
    const { source, start } = value.span(index, index + 2);
    if (start < reportedUpTo) continue;
    const newline = source.text.indexOf('\n', start);
    reportedUpTo = newline < 0 ? source.text.length : newline;
    report({
      severity: 'warning',
      code: 'slash-slash-remark',
      message: '`//` does not start a remark in main.cf: its words are part of the value',
      span: source.span(start, start + source.text.slice(start, reportedUpTo).trimEnd().length),
      help: 'put the remark on a line of its own and start it with `#`',
    });
  }
}
