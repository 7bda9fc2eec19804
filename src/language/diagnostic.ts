import type { Span } from './source.ts';

/**
 * A mistake or doubt of the policy author: a value, collected and reported
 * together with all others, never thrown.
 *
 * `code` is stable and documented (kebab-case); `message` starts lower-case,
 * quotes the author's text in backticks and names Postfix's concepts; `help`
 * is the cure, when there is one to give.
 */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'note';
  readonly code: string;
  readonly message: string;
  readonly span?: Span | undefined;
  readonly help?: string | undefined;
}

/** Where parts put what they find. */
export type Report = (diagnostic: Diagnostic) => void;
