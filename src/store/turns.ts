/**
 * Work of one kind that is done in turn, so that what else the thread has to do
 * comes between. Whoever comes when too much waits is told so at once.
 */
import { StoreFailure } from './store-failure.ts';

export class Turns {
  readonly #most: number;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** @param most with what is being done */
  constructor(most: number) {
    this.#most = most;
  }

  async take<T>(work: () => Promise<T>): Promise<T | StoreFailure> {
    if (this.#count >= this.#most) {
      return new StoreFailure('busy', `${this.#most} searches wait already`, 'try again in a few seconds');
    }
    this.#count += 1;
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    try {
      return await result;
    } finally {
      this.#count -= 1;
    }
  }
}
