import type { Report } from './diagnostic.ts';
import { logicalLines } from './logical-lines.ts';
import {
  reportDuplicate,
  reportNoEquals,
  reportSlashRemarks,
  reportUnusualName,
} from './main-cf-mistakes.ts';
import type { Source, Span } from './source.ts';
import type { SourcedText } from './sourced-text.ts';
import { isSpace, skipSpace, trimEnd } from './white-space.ts';

/**
 * main.cf as a list of `name = value` lines, read exactly as Postfix reads it
 * (postconf(5), section "The general format of the main.cf file").
 *
 * Promises every assignment of the file in its order, whatever else is wrong
 * with the file; the caller lets a later one win. Knows no parameter: values
 * stay unexpanded, `$name` and all.
 */

export interface Assignment {
  readonly name: string;
  readonly nameSpan: Span;
  /** Without white space around it; '' when the right-hand side is empty. */
  readonly value: SourcedText;
  /** From the name to the end of the value. */
  readonly span: Span;
}

/** In characters. */
export const MAIN_CF_LIMIT = 16 * 1024 * 1024;

const EQUALS = 61;

export function parseMainCf(source: Source, report: Report): Assignment[] {
  if (source.text.length > MAIN_CF_LIMIT) {
    report({
      severity: 'error',
      code: 'file-too-large',
      message: `the file has ${source.text.length} characters, more than the limit of ${MAIN_CF_LIMIT}`,
      span: source.span(0, 0),
      help: 'is this a main.cf? Long lists belong in tables',
    });
    return [];
  }
  const assignments: Assignment[] = [];
  const latest = new Map<string, Assignment>();
  let lineBefore: SourcedText | undefined;
  for (const line of logicalLines(source, report)) {
    const assignment = parseAssignment(line, report, () =>
      reportNoEquals(line, lineBefore, assignments.at(-1), report),
    );
    lineBefore = line;
    if (assignment === undefined) continue;
    const earlier = latest.get(assignment.name);
    if (earlier !== undefined) reportDuplicate(assignment, earlier, report);
    reportSlashRemarks(assignment.value, report);
    latest.set(assignment.name, assignment);
    assignments.push(assignment);
  }
  return assignments;
}

function parseAssignment(
  line: SourcedText,
  report: Report,
  reportMissingEquals: () => void,
): Assignment | undefined {
  const { text } = line;
  let nameEnd = 0;
  while (nameEnd < text.length && !isSpace(text.charCodeAt(nameEnd)) && text.charCodeAt(nameEnd) !== EQUALS) {
    nameEnd++;
  }
  if (nameEnd === 0) {
    report({
      severity: 'error',
      code: 'missing-parameter-name',
      message: 'a line without a parameter name',
      span: line.span(0, 1),
      help: 'write `name = value`',
    });
    return undefined;
  }
  const equals = skipSpace(text, nameEnd);
  if (text.charCodeAt(equals) !== EQUALS) {
    reportMissingEquals();
    return undefined;
  }
  const name = text.slice(0, nameEnd);
  const nameSpan = line.span(0, nameEnd);
  reportUnusualName(name, nameSpan, report);
  const valueStart = skipSpace(text, equals + 1);
  const valueEnd = trimEnd(text, valueStart);
  const value = line.slice(valueStart, valueEnd);
  return { name, nameSpan, value, span: line.span(0, Math.max(valueEnd, equals + 1)) };
}
