/** The text of an imported policy: assignments as their author wrote them, less what was taken out. */
import type { Assignment } from '../language/main-cf.ts';
import type { Edits } from './edits.ts';

export function policyText(
  heading: readonly string[],
  assignments: readonly Assignment[],
  edits: Edits,
): string {
  const lines = [...heading.map((line) => `# ${line}`), ''];
  for (const assignment of assignments) lines.push(assignmentText(assignment, edits));
  return `${lines.join('\n')}\n`;
}

/** Comments between its lines come along; lines that became empty do not. */
function assignmentText({ nameSpan, span }: Assignment, edits: Edits): string {
  const [first = '', ...others] = edits
    .write({ ...nameSpan, end: span.end })
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => line.trimEnd());
  const lines = [first, ...others.filter((line) => !/^[\s,]*$/.test(line))];
  const last = lines.findLastIndex((line) => !/^\s*#/.test(line));
  return lines.map((line, index) => (index === last ? line.replace(/[\s,]+$/, '') : line)).join('\n');
}
