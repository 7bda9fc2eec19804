/** A report that does not drown its reader: after the first mistakes of a file only their number. */
import type { Diagnostic, Report } from '../language/diagnostic.ts';

const LIMIT = 50;

/**
 * Lines of patterns and networks that Postfix skips with a warning. So they are when a policy is loaded. In a file that
 * changes while it is in use they are rather the trace of an accident, and what they said would be lost.
 */
const SKIPPED: readonly string[] = ['cidr-syntax', 'pattern-syntax'];

export class BoundedReport {
  readonly #diagnostics: Diagnostic[] = [];
  readonly #subject: string;
  #suppressed = 0;
  #hasErrors = false;
  #hasSkipped = false;

  /** `subject` is what the mistakes are in, for people. */
  constructor(subject: string) {
    this.#subject = subject;
  }

  /** To be handed to whatever reports. */
  readonly add: Report = (diagnostic) => {
    if (diagnostic.severity === 'error') this.#hasErrors = true;
    if (SKIPPED.includes(diagnostic.code)) this.#hasSkipped = true;
    if (this.#diagnostics.length < LIMIT) this.#diagnostics.push(diagnostic);
    else this.#suppressed++;
  };

  get hasErrors(): boolean {
    return this.#hasErrors;
  }

  /** 2: every line is in use as it was meant. 1: but for those that are skipped. 0: there are errors. */
  get soundness(): number {
    if (this.#hasErrors) return 0;
    return this.#hasSkipped ? 1 : 2;
  }

  finish(): readonly Diagnostic[] {
    if (this.#suppressed === 0) return this.#diagnostics;
    const severity = this.#hasErrors ? 'error' : 'warning';
    const message = `${this.#suppressed} more mistakes in \`${this.#subject}\` are not shown`;
    return [...this.#diagnostics, { severity, code: 'more-mistakes', message }];
  }

  /** The same where skipped lines are errors: they keep the content from being used. */
  finishRefused(): readonly Diagnostic[] {
    return this.finish().map((each) => (SKIPPED.includes(each.code) ? { ...each, severity: 'error' } : each));
  }
}
