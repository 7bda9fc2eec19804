/**
 * A table in a text file that is read again when the file changes.
 *
 * Promises: a lookup sees one whole content, never a half; a new content with
 * mistakes does not replace a working one; a file that appears is picked up.
 */
import type { Diagnostic, Report } from '../language/diagnostic.ts';
import type { Source, Span } from '../language/source.ts';
import type { PromiseOrValue } from '../util/promise-or-value.ts';
import { BoundedReport } from './bounded-report.ts';
import { type FileStamp, stampOf, stampOfSync } from './file-watcher.ts';
import type { LookupResult, Table } from './table.ts';
import type { ContentReader } from './table-content.ts';
import { failingContent, type TableContent } from './table-content.ts';
import type { TableSet } from './table-set.ts';
import { readTableFile, readTableFileSync, UnreadableFile } from './table-source.ts';

/** Time for one slice of work between which other requests are served. */
const SLICE_MS = 8;

/** What its file is read as. */
export interface FileKind {
  readonly isPattern: boolean;
  readonly read: ContentReader;
}

/** A changed file of a table: what became of it. */
export interface TableReload {
  readonly spec: string;
  readonly file: string;
  /** False: the new content has errors, and the old one stays in force. */
  readonly isInForce: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export class FileTable implements Table {
  readonly spec: string;
  readonly isPattern: boolean;
  readonly #kind: FileKind;
  readonly #file: string;
  readonly #tables: TableSet;
  #content: TableContent;
  /** Of the content in use; 0 until one was read without errors. */
  #soundness = 0;
  #isClosed = false;

  constructor(spec: string, kind: FileKind, file: string, tables: TableSet) {
    this.spec = spec;
    this.isPattern = kind.isPattern;
    this.#kind = kind;
    this.#file = file;
    this.#tables = tables;
    this.#content = failingContent(`${spec} was not read`);
  }

  lookup(key: string): PromiseOrValue<LookupResult> {
    return this.#content.lookup(key);
  }

  /** Reads the file, now, and again whenever it changes. */
  load(span: Span | undefined, report: Report): void {
    const stamp = stampOfSync(this.#file);
    const source = readTableFileSync(this.#file);
    if (source instanceof UnreadableFile) {
      report(source.diagnostic(span));
      this.#content = failingContent(`${this.spec}: ${source.reason}`);
    } else {
      const found = new BoundedReport(this.#file);
      reportByteOrderMark(source, found.add);
      const slices = this.#kind.read(source, found.add, this.#tables);
      let slice = slices.next();
      while (slice.done !== true) slice = slices.next();
      this.#content = slice.value;
      this.#soundness = found.soundness;
      for (const diagnostic of found.finish()) report(diagnostic);
    }
    this.#tables.watcher.watch(this.#file, stamp, (changed) => this.#reload(changed));
  }

  close(): void {
    this.#isClosed = true;
    this.#content.close?.();
  }

  async #reload(stamp: FileStamp): Promise<void> {
    const source = await readTableFile(this.#file);
    // Changed while it was read: the watcher will tell again.
    if ((await stampOf(this.#file)) !== stamp || this.#isClosed) return;
    if (source instanceof UnreadableFile) {
      this.#tell(false, [source.diagnostic(undefined)]);
      return;
    }
    const found = new BoundedReport(this.#file);
    reportByteOrderMark(source, found.add);
    const content = await this.#readInSlices(source, found.add);
    if (this.#isClosed) {
      content.close?.();
      return;
    }
    // What was no better from the start is replaced by anything that can be read, as at the start.
    const isInForce = found.soundness >= this.#soundness;
    if (isInForce) {
      this.#content.close?.();
      this.#content = content;
      this.#soundness = found.soundness;
    } else {
      content.close?.();
    }
    this.#tell(isInForce, isInForce ? found.finish() : found.finishRefused());
  }

  async #readInSlices(source: Source, report: Report): Promise<TableContent> {
    const slices = this.#kind.read(source, report, this.#tables);
    for (;;) {
      const until = performance.now() + SLICE_MS;
      do {
        const slice = slices.next();
        if (slice.done === true) return slice.value;
      } while (performance.now() < until);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #tell(isInForce: boolean, diagnostics: readonly Diagnostic[]): void {
    this.#tables.onReload({ spec: this.spec, file: this.#file, isInForce, diagnostics });
  }
}

/** Editors write one that nobody sees. */
function reportByteOrderMark(source: Source, report: Report): void {
  if (!source.text.startsWith('\uFEFF')) return;
  report({
    severity: 'warning',
    code: 'byte-order-mark',
    message: 'the file begins with a byte order mark, which Postfix takes as part of its first line',
    span: source.span(0, 1),
    help: 'save the file as UTF-8 without byte order mark',
  });
}
