/**
 * A mistake of whoever runs the daemon: a port in use, a socket path that
 * cannot be made, a setting that makes no sense. Shown to that person as
 * message and help, without a stack; never caused by mail.
 */
export class OperatorError extends Error {
  /** Stable, kebab-case: what documentation and scripts know the error by. */
  readonly code: string;
  /** What to do about it. */
  readonly help: string;

  /** @param message starts lower-case, names what was wrong, user text in backticks */
  constructor(code: string, message: string, help: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
    this.code = code;
    this.help = help;
  }
}
