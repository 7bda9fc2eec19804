import { formatDiagnostic } from '../../src/language/code-frame.ts';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import type { ParameterLookup } from '../../src/language/expansion.ts';
import { type Assignment, parseMainCf } from '../../src/language/main-cf.ts';
import { Source } from '../../src/language/source.ts';
import { SourcedText } from '../../src/language/sourced-text.ts';

/** What the tests of the language share: texts in, values and what people get to read out. */

export interface Parsed {
  readonly assignments: readonly Assignment[];
  readonly diagnostics: Diagnostic[];
  /** Later assignments win. */
  readonly lookup: ParameterLookup;
}

export function parse(text: string): Parsed {
  const diagnostics: Diagnostic[] = [];
  const assignments = parseMainCf(new Source('main.cf', text), (diagnostic) => diagnostics.push(diagnostic));
  const values = new Map(assignments.map(({ name, value }) => [name, value]));
  return { assignments, diagnostics, lookup: (name) => values.get(name) };
}

export function textOf(text: string): SourcedText {
  return SourcedText.of(new Source('main.cf', text));
}

/** As a person reads them, without colour. */
export function messages(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, { colour: false })).join('\n');
}
