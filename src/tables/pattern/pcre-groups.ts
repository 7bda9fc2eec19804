/** The capturing groups of a PCRE2 pattern, by number and name, and the references to them. */
import type { PatternCursor } from './pattern-cursor.ts';
import type { Node } from './syntax-tree.ts';

const MAX_NAME_LENGTH = 32;

interface Reference {
  readonly target: number | string;
  readonly at: number;
  /** By the name of a group that comes later, if at all. */
  readonly isAhead: boolean;
}

export class PcreGroups {
  /** Several numbers for a name that `(?J)` allows to be given again. */
  readonly #names = new Map<string, number[]>();
  readonly #pending: Reference[] = [];
  #count = 0;

  /** Groups opened so far. */
  get count(): number {
    return this.#count;
  }

  /** The number of a group that begins here. */
  open(name: string | undefined, isNameShared: boolean, cursor: PatternCursor): number {
    const index = ++this.#count;
    if (name === undefined) return index;
    if (name.length > MAX_NAME_LENGTH) {
      throw cursor.syntaxError(`subpattern name is too long (maximum ${MAX_NAME_LENGTH} code units)`);
    }
    const namesakes = this.#names.get(name);
    if (namesakes !== undefined && !isNameShared) {
      throw cursor.syntaxError(
        `two named subpatterns have the name \`${name}\``,
        'give them different names, or begin the pattern with `(?J)`',
      );
    }
    this.#names.set(name, [...(namesakes ?? []), index]);
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
    for (const { target, at } of this.#pending) {
      const isKnown = typeof target === 'number' ? target <= this.#count : this.#names.has(target);
      if (isKnown) continue;
      cursor.at = at;
      const group = typeof target === 'number' ? target : `\`${target}\``;
      throw cursor.syntaxError(`reference to non-existent subpattern ${group}`);
    }
    for (const { target, at, isAhead } of this.#pending) {
      cursor.at = at;
      if (typeof target === 'number') continue;
      if (isAhead) {
        throw cursor.unsupported(
          `back reference to \`${target}\`, a group that comes later, is not supported`,
          'refer to a group that comes earlier',
        );
      }
      if ((this.#names.get(target)?.length ?? 0) > 1) {
        throw cursor.unsupported(
          `back reference to \`${target}\`, the name of several groups, is not supported`,
          'refer to one group by its number, or write the alternatives as separate table lines',
        );
      }
    }
  }

  #byName(name: string, cursor: PatternCursor, isCaseless: boolean): Node {
    const index = this.#names.get(name)?.[0];
    this.#pending.push({ target: name, at: cursor.at, isAhead: index === undefined });
    return { kind: 'back-reference', index: index ?? 0, isCaseless };
  }

  #reference(index: number, cursor: PatternCursor, isCaseless: boolean): Node {
    if (index < 1) throw cursor.syntaxError('reference to non-existent subpattern');
    this.#pending.push({ target: index, at: cursor.at, isAhead: false });
    return { kind: 'back-reference', index, isCaseless };
  }
}
