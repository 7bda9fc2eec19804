/**
 * The entries of a Postfix match list (mynetworks, mydestination, relay_domains
 * …), in order: `!` negates, `/file` stands for what the file holds, `type:name`
 * is a table, the rest is text to compare. Knows nothing of what the text means.
 */
import type { Report } from '../language/diagnostic.ts';
import { quote } from '../language/quote.ts';
import type { Source, Span } from '../language/source.ts';
import { SourcedText } from '../language/sourced-text.ts';
import { tokenize } from '../language/tokenizer.ts';
import { type FileStamp, stampOfSync } from './file-watcher.ts';
import { foldCase } from './fold-case.ts';
import { type Table, TableFailure } from './table.ts';
import type { TableSet } from './table-set.ts';
import { readTableFileSync, UnreadableFile } from './table-source.ts';

/** A word of a list, expanded and split already. */
export interface ListToken {
  readonly text: string;
  readonly span: Span;
}

export type ListEntry =
  /** In lower case. */
  | { readonly kind: 'text'; readonly text: string; readonly isMatch: boolean; readonly span: Span }
  | { readonly kind: 'table'; readonly table: Table; readonly isMatch: boolean }
  /** A request that comes here cannot be decided. */
  | { readonly kind: 'failure'; readonly failure: TableFailure };

export interface ListContext {
  /** The parameter whose value this is, for people. */
  readonly parameter: string;
  /** parent_domain_matches_subdomains names the parameter: `b.c` covers `a.b.c`. Otherwise `.b.c` does. */
  readonly isParentMatching: boolean;
  readonly tables: TableSet;
  readonly report: Report;
}

export interface ExpandedList {
  readonly entries: readonly ListEntry[];
  /** The files that were included, and what they looked like. */
  readonly files: ReadonlyMap<string, FileStamp>;
}

const MAX_FILE_DEPTH = 16;

export function expandList(tokens: readonly ListToken[], context: ListContext): ExpandedList {
  const expander = new ListExpander(context);
  expander.add(tokens, true, 0);
  return { entries: expander.entries, files: expander.files };
}

class ListExpander {
  readonly entries: ListEntry[] = [];
  readonly files = new Map<string, FileStamp>();
  readonly #context: ListContext;

  constructor(context: ListContext) {
    this.#context = context;
  }

  add(tokens: readonly ListToken[], isPositive: boolean, depth: number): void {
    for (const { text, span } of tokens) {
      if (text.startsWith('#')) {
        this.#context.report({
          severity: 'warning',
          code: 'comment-in-list',
          message: `Postfix ignores \`#\` and all that follows it in \`${this.#context.parameter}\``,
          span,
          help: 'put the comment on a line of its own',
        });
        return;
      }
      const item = text.replace(/^!+/, '');
      const isMatch = (text.length - item.length) % 2 === 0 ? isPositive : !isPositive;
      if (item === '')
        this.#fail('list-syntax', 'no pattern after `!`', 'write `!pattern` without white space', span);
      else if (item.startsWith('/')) this.#include(item, isMatch, span, depth);
      else if (item.includes(':') && !item.startsWith('[')) {
        this.entries.push({ kind: 'table', table: this.#open(item, span), isMatch });
      } else this.entries.push({ kind: 'text', text: foldCase(item), isMatch, span });
    }
  }

  #open(spec: string, span: Span): Table {
    return this.#context.tables.open(spec, span, this.#context.report);
  }

  #include(path: string, isMatch: boolean, span: Span, depth: number): void {
    if (depth === MAX_FILE_DEPTH) {
      this.#fail(
        'list-too-deep',
        `${quote(path)} is included by files that include each other`,
        'remove one of the inclusions',
        span,
      );
      return;
    }
    if (!this.#context.tables.mayRead(path)) {
      this.#fail(
        'file-not-in-force',
        `no policy in force reads ${quote(path)}`,
        'a candidate may read the files of the policies in force',
        span,
      );
      return;
    }
    if (!this.files.has(path)) this.files.set(path, stampOfSync(path));
    const source = readTableFileSync(path);
    if (source instanceof UnreadableFile) {
      this.#context.report(source.diagnostic(span));
      this.entries.push({ kind: 'failure', failure: new TableFailure(`${path}: ${source.reason}`) });
      return;
    }
    this.#addLines(source, isMatch, depth + 1);
  }

  /** Every line on its own: there are no continuation lines here. */
  #addLines(source: Source, isMatch: boolean, depth: number): void {
    const { text } = source;
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf('\n', start);
      const end = newline < 0 ? text.length : newline;
      if (text[start] !== '#' && end > start) {
        this.add(tokenize(SourcedText.of(source, start, end), this.#reportOfLine), isMatch, depth);
      }
      start = end + 1;
    }
  }

  /** Words behind a `#` are no words of this list: that is told above. */
  readonly #reportOfLine: Report = (diagnostic) => {
    if (diagnostic.code !== 'comment-after-text') this.#context.report(diagnostic);
  };

  #fail(code: string, message: string, help: string, span: Span): void {
    this.#context.report({ severity: 'error', code, message, span, help });
    this.entries.push({
      kind: 'failure',
      failure: new TableFailure(`${this.#context.parameter}: ${message}`),
    });
  }
}
