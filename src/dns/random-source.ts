/** Unpredictable 16-bit numbers for query ids and sockets (RFC 5452 §9.2), drawn from the kernel in blocks. */
import { getRandomValues } from 'node:crypto';

const BLOCK_SIZE = 1024;

export class RandomSource {
  readonly #block = new Uint16Array(BLOCK_SIZE);
  #at = BLOCK_SIZE;

  /** 0 to 65535. */
  next(): number {
    if (this.#at === BLOCK_SIZE) {
      getRandomValues(this.#block);
      this.#at = 0;
    }
    const value = this.#block[this.#at] ?? 0;
    this.#at += 1;
    return value;
  }
}
