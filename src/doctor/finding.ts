/** What the doctor says: one fact of the wiring, whether it is well, and what to do when it is not. */
export type FindingLevel = 'ok' | 'warning' | 'error';

export interface Finding {
  readonly level: FindingLevel;
  /** Stable, kebab-case. */
  readonly code: string;
  /** The smtpd service it is about: `main.cf`, `submission/inet`; '' for none in particular. */
  readonly service: string;
  readonly message: string;
  /** What to do; '' when all is well. */
  readonly help: string;
}
