/** A report that does not drown its reader: after the first mistakes of a file only their number. */
import type { Diagnostic, Report } from '../language/diagnostic.ts';

const LIMIT = 50;

export class BoundedReport {
  readonly #diagnostics: Diagnostic[] = [];
  readonly #subject: string;
  #suppressed = 0;
  #hasErrors = false;

  /** `subject` is what the mistakes are in, for people. */
  constructor(subject: string) {
    this.#subject = subject;
  }

  /** To be handed to whatever reports. */
  readonly add: Report = (diagnostic) => {
    if (diagnostic.severity === 'error') this.#hasErrors = true;
    if (this.#diagnostics.length < LIMIT) this.#diagnostics.push(diagnostic);
    else this.#suppressed++;
  };

  get hasErrors(): boolean {
    return this.#hasErrors;
  }

  finish(): readonly Diagnostic[] {
    if (this.#suppressed === 0) return this.#diagnostics;
    const severity = this.#hasErrors ? 'error' : 'warning';
    const message = `${this.#suppressed} more mistakes in \`${this.#subject}\` are not shown`;
    return [...this.#diagnostics, { severity, code: 'more-mistakes', message }];
  }
}
