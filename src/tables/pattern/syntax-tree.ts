/**
 * A pattern, whatever notation it came in. All letters are resolved to sets of
 * bytes: case, dot-all and the like are gone when a tree is made.
 */
import type { CharSet } from './char-set.ts';

export type AnchorPlace =
  /** `\A`, and `^` without multi-line. */
  | 'start'
  /** `\z`, and `$` of POSIX without newline matching. */
  | 'end'
  /** `\Z`, and `$` of PCRE: the end, or before a newline that ends the text. */
  | 'end-or-last-newline'
  /** `^` of PCRE with m: not behind a newline that ends the text. */
  | 'pcre-line-start'
  | 'posix-line-start'
  | 'line-end'
  | 'word-boundary'
  | 'not-word-boundary'
  | 'word-start'
  | 'word-end';

export type Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'concat'; readonly parts: readonly Node[] }
  | { readonly kind: 'alternation'; readonly options: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly body: Node;
      readonly min: number;
      /** Infinity for no bound. */
      readonly max: number;
      readonly isLazy: boolean;
    }
  | { readonly kind: 'group'; readonly index: number; readonly body: Node }
  /** What it matched once is not tried otherwise: `(?>…)`, and possessive quantifiers. */
  | { readonly kind: 'atomic'; readonly body: Node }
  | { readonly kind: 'look'; readonly isAhead: boolean; readonly isNegated: boolean; readonly body: Node }
  | { readonly kind: 'anchor'; readonly place: AnchorPlace }
  | { readonly kind: 'back-reference'; readonly index: number; readonly isCaseless: boolean };

export interface SyntaxTree {
  readonly root: Node;
  /** Number of capturing groups. */
  readonly groupCount: number;
}

export const EMPTY: Node = { kind: 'empty' };

export function concat(parts: readonly Node[]): Node {
  return parts.length === 1 ? (parts[0] ?? EMPTY) : parts.length === 0 ? EMPTY : { kind: 'concat', parts };
}

export function alternation(options: readonly Node[]): Node {
  return options.length === 1 ? (options[0] ?? EMPTY) : { kind: 'alternation', options };
}

/** True when the node, or one below it, is wanted. */
export function someNode(node: Node, isWanted: (node: Node) => boolean): boolean {
  return isWanted(node) || childrenOf(node).some((child) => someNode(child, isWanted));
}

function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'concat':
      return node.parts;
    case 'alternation':
      return node.options;
    case 'repeat':
    case 'group':
    case 'atomic':
    case 'look':
      return [node.body];
    default:
      return [];
  }
}

/** Can it match without taking a character? Lookarounds and references are taken to be able to. */
export function isNullable(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return false;
    case 'concat':
      return node.parts.every(isNullable);
    case 'alternation':
      return node.options.some(isNullable);
    case 'repeat':
      return node.min === 0 || isNullable(node.body);
    case 'group':
    case 'atomic':
      return isNullable(node.body);
    default:
      return true;
  }
}

/** How many characters it always takes; undefined when that varies. */
export function fixedLength(node: Node): number | undefined {
  switch (node.kind) {
    case 'set':
      return 1;
    case 'concat': {
      let length = 0;
      for (const part of node.parts) {
        const own = fixedLength(part);
        if (own === undefined) return undefined;
        length += own;
      }
      return length;
    }
    case 'alternation': {
      const lengths = new Set(node.options.map(fixedLength));
      return lengths.size === 1 ? [...lengths][0] : undefined;
    }
    case 'repeat': {
      const own = fixedLength(node.body);
      return own !== undefined && node.min === node.max ? own * node.min : undefined;
    }
    case 'group':
    case 'atomic':
      return fixedLength(node.body);
    case 'back-reference':
      return undefined;
    default:
      return 0;
  }
}

/** A pattern that cannot be read, or not be run as Postfix would run it. */
export class PatternError extends Error {
  /** `syntax`: Postfix refuses it too. `unsupported`: we cannot decide as Postfix does. `unbounded`: it could block the process. */
  readonly reason: 'syntax' | 'unsupported' | 'unbounded';
  readonly help: string | undefined;
  /** In the pattern, in characters. */
  readonly offset: number;

  constructor(reason: PatternError['reason'], message: string, offset: number, help?: string) {
    super(message);
    this.reason = reason;
    this.offset = offset;
    this.help = help;
  }
}
