/** The capturing groups of a PCRE2 pattern, by number and name, and the references to them. */
import type { PatternCursor } from './pattern-cursor.ts';
import type { Node } from './syntax-tree.ts';

export class PcreGroups {
  readonly #names = new Map<string, number>();
  readonly #pending: { readonly index: number; readonly at: number }[] = [];
  #count = 0;

  /** Groups opened so far. */
  get count(): number {
    return this.#count;
  }

  /** The number of a group that begins here. */
  open(name: string | undefined, cursor: PatternCursor): number {
    const index = ++this.#count;
    if (name !== undefined) {
      if (this.#names.has(name)) throw cursor.syntaxError(`two named subpatterns have the name \`${name}\``);
      this.#names.set(name, index);
    }
    return index;
  }

  /** `\1`; undefined for a number of two digits and more when there are not so many groups: then it is octal. */
  numbered(cursor: PatternCursor, isCaseless: boolean): Node | undefined {
    const start = cursor.at;
    const digits = cursor.takeMatch(/[1-9][0-9]*/y);
    const index = Number(digits);
    if (digits !== '' && (index < 10 || /^[89]/.test(digits) || index <= this.#count)) {
      return this.#reference(index, cursor, isCaseless);
    }
    cursor.at = start;
    return undefined;
  }

  /** What stands behind `\g` or `\k`. */
  named(cursor: PatternCursor, letter: string, isCaseless: boolean): Node {
    const [, braced, quoted, angled, bare] =
      /^(?:\{([^}]*)\}|'([^']*)'|<([^>]*)>|([-+]?[0-9]+))/.exec(cursor.text.slice(cursor.at)) ?? [];
    const text = braced ?? quoted ?? angled ?? bare;
    if (text === undefined) throw cursor.syntaxError(`a subpattern must be named after \`\\${letter}\``);
    if (letter === 'g' && braced === undefined && bare === undefined) {
      throw cursor.unsupported('subroutine calls are not supported', 'repeat the group');
    }
    cursor.at += bare === undefined ? text.length + 2 : text.length;
    if (letter === 'g' && /^[-+]?[0-9]+$/.test(text)) {
      const number = Number(text);
      const index = /^[-+]/.test(text) ? this.#count + number + (number < 0 ? 1 : 0) : number;
      return this.#reference(index, cursor, isCaseless);
    }
    return this.#byName(text, cursor, isCaseless);
  }

  /** What stands behind `(?P=`. */
  pythonReference(cursor: PatternCursor, isCaseless: boolean): Node {
    const node = this.#byName(cursor.takeMatch(/[A-Za-z_]\w*/y), cursor, isCaseless);
    if (!cursor.take(')')) throw cursor.syntaxError('missing `)` after the name of a subpattern');
    return node;
  }

  /** At the end of the pattern, when all groups are known. */
  checkReferences(cursor: PatternCursor): void {
    for (const { index, at } of this.#pending) {
      if (index <= this.#count) continue;
      cursor.at = at;
      throw cursor.syntaxError(`reference to non-existent subpattern ${index}`);
    }
  }

  #byName(name: string, cursor: PatternCursor, isCaseless: boolean): Node {
    const index = this.#names.get(name);
    if (index === undefined) throw cursor.syntaxError(`reference to non-existent subpattern \`${name}\``);
    return this.#reference(index, cursor, isCaseless);
  }

  #reference(index: number, cursor: PatternCursor, isCaseless: boolean): Node {
    if (index < 1) throw cursor.syntaxError('reference to non-existent subpattern');
    this.#pending.push({ index, at: cursor.at });
    return { kind: 'back-reference', index, isCaseless };
  }
}
