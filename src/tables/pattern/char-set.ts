/**
 * Sets of bytes. Postfix matches patterns byte by byte in the C locale, so 256
 * bits are all there is: letters beyond ASCII are several bytes without case.
 */

export class CharSet {
  readonly #bits = new Uint32Array(8);

  static of(...codes: readonly number[]): CharSet {
    const set = new CharSet();
    for (const code of codes) set.add(code);
    return set;
  }

  static range(first: number, last: number): CharSet {
    const set = new CharSet();
    for (let code = first; code <= last; code++) set.add(code);
    return set;
  }

  /** The characters of a text, each a byte. */
  static from(text: string): CharSet {
    const set = new CharSet();
    for (let at = 0; at < text.length; at++) set.add(text.charCodeAt(at));
    return set;
  }

  add(code: number): void {
    this.#bits[code >> 5] = (this.#bits[code >> 5] ?? 0) | (1 << (code & 31));
  }

  addAll(other: CharSet): void {
    for (let at = 0; at < 8; at++) this.#bits[at] = (this.#bits[at] ?? 0) | (other.#bits[at] ?? 0);
  }

  has(code: number): boolean {
    return (((this.#bits[code >> 5] ?? 0) >>> (code & 31)) & 1) === 1;
  }

  complement(): CharSet {
    const set = new CharSet();
    for (let at = 0; at < 8; at++) set.#bits[at] = ~(this.#bits[at] ?? 0);
    return set;
  }

  without(code: number): CharSet {
    const set = new CharSet();
    set.addAll(this);
    set.#bits[code >> 5] = (set.#bits[code >> 5] ?? 0) & ~(1 << (code & 31));
    return set;
  }

  /** With both cases of every ASCII letter in it. */
  caseless(): CharSet {
    const set = new CharSet();
    set.addAll(this);
    for (let upper = 0x41; upper <= 0x5a; upper++) {
      if (this.has(upper)) set.add(upper + 0x20);
      if (this.has(upper + 0x20)) set.add(upper);
    }
    return set;
  }

  intersects(other: CharSet): boolean {
    for (let at = 0; at < 8; at++) {
      if (((this.#bits[at] ?? 0) & (other.#bits[at] ?? 0)) !== 0) return true;
    }
    return false;
  }

  /** The members as first and last of each run, ascending. */
  runs(): [number, number][] {
    const runs: [number, number][] = [];
    for (let code = 0; code < 256; code++) {
      if (!this.has(code)) continue;
      const first = code;
      while (code < 255 && this.has(code + 1)) code++;
      runs.push([first, code]);
    }
    return runs;
  }
}

const DIGIT = CharSet.range(0x30, 0x39);
const LOWER = CharSet.range(0x61, 0x7a);
const UPPER = CharSet.range(0x41, 0x5a);
const SPACE = CharSet.from(' \t\n\v\f\r');

function union(...sets: readonly CharSet[]): CharSet {
  const set = new CharSet();
  for (const each of sets) set.addAll(each);
  return set;
}

const ALPHA = union(LOWER, UPPER);
const ALNUM = union(ALPHA, DIGIT);
const GRAPH = CharSet.range(0x21, 0x7e);

/** POSIX character classes in the C locale. */
export const POSIX_CLASSES: Readonly<Record<string, CharSet>> = {
  alpha: ALPHA,
  digit: DIGIT,
  alnum: ALNUM,
  upper: UPPER,
  lower: LOWER,
  space: SPACE,
  blank: CharSet.from(' \t'),
  punct: union(
    CharSet.range(0x21, 0x2f),
    CharSet.range(0x3a, 0x40),
    CharSet.range(0x5b, 0x60),
    CharSet.range(0x7b, 0x7e),
  ),
  print: CharSet.range(0x20, 0x7e),
  graph: GRAPH,
  cntrl: union(CharSet.range(0, 0x1f), CharSet.of(0x7f)),
  xdigit: union(DIGIT, CharSet.from('abcdefABCDEF')),
};

export const WORD = union(ALNUM, CharSet.from('_'));
export const HORIZONTAL_SPACE = union(CharSet.from(' \t'), CharSet.of(0xa0));
export const VERTICAL_SPACE = union(CharSet.from('\n\v\f\r'), CharSet.of(0x85));
export const ANY = new CharSet().complement();
export { DIGIT, SPACE };
