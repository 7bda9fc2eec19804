/**
 * Arithmetic on addresses stored in flat word arrays: position `at` of an array
 * holds `width` words (1 for IPv4, 4 for IPv6), most significant first.
 */

/** Negative, zero or positive as the address at `i` of `a` is below, equal or above that at `j` of `b`. */
export function compareWords(a: Uint32Array, i: number, b: Uint32Array, j: number, width: number): number {
  for (let k = 0; k < width; k++) {
    const difference = (a[i * width + k] ?? 0) - (b[j * width + k] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function copyWords(to: Uint32Array, i: number, from: Uint32Array, j: number, width: number): void {
  for (let k = 0; k < width; k++) to[i * width + k] = from[j * width + k] ?? 0;
}

/** Adds one; false when that wraps around to zero. */
export function incrementWords(words: Uint32Array, at: number, width: number): boolean {
  return carry(words, at, width, 1, 0xffffffff);
}

/** Subtracts one; false when that wraps around to the last address. */
export function decrementWords(words: Uint32Array, at: number, width: number): boolean {
  return carry(words, at, width, -1, 0);
}

function carry(words: Uint32Array, at: number, width: number, step: number, wraps: number): boolean {
  for (let k = width - 1; k >= 0; k--) {
    const word = words[at * width + k] ?? 0;
    words[at * width + k] = word + step;
    if (word !== wraps) return true;
  }
  return false;
}
