/**
 * full: no space, or a limit of the file system. unwritable: the disk or its
 * permissions refuse. corrupt: what is on it makes no sense. closed: the store
 * has been closed or its thread has ended. busy: too many searches wait. slow:
 * a search took longer than it may.
 */
export type StoreFailureCode = 'full' | 'unwritable' | 'corrupt' | 'closed' | 'busy' | 'slow';

/**
 * The store could not do what was asked, and did nothing of it. A value, never
 * an exception; decisions do not depend on it.
 */
export class StoreFailure {
  readonly kind = 'store-failure';
  readonly code: StoreFailureCode;
  /** For the log and the operator; names the file. */
  readonly message: string;
  readonly help: string;

  constructor(code: StoreFailureCode, message: string, help: string) {
    this.code = code;
    this.message = message;
    this.help = help;
  }

  static closed(): StoreFailure {
    return new StoreFailure('closed', 'the store is closed', 'start Postward again');
  }
}
