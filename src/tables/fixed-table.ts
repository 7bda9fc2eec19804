import type { PromiseOrValue } from '../util/promise-or-value.ts';
import type { LookupResult, Table } from './table.ts';
import type { TableContent } from './table-content.ts';

/** A table whose content never changes. */
export class FixedTable implements Table {
  readonly spec: string;
  readonly isPattern: boolean;
  readonly #content: TableContent;

  constructor(spec: string, isPattern: boolean, content: TableContent) {
    this.spec = spec;
    this.isPattern = isPattern;
    this.#content = content;
  }

  lookup(key: string): PromiseOrValue<LookupResult> {
    return this.#content.lookup(key);
  }
}
