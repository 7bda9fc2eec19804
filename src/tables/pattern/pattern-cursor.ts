/** A place in a pattern that moves forward: what the parsers have in common. */
import { PatternError } from './syntax-tree.ts';

export class PatternCursor {
  readonly text: string;
  at = 0;
  #limit: PatternError | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The character here, '' at the end. */
  get char(): string {
    return this.text.charAt(this.at);
  }

  get code(): number {
    return this.text.charCodeAt(this.at);
  }

  startsWith(expected: string): boolean {
    return this.text.startsWith(expected, this.at);
  }

  /** Takes the expected text when it stands here. */
  take(expected: string): boolean {
    if (!this.startsWith(expected)) return false;
    this.at += expected.length;
    return true;
  }

  /** Takes one character. */
  next(): string {
    return this.text.charAt(this.at++);
  }

  /** Takes the longest run of characters that `pattern`, a sticky regular expression, allows here. */
  takeMatch(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  syntaxError(message: string, help?: string): PatternError {
    return new PatternError('syntax', message, this.at, help);
  }

  unsupported(message: string, help?: string): PatternError {
    return new PatternError('unsupported', message, this.at, help);
  }

  /**
   * Notes what we cannot decide as Postfix does, for the end of the pattern: it
   * counts only when nothing that follows makes Postfix refuse the pattern.
   */
  noteLimit(at: number, message: string, help: string): void {
    this.#limit ??= new PatternError('unsupported', message, at, help);
  }

  /** The first that was noted. */
  get limit(): PatternError | undefined {
    return this.#limit;
  }
}
