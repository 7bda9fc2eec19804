/**
 * The table files that imported policies take with them, each once, and those
 * that cannot be read. Says what to copy; copies nothing.
 */
import { basename, extname } from 'node:path';
import { readTableFileSync, UnreadableFile } from '../tables/table-source.ts';

/** The directory of tables beside the policies. SQL maps end in `.cf`, as policies do. */
export const TABLES_DIRECTORY = 'tables';

export interface TableCopy {
  readonly from: string;
  /** Below the directory of the policies. */
  readonly to: string;
}

export class TableCopies {
  readonly copies: TableCopy[] = [];
  readonly unreadable: UnreadableFile[] = [];
  /** Named where they are, because others go on writing them. */
  readonly left: string[] = [];
  readonly #known = new Map<string, TableCopy | UnreadableFile>();

  /** undefined: it cannot be read, and is left where it is. */
  add(path: string): TableCopy | undefined {
    let known = this.#known.get(path);
    if (known === undefined) {
      known = this.#make(path);
      this.#known.set(path, known);
      if (known instanceof UnreadableFile) this.unreadable.push(known);
      else this.copies.push(known);
    }
    return known instanceof UnreadableFile ? undefined : known;
  }

  /** Takes no copy, and says so. */
  leave(path: string): undefined {
    if (this.#known.has(path)) return;
    const source = readTableFileSync(path);
    this.#known.set(path, source instanceof UnreadableFile ? source : { from: path, to: path });
    if (source instanceof UnreadableFile) this.unreadable.push(source);
    else this.left.push(path);
  }

  #make(path: string): TableCopy | UnreadableFile {
    const source = readTableFileSync(path);
    return source instanceof UnreadableFile ? source : { from: path, to: this.#freeName(path) };
  }

  #freeName(path: string): string {
    const extension = extname(path);
    const stem = basename(path, extension);
    for (let number = 1; ; number++) {
      const to = `${TABLES_DIRECTORY}/${stem}${number === 1 ? '' : `-${number}`}${extension}`;
      if (!this.copies.some((copy) => copy.to === to)) return to;
    }
  }
}
