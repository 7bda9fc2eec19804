/**
 * Something wrong in a main.cf that has one obvious cure, and the cure. `import`
 * tells of all of them and applies them when it is asked to (`--fix`).
 */
import type { Span } from '../language/source.ts';

export interface Mend {
  readonly span: Span;
  /** What is wrong: a sentence that starts lower-case. */
  readonly fault: string;
  /** What is done about it: `made a comment`. */
  readonly cure: string;
}
