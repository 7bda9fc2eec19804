/**
 * Writes a syntax tree as a JavaScript regular expression that decides the same,
 * for texts whose characters are bytes. No flags are used: everything that a
 * flag would change is already in the tree.
 */
import type { CharSet } from './char-set.ts';
import { type AnchorPlace, type Node, PatternError, type SyntaxTree } from './syntax-tree.ts';

export interface RegExpSource {
  readonly source: string;
  readonly flags: '' | 'i';
  /** The JavaScript number of each group: atomic groups take numbers of their own. */
  readonly groups: ReadonlyMap<number, number>;
}

export function regExpSource(tree: SyntaxTree): RegExpSource {
  const writer = new Writer();
  const source = writer.write(tree.root);
  return { source, flags: writer.isCaselessReference ? 'i' : '', groups: writer.groups };
}

const ANCHORS: Readonly<Record<AnchorPlace, string>> = {
  start: '^',
  end: '$',
  'end-or-last-newline': '(?=\\n?$)',
  'pcre-line-start': '(?:^|(?<=\\n)(?!$))',
  'posix-line-start': '(?:^|(?<=\\n))',
  'line-end': '(?=\\n|$)',
  'word-boundary': '\\b',
  'not-word-boundary': '\\B',
  'word-start': '\\b(?=\\w)',
  'word-end': '\\b(?<=\\w)',
};

class Writer {
  readonly groups = new Map<number, number>();
  isCaselessReference = false;
  #count = 0;
  /** Groups that have matched whenever the place being written is reached. */
  readonly #certain: number[] = [];

  write(node: Node): string {
    switch (node.kind) {
      case 'empty':
        return '';
      case 'set':
        return setSource(node.set);
      case 'anchor':
        return ANCHORS[node.place];
      case 'concat':
        return node.parts.map((part) => this.#part(part)).join('');
      case 'alternation':
        return node.options.map((option) => this.#uncertain(option)).join('|');
      case 'group':
        return this.#group(node);
      case 'atomic': {
        const own = ++this.#count;
        return `(?=(${this.write(node.body)}))\\${own}(?:)`;
      }
      case 'look': {
        const body = node.isNegated ? this.#uncertain(node.body) : this.write(node.body);
        return `(?${node.isAhead ? '' : '<'}${node.isNegated ? '!' : '='}${body})`;
      }
      case 'repeat':
        return this.#repeat(node);
      case 'back-reference':
        return this.#reference(node);
    }
  }

  #part(node: Node): string {
    const text = this.write(node);
    return node.kind === 'alternation' ? `(?:${text})` : text;
  }

  /** Groups inside may not have matched afterwards. */
  #uncertain(node: Node): string {
    const count = this.#certain.length;
    const text = this.write(node);
    this.#certain.length = count;
    return text;
  }

  #group({ index, body }: Extract<Node, { kind: 'group' }>): string {
    this.groups.set(index, ++this.#count);
    const text = this.write(body);
    this.#certain.push(index);
    return `(${text})`;
  }

  #repeat({ body, min, max, isLazy }: Extract<Node, { kind: 'repeat' }>): string {
    const text = min === 0 ? this.#uncertain(body) : this.write(body);
    const atom = body.kind === 'set' || body.kind === 'group' ? text : `(?:${text})`;
    return atom + quantifier(min, max) + (isLazy ? '?' : '');
  }

  /** To JavaScript a group that has not matched is empty; to PCRE and POSIX a reference to it fails. */
  #reference({ index, isCaseless }: Extract<Node, { kind: 'back-reference' }>): string {
    const own = this.groups.get(index);
    if (own === undefined || !this.#certain.includes(index)) {
      throw new PatternError(
        'unsupported',
        `back reference to group ${index}, which may not have matched, is not supported`,
        0,
        'write the alternatives as separate table lines',
      );
    }
    if (isCaseless) this.isCaselessReference = true;
    return `\\${own}(?:)`;
  }
}

function quantifier(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function setSource(set: CharSet): string {
  const runs = set.runs();
  const [first] = runs;
  if (first === undefined) return '[]';
  if (first[0] === 0 && first[1] === 255) return '[^]';
  if (runs.length === 1 && first[0] === first[1]) return charSource(first[0]);
  return `[${runs.map(([low, high]) => (low === high ? charSource(low) : `${charSource(low)}-${charSource(high)}`)).join('')}]`;
}

function charSource(code: number): string {
  return /[0-9A-Za-z]/.test(String.fromCharCode(code))
    ? String.fromCharCode(code)
    : `\\x${code.toString(16).padStart(2, '0')}`;
}
